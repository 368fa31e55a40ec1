import { ByteReader, ByteWriter } from "../lib/byteCursor.js";
import type { Change } from "./folding.js";
import { PageHinkley } from "./pageHinkley.js";

/** Watched at once: a hundred bytes each, in a state that is written with every group. Beyond, the one seen longest ago goes. */
const MAX_MODELS = 16;

interface Watched {
  readonly test: PageHinkley;
  /** At which observation of the population a change was last told; 0: none was. */
  toldAt: number;
}

/** Page and Hinkley's test on each member model's own loss: tells which of them it was when answers become worse. */
export class ModelDrifts {
  /** Least recently observed first. */
  readonly #models = new Map<string, Watched>();

  /** Undefined: no change, or one within `quiet` observations of one that was told. `at`: observations of the population. */
  update(model: string, loss: number, at: number, quiet: number): Change | undefined {
    const watched = this.#models.get(model) ?? { test: new PageHinkley(), toldAt: 0 };
    this.#models.delete(model);
    this.#models.set(model, watched);
    if (this.#models.size > MAX_MODELS) this.#forgetOldest();
    if (!watched.test.update(loss)) return undefined;
    if (watched.toldAt > 0 && at - watched.toldAt < quiet) return undefined;
    watched.toldAt = at;
    return watched.test.lastChange;
  }

  #forgetOldest(): void {
    const [oldest] = this.#models.keys();
    if (oldest !== undefined) this.#models.delete(oldest);
  }

  /** A model's mean loss since it last changed; undefined while none is known. */
  meanLoss(model: string): number | undefined {
    return this.#models.get(model)?.test.mean;
  }

  encode(): Uint8Array {
    const to = new ByteWriter().uint8(this.#models.size);
    for (const [model, { test, toldAt }] of this.#models) {
      const bytes = test.encode();
      to.text(model).float64(toldAt).uint8(bytes.length).bytes(bytes);
    }
    return to.take();
  }

  /** Throws on bytes that `encode` has not made. */
  static decode(bytes: Uint8Array): ModelDrifts {
    const from = new ByteReader(bytes);
    const drifts = new ModelDrifts();
    const count = from.uint8();
    if (count > MAX_MODELS) throw new RangeError(`drift state of ${count} models: at most ${MAX_MODELS}`);
    for (let i = 0; i < count; i++) {
      const model = from.text();
      const toldAt = from.count64();
      drifts.#models.set(model, { test: PageHinkley.decode(from.bytes(from.uint8())), toldAt });
    }
    from.end();
    return drifts;
  }
}
