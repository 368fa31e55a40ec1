import { GraphQLError } from "graphql";
import { Arg, Ctx, Float, ID, Int, Query, Resolver, Root, Subscription } from "type-graphql";
import type { Access } from "../domain/access.js";
import { isFailure } from "../domain/failure.js";
import type { LoggedObservation, StoredEvent } from "../domain/learningPorts.js";
import { pageDownFrom } from "./connection.js";
import { AFTER, FIRST } from "./connectionTypes.js";
import type { RequestContext } from "./context.js";
import { ObservationsResultUnion, PolicyEventsResultUnion, PolicyEventType } from "./logTypes.js";
import { typed } from "./predictionConverters.js";

/** An application's log: what turned out to be true, and what happened to what is learned. */
@Resolver()
export class LogResolver {
  @Query(() => ObservationsResultUnion, {
    description: "An application's feedback log, newest first, corrected observations too.",
  })
  async observations(
    @Arg("application", () => String) application: string,
    @Arg("entity", () => ID, { nullable: true, description: "Takes the scope ADMIN. Absent: of all." })
    entity: string | undefined,
    @Arg("first", () => Int, FIRST) first: number,
    @Arg("after", () => String, AFTER) after: string | undefined,
    @Ctx() { services, access }: RequestContext,
  ): Promise<object> {
    if (entity != null && !seesPeople(access)) throw onlyForAdministrators();
    const read = (seq: number, count: number) =>
      services.learned.observations(application, entity ?? undefined, seq, count);
    const page = await pageDownFrom({ of: "LoggedObservation", first, after }, read, (row) => fromLogged(row, access));
    return typed("LoggedObservationConnection", page);
  }

  @Query(() => PolicyEventsResultUnion, { description: "Of an application's log, newest first." })
  async policyEvents(
    @Arg("application", () => String) application: string,
    @Arg("first", () => Int, FIRST) first: number,
    @Arg("after", () => String, AFTER) after: string | undefined,
    @Ctx() { services, access }: RequestContext,
  ): Promise<object> {
    const read = (seq: number, count: number) => services.learned.events(application, seq, count);
    return typed(
      "PolicyEventConnection",
      await pageDownFrom({ of: "PolicyEvent", first, after }, read, (event) => fromEvent(event, access)),
    );
  }

  @Subscription(() => PolicyEventType, {
    description:
      "Of an application's log, within a second, whichever server it happened on: drift, priors, changes. Ends when the application is deleted.",
    subscribe: ({ args, context }) => followEvents(args as FollowArguments, context as RequestContext),
  })
  learningEvents(
    @Root() event: StoredEvent,
    @Arg("application", () => String) _application: string,
    @Arg("afterSeq", () => Float, {
      nullable: true,
      description: "Place in the log to go on after, as of the last event that was heard. Absent: from now on.",
    })
    _afterSeq: number | undefined,
    @Ctx() { access }: RequestContext,
  ): object {
    return fromEvent(event, access);
  }
}

interface FollowArguments {
  readonly application: string;
  readonly afterSeq?: number | null;
}

async function followEvents(
  { application, afterSeq }: FollowArguments,
  { services }: RequestContext,
): Promise<AsyncIterable<unknown>> {
  const events = await services.learned.follow(application, afterSeq ?? undefined);
  if (!isFailure(events)) return events;
  throw new GraphQLError(events.message, { extensions: { code: events.code } });
}

/** Who told what, and by which features: as `exportEntity`, for administrators alone. */
function seesPeople({ scopes }: Access): boolean {
  return scopes.has("ADMIN");
}

function onlyForAdministrators(): GraphQLError {
  const message = "entity: what single ones told is shown to keys with the scope ADMIN; leave it out to read all";
  return new GraphQLError(message, { extensions: { code: "FORBIDDEN" } });
}

function fromLogged(row: LoggedObservation, access: Access): object {
  const { receiptId, entity, evidence, observedAtMs, counts = true, ...shown } = row;
  const personal = seesPeople(access) ? { entity, evidence: JSON.stringify(evidence ?? undefined) } : {};
  return { ...shown, ...personal, predictionId: receiptId, observedAt: new Date(observedAtMs), counts };
}

function fromEvent({ content, ...event }: StoredEvent, access: Access): object {
  const at = new Date(event.atMs);
  return { ...event, at, content: JSON.stringify(seesPeople(access) ? content : withoutEntity(content)) };
}

/** Events of one entity name it. */
function withoutEntity(content: unknown): unknown {
  if (typeof content !== "object" || content === null || Array.isArray(content)) return content;
  return Object.fromEntries(Object.entries(content).filter(([name]) => name !== "entity"));
}
