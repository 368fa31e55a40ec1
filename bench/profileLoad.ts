import { join } from "node:path";
import { BenchError } from "./bench.js";
import type { Bench } from "./bench.js";
import { firstWarmUp, Seeds } from "./loads.js";
import type { LoadShape } from "./loads.js";
import { profileDuring, topSelfTimes, writeProfile } from "./profile.js";
import { startRig } from "./rig.js";
import type { Rig } from "./rig.js";
import { runWrk } from "./wrk.js";

const TOP = 25;

/** Profiles the server under one load; returns lines for people. */
export async function profileLoad(
  bench: Bench,
  folder: string,
  name: string,
  shapeOf: (rig: Rig) => LoadShape | Promise<LoadShape>,
): Promise<string> {
  const rig = await startRig(bench, true);
  const { inspectorUrl } = rig.server;
  if (inspectorUrl === undefined) throw new BenchError("the server did not open its inspector");
  const shape = await shapeOf(rig);
  const seeds = new Seeds();
  await firstWarmUp(bench, shape, seeds);
  bench.progress("  profiling");
  const { seconds } = bench.settings;
  const profile = await profileDuring(inspectorUrl, () =>
    runWrk({ ...shape, seed: seeds.next(), seconds }, bench.signal),
  );
  const path = join(folder, `${name}.cpuprofile`);
  await writeProfile(path, profile);
  const lines = topSelfTimes(profile, TOP).map(
    ({ place, line, share }) =>
      `${(share * 100).toFixed(1).padStart(5)} %  ${place}${line === undefined ? "" : ` (line ${line})`}`,
  );
  return [`${path}: self time without idle time, and each function's hottest line`, ...lines].join("\n");
}
