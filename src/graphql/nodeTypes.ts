import { Field, ID, InterfaceType } from "type-graphql";

/** Relay's global object identification. */
@InterfaceType("Node", {
  description: "What is found again by its id, with `node` or `nodes`.",
  resolveType: (value: { __typename: string }) => value.__typename,
})
export abstract class NodeInterface {
  @Field(() => ID, {
    description: "Of this object alone, on all servers, as long as it has its name or number: give it to `node`.",
  })
  id!: string | (() => string);
}
