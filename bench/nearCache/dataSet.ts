import { readFile } from "node:fs/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Distance } from "../../src/caching/vectorSpace.js";

/** Those that have curves. */
export const CURVES = ["digits", "mnist", "bbc"] as const;
/** Large enough for 100,000 entries of 64 numbers. */
export const LARGE = "mnist64";
export type DataSetName = (typeof CURVES)[number] | typeof LARGE;

/** How near a request is to the item that it is of. */
export interface Perturbation {
  /** Standard deviation of a pixel's noise, in bytes: of each request anew, from 0 to this. */
  readonly noise: number;
  /** How often an image is moved by one pixel, in one of eight directions. */
  readonly shifts: number;
  /** Most words left out, and put in as often as they stand in the texts: of each request anew, from 0 to this. */
  readonly words: number;
}

export interface DataSetSpec {
  readonly title: string;
  readonly distance: Distance;
  /** Images have as many rows as columns. */
  readonly perturbation: Perturbation;
  readonly requests: number;
  /** Absent: by Zipf's law. */
  readonly popularity?: "EQUAL";
}

export const SPECS: Readonly<Record<DataSetName, DataSetSpec>> = {
  digits: {
    title: "Digits, 8 x 8 pixels",
    distance: "L2",
    perturbation: { noise: 6, shifts: 0.1, words: 0 },
    requests: 40_000,
  },
  mnist: {
    title: "MNIST, 28 x 28 pixels",
    distance: "L2",
    perturbation: { noise: 12, shifts: 0.3, words: 0 },
    requests: 30_000,
  },
  mnist64: {
    title: "MNIST, 8 x 8 pixels",
    distance: "L2",
    perturbation: { noise: 6, shifts: 0, words: 0 },
    requests: 300_000,
    popularity: "EQUAL",
  },
  bbc: {
    title: "BBC News paragraphs, bags of 1,024 words",
    distance: "ANGLE",
    perturbation: { noise: 0, shifts: 0, words: 3 },
    requests: 40_000,
  },
};

export interface DataSet extends DataSetSpec {
  readonly name: DataSetName;
  readonly items: Uint8Array;
  readonly count: number;
  readonly dimensions: number;
  /** A row's numbers are the items' bytes times this. */
  readonly scale: number;
  readonly modelPath: string;
}

export async function readDataSet(folder: string, name: DataSetName): Promise<DataSet> {
  const facts = JSON.parse(await readFile(`${folder}/${name}.json`, "utf8")) as Record<string, number>;
  const { items: count, dimensions, scale } = facts as Record<"items" | "dimensions" | "scale", number>;
  const items = new Uint8Array(await readFile(`${folder}/${name}.u8`));
  return { ...SPECS[name], name, items, count, dimensions, scale, modelPath: `${folder}/${name}.onnx` };
}

const BATCH = 500;

/** The model's label of each row. Labels are small. */
export async function labelsOf(dataSet: DataSet, rows: Uint8Array): Promise<Uint8Array> {
  const { dimensions, scale } = dataSet;
  const session = await InferenceSession.create(dataSet.modelPath, {
    intraOpNumThreads: 1,
    graphOptimizationLevel: "all",
  });
  const input = session.inputNames[0] as string;
  const output = session.outputNames.find((name) => name.includes("label")) as string;
  const count = rows.length / dimensions;
  const labels = new Uint8Array(count);
  for (let from = 0; from < count; from += BATCH) {
    const to = Math.min(count, from + BATCH);
    const values = Float32Array.from(rows.subarray(from * dimensions, to * dimensions), (byte) => byte * scale);
    const tensor = new Tensor("float32", values, [to - from, dimensions]);
    const answer = (await session.run({ [input]: tensor }, [output]))[output] as Tensor;
    labels.set(Array.from(answer.data as BigInt64Array, Number), from);
  }
  await session.release();
  return labels;
}
