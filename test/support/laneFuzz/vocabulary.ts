import { isObject } from "../../../src/lib/isObject.js";
import type { Draws } from "./draws.js";

const KEPT = 12;

const FIXED: Readonly<Record<string, readonly unknown[]>> = {
  application: ["insects", "insects", "insects", "numbers", "numbers", "ghost", "\u0000"],
  model: ["m", "m", "m", "k", "k", "nobody", "\u0000"],
  entity: ["ann", "bob", "throws", "rejects", "\u0000"],
  key: ["first", "second", "throws", "\u0000"],
  label: ["ant", "bee", "wasp"],
  time: ["2026-01-01T00:00:00Z", "2100-01-01T00:00:00Z", "yesterday", ""],
  endpoint: ["nowhere", "", "localhost:0"],
  tensor: ["x", "scores", "y"],
  text: ["", "some text", "\u0000", "ünï", '"', "x".repeat(300)],
  after: ["", "x", "aW5zZWN0cw=="],
  receipt: ["x", "1.aaaa.bbbb", "\u0000"],
  id: ["0123456789abcdef", "x", "1", "\u0000"],
};

/** By what an argument or a field of an input is called, where what it is called elsewhere is another thing's name. */
const MEANT: Readonly<Record<string, string>> = {
  "Query.application.name": "application",
  "Query.model.name": "model",
  "DeleteApplicationInput.name": "application",
  "CreateApplicationInput.name": "application",
  "UpdateApplicationInput.name": "application",
  "CreateApiKeyInput.name": "text",
  "NamedTensorInput.name": "tensor",
  "TensorSpecInput.name": "tensor",
  "ContextInput.featureModel": "model",
  "LinearPolicyInput.featureModel": "model",
  "ObserveInput.supersedes": "id",
  applications: "application",
  receipts: "receipt",
  ids: "id",
  endpoints: "endpoint",
  labels: "label",
  afterPrediction: "id",
  from: "time",
  to: "time",
};

/** Texts that an operation may give with some hope of being understood: fixed ones, and what earlier answers held. */
export class Vocabulary {
  readonly #heard = new Map<string, string[]>();

  /** `place`: as in `Query.model.name` or `PredictInput.entity`. */
  text(draws: Draws, place: string): string {
    const last = place.slice(place.lastIndexOf(".") + 1);
    const word = MEANT[place] ?? MEANT[last] ?? last;
    const heard = this.#heard.get(word) ?? [];
    if (heard.length > 0 && draws.chance(0.75)) return draws.pick(heard);
    return String(draws.pick(FIXED[word] ?? (FIXED["text"] as readonly unknown[])));
  }

  /** Keeps what an answer says under the words of its fields; an alias is `a1_field`. */
  hear(answer: unknown): void {
    if (Array.isArray(answer)) for (const item of answer) this.hear(item);
    if (!isObject(answer)) return;
    for (const [key, value] of Object.entries(answer)) {
      const word = key.replace(/^a\d+_/, "");
      if (typeof value === "string") this.#keep(word, value);
      else this.hear(value);
    }
  }

  #keep(word: string, value: string): void {
    const meant = word === "cursor" || word === "endCursor" ? "after" : word;
    if (!["receipt", "id", "predictionId", "after", "endPrediction"].includes(meant)) return;
    const kept = this.#heard.get(meant) ?? [];
    if (kept.includes(value)) return;
    kept.push(value);
    if (kept.length > KEPT) kept.shift();
    this.#heard.set(meant, kept);
  }
}
