import { Arg, Ctx, Int, Resolver, Root, Subscription } from "type-graphql";
import { badInput, failure } from "../domain/failure.js";
import type { Prediction } from "../domain/prediction.js";
import type { Told } from "../lib/latestValues.js";
import type { OperationalEvent } from "../telemetry/operationalEvents.js";
import type { PolicySample } from "../telemetry/policySamples.js";
import type { RequestContext } from "./context.js";
import { EventsTargetInput, quoted, refusedAs, requireInterval } from "./followTargets.js";
import { AnsweredPredictionType, OperationalEventType, PolicyUpdateType } from "./liveTypes.js";
import { fromPrediction } from "./predictionConverters.js";

const MOST_SAMPLE_EVERY = 1_000_000;

/** What happens on this server, as it happens. */
@Resolver()
export class LiveResolver {
  @Subscription(() => AnsweredPredictionType, {
    description:
      "What this server answers for an application, from now on: each so many-th answer, at most a hundred a second.",
    subscribe: ({ args, context }) => followPredictions(args as PredictionsArguments, context as RequestContext),
  })
  predictions(
    @Root() { value, dropped }: Told<Prediction>,
    @Arg("application", () => String) _application: string,
    @Arg("sampleEvery", () => Int, {
      defaultValue: 1,
      description: "1: each answer; 10: every tenth. At most 1,000,000.",
    })
    _sampleEvery: number,
    @Ctx() { access, services }: RequestContext,
  ): object {
    const { entity, application } = value;
    const hash = (): string | undefined =>
      entity === undefined ? undefined : services.live.hashOfEntity(application, entity);
    return {
      ...fromPrediction(value, () => ""),
      at: new Date(value.atMs),
      entity: access.scopes.has("ADMIN") ? entity : undefined,
      entityHash: hash,
      dropped,
    };
  }

  @Subscription(() => PolicyUpdateType, {
    description:
      "An application's policy as it stands, at once, and then whenever that has changed at an interval's end.",
    subscribe: ({ args, context }) => followPolicy(args as PolicyArguments, context as RequestContext),
  })
  policyUpdates(
    @Root() { value, dropped }: Told<PolicySample>,
    @Arg("application", () => String) _application: string,
    @Arg("intervalMs", () => Int, { defaultValue: 1000, description: "100 to 60,000." }) _intervalMs: number,
    @Ctx() _context: RequestContext,
  ): object {
    return { ...value, dropped };
  }

  @Subscription(() => OperationalEventType, {
    description:
      "What happens from now on to an application, its models and their replicas on this server, or to one model: ejections, drops, drift, versions. Ends when that is deleted.",
    subscribe: ({ args, context }) => followEvents(args as EventsArguments, context as RequestContext),
  })
  events(
    @Root() { value, dropped }: Told<OperationalEvent>,
    @Arg("of", () => EventsTargetInput, { description: "An application, or a model." }) _of: EventsTargetInput,
    @Ctx() _context: RequestContext,
  ): object {
    return { ...value, dropped };
  }
}

interface PredictionsArguments {
  readonly application: string;
  readonly sampleEvery: number;
}

interface EventsArguments {
  readonly of: EventsTargetInput;
}

interface PolicyArguments {
  readonly application: string;
  readonly intervalMs: number;
}

function followPredictions({ application, sampleEvery }: PredictionsArguments, { services }: RequestContext) {
  if (!(sampleEvery >= 1 && sampleEvery <= MOST_SAMPLE_EVERY)) {
    throw refusedAs(badInput(["sampleEvery"], `1 to ${MOST_SAMPLE_EVERY}`, String(sampleEvery)));
  }
  if (services.catalogue.get(application) === undefined) throw unknown(`application ${quoted(application)}`);
  return services.live.answers.follow(services.clock, application, sampleEvery);
}

function followPolicy({ application, intervalMs }: PolicyArguments, { services }: RequestContext) {
  requireInterval(intervalMs);
  const followed = services.live.policies.follow(application, intervalMs);
  if (followed === undefined) throw unknown(`application ${quoted(application)}`);
  return followed;
}

function followEvents({ of }: EventsArguments, { services: { catalogue, live } }: RequestContext) {
  const { application } = of;
  if (application == null) {
    const isThere = (): boolean => catalogue.snapshot.models.some(({ name }) => name === of.model);
    if (!isThere()) throw unknown(`model ${quoted(of.model)}`);
    return live.events.follow(({ model }) => model === of.model, isThere);
  }
  const isThere = (): boolean => catalogue.get(application) !== undefined;
  if (!isThere()) throw unknown(`application ${quoted(application)}`);
  const isLinked = (model: string | undefined): boolean =>
    catalogue.get(application)?.application.links.some((link) => link.model === model) === true;
  return live.events.follow((event) => event.application === application || isLinked(event.model), isThere);
}

function unknown(what: string) {
  return refusedAs(failure("NOT_FOUND", `${what} does not exist`));
}
