import { setUpApplication } from "../application.js";
import type { Served } from "../application.js";
import { later } from "../arrivals.js";
import type { Arrivals } from "../arrivals.js";
import type { Bench } from "../bench.js";
import type { Sent } from "../openLoop.js";
import { percentile, round } from "../statistics.js";
import { isAnswer } from "../stubRig.js";
import type { StubRig } from "../stubRig.js";
import { delayWay } from "./delayedWay.js";

/** One application and its stub, which sleeps: sides may run at the same time without taking each other's processor. */
export interface Side {
  readonly name: string;
  readonly service: readonly string[];
  readonly settings: NonNullable<Served["settings"]>;
  readonly sloMs: number;
  /** On the way to the stub, and back. Default: none. */
  readonly wayMs?: number;
}

export async function serveSide(
  bench: Bench,
  rig: StubRig,
  { name, service, wayMs = 0, ...rest }: Side,
): Promise<void> {
  const stub = await rig.startStub(name, service);
  const endpoint = wayMs > 0 ? await delayWay(bench, stub.endpoint, wayMs) : stub.endpoint;
  await setUpApplication(rig.server.graphqlUrl, { name, endpoint, ...rest });
}

/** Of one side's queries. */
export interface Latencies {
  /** Share answered by the model within the objective. */
  readonly good: number;
  /** Of those that the model answered. */
  readonly meanMs: number;
  readonly p99Ms: number;
}

export function latenciesWithin(sent: readonly Sent[], sloMs: number): Latencies {
  const answered = sent.filter(({ body }) => isAnswer(body)).map(({ latencyMs }) => latencyMs);
  return {
    good: round(answered.filter((ms) => ms <= sloMs).length / sent.length),
    meanMs: round(answered.reduce((sum, ms) => sum + ms, 0) / answered.length),
    p99Ms: round(percentile(answered, 0.99) ?? NaN),
  };
}

/** So that the server does not get one side's burst together with another's. */
const APART_MS = 33;

/** All sides get the same queries at the same time, but for a moment between them. */
export async function offerAll<Name extends string>(
  rig: StubRig,
  sides: Readonly<Record<Name, Side>>,
  arrivals: () => Arrivals,
): Promise<Readonly<Record<Name, Latencies>>> {
  const times = [...arrivals()];
  const entries = (Object.entries(sides) as [Name, Side][]).map(async ([key, side], i) => {
    const sent = await rig.offer(side.name, later(times, i * APART_MS));
    return [key, latenciesWithin(sent, side.sloMs)] as const;
  });
  return Object.fromEntries(await Promise.all(entries)) as Record<Name, Latencies>;
}
