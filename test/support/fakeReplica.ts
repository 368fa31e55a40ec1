import type { Batch, BatchReply, ReplicaPort } from "../../src/domain/ports.js";
import type { Row, Signature } from "../../src/domain/tensor.js";

export interface SentBatch {
  readonly rows: readonly Row[];
  readonly numbers: readonly number[];
  reply(reply: BatchReply): void;
  /** Each row's output is the row itself. */
  echo(): void;
  /** The replica refuses it: its rows are not to blame. */
  lose(): void;
  /** The replica ends with it. */
  end(): void;
}

const SIGNATURE: Signature = {
  inputs: [{ name: "x", datatype: "INT32", shape: [] }],
  outputs: [{ name: "y", datatype: "INT32", shape: [] }],
};

/** A replica that keeps what it is sent until the test replies. */
export class FakeReplica implements ReplicaPort {
  readonly id: string;
  readonly concurrency: number;
  readonly signature: Signature;
  /** All that were sent, in order. */
  readonly batches: SentBatch[] = [];
  readonly inFlight: SentBatch[] = [];
  onSend: ((sent: SentBatch) => void) | undefined;

  constructor(id: string, concurrency = 1, signature = SIGNATURE) {
    this.id = id;
    this.signature = signature;
    this.concurrency = concurrency;
  }

  /** The number in each row of each batch, in order. */
  get log(): number[][] {
    return this.batches.map((batch) => [...batch.numbers]);
  }

  send({ rows }: Batch, done: (reply: BatchReply) => void): void {
    const reply = (given: BatchReply): void => {
      const at = this.inFlight.indexOf(sent);
      if (at >= 0) this.inFlight.splice(at, 1);
      done(given);
    };
    const sent: SentBatch = {
      rows,
      numbers: rows.map(numberOf),
      reply,
      echo: () => reply({ kind: "rows", rows: rows.map((output) => ({ kind: "output", output })) }),
      lose: () => reply({ kind: "lost", message: `${this.id} refused it`, refused: true }),
      end: () => reply({ kind: "lost", message: `${this.id} broke` }),
    };
    this.batches.push(sent);
    this.inFlight.push(sent);
    this.onSend?.(sent);
  }
}

/** A row of one number, `bytes` long, at least 4. */
export function rowOf(number: number, bytes = 4): Row {
  const packed = new Uint8Array(bytes);
  new DataView(packed.buffer).setInt32(0, number, true);
  return [packed];
}

export function numberOf(row: Row): number {
  const bytes = row[0] as Uint8Array;
  return new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
}
