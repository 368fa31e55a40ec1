import type { Random } from "../../src/domain/ports.js";
import type { LearningData } from "./learningData.js";
import { shuffled } from "./order.js";

export type FeatureQuality = "good" | "poor";

/** Items that people have tastes about, with the features that each quality of feature model gives them. */
export interface TasteItems {
  readonly classes: Int32Array;
  readonly classCount: number;
  /** Those that may be shown, by their class; and those that errors are counted on. */
  readonly shown: readonly (readonly number[])[];
  readonly test: readonly number[];
  readonly features: Readonly<Record<FeatureQuality, readonly Float64Array[]>>;
}

const SHOWN = 1;
const TEST = 2;

/** `name`: "bbc" or "digits". */
export async function readTasteItems(data: LearningData, name: string): Promise<TasteItems> {
  const classes = await data.integers(`${name}-classes`);
  const parts = await data.integers(`${name}-parts`);
  const classCount = Math.max(...classes) + 1;
  const shown = Array.from({ length: classCount }, () => [] as number[]);
  const test: number[] = [];
  classes.forEach((label, item) => {
    if (parts[item] === SHOWN) shown[label]?.push(item);
    if (parts[item] === TEST) test.push(item);
  });
  return {
    classes,
    classCount,
    shown,
    test,
    features: { good: await readRows(data, `${name}-good`), poor: await readRows(data, `${name}-poor`) },
  };
}

export async function readRows(data: LearningData, name: string): Promise<readonly Float64Array[]> {
  const { shape, values } = await data.floats(name);
  const [rows, width] = shape as [number, number];
  return Array.from({ length: rows }, (_, i) => Float64Array.from(values.subarray(i * width, (i + 1) * width)));
}

/** One user's observation: in the order in which they come, user after user in turn. */
export interface Liking {
  readonly user: number;
  readonly item: number;
  readonly likes: boolean;
  /** Observations of this user since the tastes changed, this one included; 0 before. */
  readonly step: number;
}

export interface TasteLog {
  readonly users: number;
  /** After the change: 1 where the user likes the class. */
  readonly tastes: readonly Uint8Array[];
  readonly before: readonly Liking[];
  readonly after: readonly Liking[];
}

export interface TasteOptions {
  readonly users: number;
  /** Observations of each user before the change, which are of these classes only, and after it. */
  readonly history: number;
  readonly known: readonly number[];
  readonly steps: number;
}

/** Every user likes about half of the classes; at the change each gets another taste, and items of all classes come. */
export function drawTastes(items: TasteItems, options: TasteOptions, random: Random): TasteLog {
  const { users, history, known, steps } = options;
  const all = Array.from({ length: items.classCount }, (_, i) => i);
  const old = Array.from({ length: users }, () => drawTaste(items.classCount, known, random));
  const tastes = Array.from({ length: users }, () => drawTaste(items.classCount, all, random));
  const draw = (of: readonly Uint8Array[], from: readonly number[], turns: number, first: number): Liking[] =>
    Array.from({ length: turns * users }, (_, i) => {
      const user = i % users;
      const label = from[Math.floor(random() * from.length)] as number;
      const choice = items.shown[label] as readonly number[];
      const item = choice[Math.floor(random() * choice.length)] as number;
      return { user, item, likes: of[user]?.[label] === 1, step: first === 0 ? 0 : first + Math.floor(i / users) };
    });
  return { users, tastes, before: draw(old, known, history, 0), after: draw(tastes, all, steps, 1) };
}

/** Half of these classes are liked, rounded up or down. */
function drawTaste(classCount: number, classes: readonly number[], random: Random): Uint8Array {
  const liked = Math.floor(classes.length / 2 + (classes.length % 2) * Math.round(random()));
  const taste = new Uint8Array(classCount);
  for (const at of shuffled(classes.length, random).subarray(0, liked)) taste[classes[at] as number] = 1;
  return taste;
}
