import { parse, validate } from "graphql";
import { DOCUMENT_LIMITS, parseWithinLimits } from "../src/graphql/documentLimits.js";
import { HotLane } from "../src/graphql/hotLane.js";
import { buildGraphqlSchema } from "../src/graphql/schema.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { BenchError } from "./bench.js";
import { show, showSpread, spreadOf } from "./statistics.js";
import { WORST_DOCUMENTS } from "./worstDocuments.js";

/** Before times count: the code is compiled by then. */
const WARM_UP_ROUNDS = 5;

export const DOCUMENT_BLOCK: Scenario = {
  name: "document-block",
  summary: "how long the worst documents within the limits hold up the event loop, beside parsing them alone",
  repetition: { runs: 5, seconds: 0 },
  goals: [{ figure: ["longestBlockMs", "max"], atMost: 50 }],
  measure,
};

const schema = buildGraphqlSchema();

/** All that one document is worked on in one turn: parsed, measured, validated and, where it is valid, compiled. */
function measure({ settings, progress }: Bench): Promise<Outcome> {
  const times = new Map<string, { readonly block: number[]; readonly parse: number[] }>();
  for (let round = -WARM_UP_ROUNDS; round < settings.runs; round++) {
    for (const [name, text] of Object.entries(WORST_DOCUMENTS)) {
      const measured = { block: timed(() => prepare(name, text)), parse: timed(() => parse(text)) };
      if (round < 0) continue;
      const kept = times.get(name) ?? { block: [], parse: [] };
      kept.block.push(measured.block);
      kept.parse.push(measured.parse);
      times.set(name, kept);
    }
  }
  const rows = [...times].map(([name, { block, parse: alone }]) => {
    return {
      name,
      bytes: Buffer.byteLength(WORST_DOCUMENTS[name] ?? ""),
      block: spreadOf(block),
      alone: spreadOf(alone),
    };
  });
  rows.sort((a, b) => b.block.median - a.block.median);
  const longest = rows[0];
  if (longest === undefined) throw new BenchError("there is no document");
  progress(`  longest: ${longest.name}, ${showSpread(longest.block)} ms`);
  return Promise.resolve({
    result: {
      longestBlockMs: longest.block,
      longestDocument: longest.name,
      documents: Object.fromEntries(
        rows.map(({ name, bytes, block, alone }) => [name, { bytes, blockMs: block, parseMs: alone }]),
      ),
    },
    table: [
      ["document", "bytes", "block ms", "parse alone ms"],
      ...rows.map(({ name, bytes, block, alone }) => [name, show(bytes), showSpread(block), showSpread(alone)]),
    ],
  });
}

function timed(work: () => void): number {
  const beganMs = performance.now();
  work();
  return performance.now() - beganMs;
}

function prepare(name: string, text: string): void {
  if (text.length > DOCUMENT_LIMITS.bytes) throw new BenchError(`${name} is beyond the limit of bytes`);
  const document = parseWithinLimits(text);
  if (validate(schema, document).length > 0) return;
  new HotLane(schema).store({ query: text, operationName: undefined }, document);
}
