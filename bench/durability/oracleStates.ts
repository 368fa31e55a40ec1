import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { newFolding } from "../../src/correction/learnedState.js";
import type { LearningUse } from "../../src/correction/learnedState.js";
import type { LinearState } from "../../src/correction/linearState.js";
import { newPolicy } from "../../src/correction/newPolicy.js";
import { weightsOf } from "../../src/correction/ridge.js";
import { projectPath } from "../projectPath.js";
import type { KeptRow, LogRow, PriorRow } from "./logFold.js";

/** What test/oracles/fold.py says of one state. */
interface OracleState {
  readonly weights: Readonly<Record<string, number>> | readonly (readonly number[])[];
  readonly observations: unknown;
}

interface OracleAnswer {
  readonly population: OracleState;
  readonly entities: Readonly<Record<string, OracleState>>;
}

const RELATIVE = 1e-9;
/** Differences named at most. */
const NAMED = 20;

/**
 * Entities whose kept state another program, in another language and with other formulas, sees otherwise. It is given
 * the log alone. Of one policy version; only states that are kept as a whole can be compared.
 */
export async function oracleDifferences(
  python: string,
  use: LearningUse,
  log: readonly (LogRow | PriorRow)[],
  kept: readonly KeptRow[],
): Promise<readonly string[] | undefined> {
  if (use.policy.kind !== "ensemble" && use.policy.kind !== "linear") return undefined;
  const { policy, output } = use;
  const answer = await ask(python, [
    { policy, output },
    ...log.map((row) => ("prior" in row ? { prior: row.prior } : observationOf(row))),
  ]);
  const differing: string[] = [];
  for (const { entity, state } of kept) {
    const right = entity === "" ? answer.population : answer.entities[entity];
    const problem = right === undefined ? "unknown to the oracle" : difference(use, state, right);
    if (problem !== undefined && differing.length < NAMED) differing.push(`${entity}: ${problem}`);
  }
  return differing;
}

/** The evidence's packed numbers are read here, not by the product's code. */
function observationOf({ entity, truth, evidence }: LogRow): object {
  const { members = [], context } = (evidence ?? {}) as {
    members?: readonly { readonly model: string; readonly values: string }[];
    context?: string;
  };
  const answered = members.map(({ model, values }) => ({ model, values: numbersOf(values) }));
  return { entity, answered, context: context === undefined ? null : numbersOf(context), truth };
}

function numbersOf(packed: string): number[] {
  const bytes = Buffer.from(packed, "base64url");
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
}

function difference(use: LearningUse, bytes: Uint8Array, right: OracleState): string | undefined {
  const { policy: state } = newFolding(use).decode(bytes);
  if (use.policy.kind === "linear") {
    const { ridge } = state.open("linear") as LinearState;
    const weights = ridge === undefined ? [] : [...weightsOf(ridge)];
    const wanted = (right.weights as readonly (readonly number[])[]).flat();
    if ((ridge?.observations ?? 0) !== right.observations) return "other observations";
    return unequal(weights, wanted);
  }
  const wanted = right.weights as Readonly<Record<string, number>>;
  const members = Object.keys(wanted).map((model) => ({ model, weight: 1 }));
  const weights = newPolicy(use).weights(state, members);
  const counts = right.observations as Readonly<Record<string, number>>;
  if (weights.some(({ model, observations }) => counts[model] !== observations)) return "other observations";
  return unequal(
    weights.map(({ weight }) => weight),
    weights.map(({ model }) => wanted[model] ?? NaN),
  );
}

function unequal(own: readonly number[], wanted: readonly number[]): string | undefined {
  if (own.length !== wanted.length) return `${own.length} weights, not ${wanted.length}`;
  const scale = Math.max(1e-3, ...wanted.map(Math.abs));
  const worst = Math.max(...own.map((value, i) => Math.abs(value - (wanted[i] as number)) / scale));
  return worst <= RELATIVE ? undefined : `weights differ by ${worst.toExponential(1)} of the largest`;
}

async function ask(python: string, input: readonly object[]): Promise<OracleAnswer> {
  const child = spawn(python, [projectPath("test/oracles/fold.py")], { env: { ...process.env, OMP_NUM_THREADS: "1" } });
  const ended = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject));
  child.stdin.on("error", () => undefined);
  for (const item of input) child.stdin.write(`${JSON.stringify(item)}\n`);
  child.stdin.end();
  const [answer, complaints, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (code !== 0) throw new Error(`fold.py ended with ${code}: ${complaints.slice(-1000)}`);
  return JSON.parse(answer) as OracleAnswer;
}
