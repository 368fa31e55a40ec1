import { Field, ObjectType } from "type-graphql";
import type { ClassType } from "type-graphql";

@ObjectType("PageInfo", { simpleResolvers: true })
class PageInfoType {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean)
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  startCursor?: string | undefined;

  @Field(() => String, { nullable: true })
  endCursor?: string | undefined;
}

export const FIRST = { defaultValue: 20, description: "1 to 100." };
export const AFTER = { nullable: true };

/**
 * Relay's connection and edge of a type: lists that may grow beyond what a short field shows. The type is asked for late, since
 * types lead to one another and their files are read in some order.
 */
export function connectionOf(name: string, type: () => ClassType): ClassType {
  @ObjectType(`${name}Edge`, { simpleResolvers: true })
  class Edge {
    @Field(type)
    node!: object;

    @Field(() => String)
    cursor!: string;
  }

  @ObjectType(`${name}Connection`, { simpleResolvers: true })
  class Connection {
    @Field(() => [Edge])
    edges!: readonly Edge[];

    @Field(() => PageInfoType)
    pageInfo!: PageInfoType;
  }
  return Connection;
}
