import type { Cleanup } from "./cleanup.js";

export interface Settings {
  /** Measured runs of each side. */
  readonly runs: number;
  /** Length of a measured run. */
  readonly seconds: number;
  /** Folder for CPU profiles; absent: nothing is profiled. */
  readonly profileFolder: string | undefined;
  /** Folder for figures; absent: none is drawn. */
  readonly figuresFolder: string | undefined;
  /** As many rounds as a claim needs, where a scenario is shorter by default. */
  readonly full: boolean;
  /** Parts of a scenario by their names, where it has parts: `frameworks`, `gpu`. Absent: all. */
  readonly only: readonly string[] | undefined;
  /** A Python that has all packages, instead of the tests' environments: `frameworks`, `gpu`. */
  readonly python: string | undefined;
  /** Where the models of `gpu` run: `cpu`, `cuda` or `cuda:N`. */
  readonly device: string;
}

/** What a scenario gets. */
export interface Bench {
  readonly settings: Settings;
  readonly signal: AbortSignal;
  /** Run at the scenario's end, whatever the end is. */
  readonly cleanup: Cleanup;
  readonly progress: (text: string) => void;
}

export interface Outcome {
  /** The `result` of the JSON line. */
  readonly result: Readonly<Record<string, unknown>>;
  /** The same for people. */
  readonly table: Table;
}

/** First row: column names. */
export type Table = readonly (readonly string[])[];

/** A bound for one figure of the result. */
export interface Goal {
  /** Where it stands in the result. */
  readonly figure: readonly string[];
  readonly atLeast?: number;
  readonly atMost?: number;
}

export type Repetition = Pick<Settings, "runs" | "seconds">;

export interface Scenario {
  readonly name: string;
  readonly summary: string;
  /** Needs what few machines have: it runs where it is named, not with all. */
  readonly byNameOnly?: true;
  /** Unless the command line says otherwise; absent: three runs of 5 s. */
  readonly repetition?: Repetition;
  /** What `--check` holds the result to. */
  readonly goals?: readonly Goal[];
  readonly measure: (bench: Bench) => Promise<Outcome>;
  /** Writes a CPU profile of the server under this load; returns the path. Absent where there is no server. */
  readonly profile?: (bench: Bench, folder: string) => Promise<string>;
}

export class BenchError extends Error {}
