import type { ClientDuplexStream } from "@grpc/grpc-js";
import fc from "fast-check";
import {
  GRPCInferenceServiceService,
  type GRPCInferenceServiceClient,
} from "../../src/protocol/generated/inference.js";

type Edit =
  | { readonly kind: "flip"; readonly at: number; readonly bits: number }
  | { readonly kind: "cut"; readonly at: number }
  | { readonly kind: "insert"; readonly at: number; readonly bytes: Uint8Array };

const position = fc.double({ min: 0, max: 1, noNaN: true });
const edit: fc.Arbitrary<Edit> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("flip" as const), at: position, bits: fc.integer({ min: 1, max: 255 }) }),
  },
  fc.record({ kind: fc.constant("cut" as const), at: position }),
  fc.record({
    kind: fc.constant("insert" as const),
    at: position,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 9 }),
  }),
);

/** Messages that differ from a correct one by one to four edits, most of them near its start, where its fields are. */
export function mutate(message: Uint8Array): fc.Arbitrary<Buffer> {
  return fc.array(edit, { minLength: 1, maxLength: 4 }).map((edits) => edits.reduce(apply, Buffer.from(message)));
}

function apply(message: Buffer, change: Edit): Buffer {
  const at = Math.floor(change.at ** 2 * message.length);
  if (change.kind === "cut") return message.subarray(0, at);
  if (change.kind === "insert") return Buffer.concat([message.subarray(0, at), change.bytes, message.subarray(at)]);
  const flipped = Buffer.from(message);
  if (at < flipped.length) flipped[at] = (flipped[at] ?? 0) ^ change.bits;
  return flipped;
}

const identity = (bytes: Buffer): Buffer => bytes;

/** A stream that sends bytes as they are and counts what comes back. */
export class MutationStream {
  readonly #call: ClientDuplexStream<Buffer, Buffer>;
  readonly #status: Promise<number>;

  constructor(client: GRPCInferenceServiceClient) {
    this.#call = client.makeBidiStreamRequest(GRPCInferenceServiceService.modelStreamInfer.path, identity, identity);
    this.#call.on("error", () => undefined);
    this.#status = new Promise((resolve) => this.#call.on("status", ({ code }) => resolve(code)));
  }

  /** How many answers came before the stream broke, or all of them. */
  answersTo(messages: readonly Buffer[]): Promise<number> {
    let answers = 0;
    return new Promise((resolve) => {
      void this.#status.then(() => resolve(answers));
      this.#call.on("data", () => {
        answers++;
        if (answers === messages.length) resolve(answers);
      });
      for (const message of messages) this.#call.write(message);
    });
  }

  end(): Promise<number> {
    this.#call.end();
    return this.#status;
  }
}
