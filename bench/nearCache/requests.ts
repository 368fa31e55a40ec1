import type { Random } from "../../src/domain/ports.js";
import { normal } from "../simulation/seededRandom.js";
import type { DataSet } from "./dataSet.js";

/** Popularity of the item in place i is proportional to 1 / (i + 1): Zipf's law. */
export function zipf(count: number, random: Random): () => number {
  const cumulative = new Float64Array(count);
  let total = 0;
  for (let i = 0; i < count; i++) cumulative[i] = total += 1 / (i + 1);
  return () => {
    const wanted = random() * total;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] as number) <= wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** Rows of perturbed items, some of them popular unless all are alike. Which are popular is drawn anew, since neighbours stand together. */
export function drawRequests(dataSet: DataSet, random: Random): Uint8Array {
  const { requests, dimensions, items, count } = dataSet;
  const rows = new Uint8Array(requests * dimensions);
  const order = shuffled(count, random);
  const rank = dataSet.popularity === "EQUAL" ? (): number => Math.floor(random() * count) : zipf(count, random);
  const perturb =
    dataSet.perturbation.words > 0 ? wordPerturbation(dataSet, random) : pixelPerturbation(dataSet, random);
  for (let i = 0; i < requests; i++) {
    const row = rows.subarray(i * dimensions, (i + 1) * dimensions);
    const item = order[rank()] as number;
    row.set(items.subarray(item * dimensions, (item + 1) * dimensions));
    perturb(row);
  }
  return rows;
}

type Perturb = (row: Uint8Array) => void;

function pixelPerturbation({ dimensions, perturbation }: DataSet, random: Random): Perturb {
  const side = Math.sqrt(dimensions);
  const scratch = new Uint8Array(dimensions);
  return (row) => {
    if (random() < perturbation.shifts) {
      const direction = Math.floor(random() * 8);
      const place = direction < 4 ? direction : direction + 1;
      shift(row, scratch, side, (place % 3) - 1, Math.floor(place / 3) - 1);
    }
    const noise = random() * perturbation.noise;
    for (let i = 0; i < dimensions; i++)
      row[i] = Math.max(0, Math.min(255, Math.round((row[i] as number) + noise * normal(random))));
  };
}

function shift(row: Uint8Array, scratch: Uint8Array, side: number, dx: number, dy: number): void {
  scratch.set(row);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const isInside = x >= dx && x - dx < side && y >= dy && y - dy < side;
      row[y * side + x] = isInside ? (scratch[(y - dy) * side + x - dx] as number) : 0;
    }
}

function wordPerturbation({ items, count, dimensions, perturbation }: DataSet, random: Random): Perturb {
  const wordOf = anyWord(dimensions, random);
  const edits = (): number => Math.floor(random() * (perturbation.words + 1));
  return (row) => {
    for (let left = edits(); left > 0; left--) {
      const word = wordOf(row);
      row[word] = (row[word] as number) - 1;
    }
    for (let added = edits(); added > 0; added--) {
      const word = wordOf(items.subarray(dimensions * Math.floor(random() * count)));
      row[word] = (row[word] as number) + 1;
    }
  };
}

/** Draws a word of a bag, each as likely as it stands there. Bags hold at least ten. */
function anyWord(dimensions: number, random: Random): (bag: Uint8Array) => number {
  return (bag) => {
    let words = 0;
    for (let i = 0; i < dimensions; i++) words += bag[i] as number;
    let left = Math.floor(random() * words);
    for (let i = 0; i < dimensions; i++) {
      left -= bag[i] as number;
      if (left < 0) return i;
    }
    throw new RangeError("a bag without words");
  };
}

function shuffled(count: number, random: Random): Int32Array {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order;
}
