import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { WebSocket } from "ws";
import { z } from "zod";
import { projectPath } from "./projectPath.js";

const PROFILE = z.looseObject({
  nodes: z.array(
    z.looseObject({
      id: z.number(),
      callFrame: z.looseObject({ functionName: z.string(), url: z.string(), lineNumber: z.number() }),
      positionTicks: z.array(z.looseObject({ line: z.number(), ticks: z.number() })).optional(),
    }),
  ),
  samples: z.array(z.number()),
  timeDeltas: z.array(z.number()),
});

type CpuProfile = z.infer<typeof PROFILE>;

const SAMPLING_MICROSECONDS = 250;

/** So that what is left is what is held. */
export async function collectGarbage(inspectorUrl: string): Promise<void> {
  const inspector = await Inspector.connect(inspectorUrl);
  await inspector.call("HeapProfiler.collectGarbage").finally(() => inspector.close());
}

const VALUE = z.object({ result: z.object({ value: z.number() }) });

/** What the process behind it holds after that: its heap and its buffers. */
export async function heldBytes(inspectorUrl: string): Promise<number> {
  const inspector = await Inspector.connect(inspectorUrl);
  try {
    await inspector.call("HeapProfiler.collectGarbage");
    const expression = "{ const { heapUsed, arrayBuffers } = process.memoryUsage(); heapUsed + arrayBuffers; }";
    const { result } = VALUE.parse(await inspector.call("Runtime.evaluate", { expression, returnByValue: true }));
    return result.value;
  } finally {
    inspector.close();
  }
}

/** Profiles the process behind `inspectorUrl` during `load`, so that its start and warm-up are not in the picture. */
export async function profileDuring(inspectorUrl: string, load: () => Promise<unknown>): Promise<CpuProfile> {
  const inspector = await Inspector.connect(inspectorUrl);
  try {
    await inspector.call("Profiler.enable");
    await inspector.call("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });
    await inspector.call("Profiler.start");
    await load();
    const { profile } = z.object({ profile: PROFILE }).parse(await inspector.call("Profiler.stop"));
    return profile;
  } finally {
    inspector.close();
  }
}

/** The format that Chrome's and VS Code's viewers open. */
export async function writeProfile(path: string, profile: CpuProfile): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify(profile));
}

export interface SelfTime {
  readonly place: string;
  /** Where most of its samples lie, in the built file. */
  readonly line: number | undefined;
  /** Of all sampled time, idle time not counted. */
  readonly share: number;
}

/** Functions by the time spent in themselves, longest first. */
export function topSelfTimes(profile: CpuProfile, limit: number): SelfTime[] {
  const places = new Map(profile.nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const micros = new Map<string, number>();
  let total = 0;
  profile.samples.forEach((id, i) => {
    const place = places.get(id) ?? "";
    if (place === "(idle)") return;
    const spent = profile.timeDeltas[i] ?? 0;
    total += spent;
    micros.set(place, (micros.get(place) ?? 0) + spent);
  });
  return [...micros]
    .sort(([, a], [, b]) => b - a)
    .slice(0, limit)
    .map(([place, spent]) => ({ place, line: hottestLine(profile, place), share: spent / total }));
}

function hottestLine(profile: CpuProfile, place: string): number | undefined {
  const ticksOf = new Map<number, number>();
  for (const { callFrame, positionTicks = [] } of profile.nodes) {
    if (placeOf(callFrame) !== place || callFrame.url === "") continue;
    for (const { line, ticks } of positionTicks) ticksOf.set(line, (ticksOf.get(line) ?? 0) + ticks);
  }
  return [...ticksOf].sort(([, a], [, b]) => b - a)[0]?.[0];
}

function placeOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  if (url === "") return functionName;
  const file = url.replace("file://", "").replace(projectPath(""), "");
  return `${file}:${functionName === "" ? `(anonymous, line ${lineNumber + 1})` : functionName}`;
}

const REPLY = z.looseObject({ id: z.number(), result: z.unknown(), error: z.looseObject({}).optional() });

/** One call of the inspector protocol at a time is all that a profile takes. */
class Inspector {
  readonly #socket: WebSocket;
  #calls = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static connect(url: string): Promise<Inspector> {
    return new Promise((resolve, reject) => {
      // A profile of some seconds is tens of megabytes, on the loopback.
      const socket = new WebSocket(url, { maxPayload: 2 ** 30, perMessageDeflate: false });
      socket.once("open", () => resolve(new Inspector(socket)));
      socket.once("error", reject);
    });
  }

  call(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      const onMessage = (data: Buffer): void => {
        const message: unknown = JSON.parse(data.toString("utf8"));
        const reply = REPLY.safeParse(message);
        // Events have no id.
        if (!reply.success || reply.data.id !== id) return;
        this.#socket.off("message", onMessage);
        if (reply.data.error === undefined) resolve(reply.data.result);
        else reject(new Error(`${method}: ${JSON.stringify(reply.data.error)}`));
      };
      this.#socket.on("message", onMessage);
      this.#socket.once("close", () => reject(new Error(`${method}: the server closed its inspector`)));
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}
