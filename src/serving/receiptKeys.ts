import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import type { Clock } from "../domain/ports.js";
import type { ReceiptKey, ReceiptKeyStore } from "../domain/storePorts.js";
import { keyIdOf } from "./receipt.js";

/** A receipt of an unknown key may be signed with one that this server has not heard of yet; it asks at most so often. */
const ASK_AGAIN_MS = 1_000;

/** The keys that sign and open receipts, followed as servers rotate them. */
export class ReceiptKeys {
  readonly #store: ReceiptKeyStore;
  readonly #clock: Clock;
  readonly #warn: (message: string) => void;
  #keys: readonly ReceiptKey[] = [];
  #subscription: { stop(): Promise<void> } | undefined;
  #reading: Promise<void> | undefined;
  #readMs = -Infinity;

  constructor(store: ReceiptKeyStore, clock: Clock, warn: (message: string) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#warn = warn;
  }

  /** Newest first: that one signs. */
  get all(): readonly ReceiptKey[] {
    return this.#keys;
  }

  /** Listens before it reads. Rejects when the keys cannot be had: without them nothing can be signed. */
  async start(): Promise<void> {
    this.#subscription = await this.#store.onChange(() => void this.#readAgain());
    await this.#read();
  }

  async stop(): Promise<void> {
    await this.#subscription?.stop();
    await this.#reading;
  }

  /** The keys that a receipt may be signed with; read again, in a promise, where it names one that is not among them. */
  forReceipt(receipt: string): readonly ReceiptKey[] | Promise<readonly ReceiptKey[]> {
    const named = keyIdOf(receipt);
    const isKnown = this.#keys.some(({ id }) => String(id) === named);
    if (isKnown || !/^\d{1,9}$/.test(named) || this.#clock.nowMs() - this.#readMs < ASK_AGAIN_MS) return this.#keys;
    return this.#readAgain().then(() => this.#keys);
  }

  /** From now on a new key signs, on all servers. Receipts of the key before the last are no longer taken. */
  async rotate(expectedKeyId?: number): Promise<readonly ReceiptKey[] | Failure> {
    const keys = await this.#store.rotate(expectedKeyId);
    if (!isFailure(keys)) this.#keys = keys;
    return keys;
  }

  #readAgain(): Promise<void> {
    this.#reading ??= this.#read()
      .catch((error: unknown) => this.#warn(`receipt keys could not be read again: ${String(error)}`))
      .finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<void> {
    this.#readMs = this.#clock.nowMs();
    this.#keys = await this.#store.readOrCreate();
  }
}
