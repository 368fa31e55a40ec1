/** A transaction that carried observations, from their arrival to the answer that it is committed. */
export interface TracedGroup {
  readonly keys: readonly string[];
  /** Whether the log was flushed in between, by whichever process. */
  readonly isSynced: boolean;
}

interface Sync {
  readonly beginS: number;
  readonly endS: number;
}

interface Backend {
  keys: string[];
  /** When the last bytes with a key in them came: whatever flushes them begins later. */
  keyAtS: number;
}

/** A system call as it stands in one line or, where another process came between, in two. */
interface Call {
  readonly name: string;
  readonly text: string;
  readonly beginS: number;
  readonly endS: number;
}

const WHOLE = /^(\d+) +(\d+\.\d+) (\w+)\((.*) <(\d+\.\d+)>$/;
const BEGUN = /^(\d+) +(\d+\.\d+) (\w+)\((.*) <unfinished \.\.\.>$/;
const RESUMED = /^(\d+) +\d+\.\d+ <\.\.\. (\w+) resumed>(.*) <(\d+\.\d+)>$/;
/** As the rows of a group are sent: JSON, whose quotes the trace escapes. */
const KEY = /\\"key\\":\\"([^"\\]+)\\"/g;
/** "No transaction is open": what every answer after which none is ends with. */
const ENDED = "Z\\0\\0\\0\\5I";
/** Before it where a transaction was committed: by COMMIT, or a statement by itself that stored its group and says so with a row. */
const COMMITTED = ["COMMIT\\0", "SELECT 1\\0"].map((tag) => tag + ENDED);
/** Enough of the latest: no transaction lasts for more. */
const REMEMBERED = 2000;

/**
 * Reads what `strace -f -ttt -T -y -s 8192 -e trace=recvfrom,sendto,fsync,fdatasync` says of a PostgreSQL's processes: of
 * each transaction with observations whether a flush of the write-ahead log began after they had come and ended before
 * it was answered that it is committed. With `fsync` off there is none; with `synchronous_commit` off the answer does not wait for it.
 */
export class SyncTrace {
  readonly groups: TracedGroup[] = [];
  readonly #backends = new Map<string, Backend>();
  readonly #begun = new Map<string, Pick<Call, "name" | "text" | "beginS">>();
  readonly #latest: Sync[] = [];
  #syncs = 0;

  /** Flushes of the log so far. */
  get syncs(): number {
    return this.#syncs;
  }

  /** One line of the trace, without its end. */
  add(line: string): void {
    const whole = WHOLE.exec(line);
    if (whole !== null) {
      const [, process = "", beganAt, name = "", text = "", seconds] = whole;
      const beginS = Number(beganAt);
      return this.#take(process, { name, text, beginS, endS: beginS + Number(seconds) });
    }
    const begun = BEGUN.exec(line);
    if (begun !== null) {
      const [, process = "", beganAt, name = "", text = ""] = begun;
      const call = { name, text, beginS: Number(beganAt) };
      // Whatever of it comes after the answer has left is too late: it is told when it begins.
      if (name === "sendto") this.#take(process, { ...call, endS: call.beginS });
      else this.#begun.set(process, call);
      return;
    }
    const [, process = "", name, rest = "", seconds] = RESUMED.exec(line) ?? [];
    const first = this.#begun.get(process);
    if (first === undefined || first.name !== name) return;
    this.#begun.delete(process);
    this.#take(process, { ...first, text: first.text + rest, endS: first.beginS + Number(seconds) });
  }

  #take(process: string, call: Call): void {
    switch (call.name) {
      case "fsync":
      case "fdatasync":
        return this.#sync(call);
      case "recvfrom":
        return this.#received(process, call);
      case "sendto":
        return this.#sent(process, call);
    }
  }

  #sync({ text, beginS, endS }: Call): void {
    if (!text.includes("/pg_wal/") || !text.endsWith("= 0")) return;
    this.#syncs += 1;
    this.#latest.push({ beginS, endS });
    if (this.#latest.length > 2 * REMEMBERED) this.#latest.splice(0, REMEMBERED);
  }

  #received(process: string, { text, endS }: Call): void {
    const backend = this.#backends.get(process) ?? { keys: [], keyAtS: 0 };
    this.#backends.set(process, backend);
    for (const [, key = ""] of text.matchAll(KEY)) {
      backend.keys.push(key);
      backend.keyAtS = endS;
    }
  }

  #sent(process: string, { text, beginS }: Call): void {
    const backend = this.#backends.get(process);
    if (backend === undefined || backend.keys.length === 0) return;
    if (!text.includes(ENDED)) return;
    const isCommitted = COMMITTED.some((answer) => text.includes(answer));
    const { keys, keyAtS } = backend;
    backend.keys = [];
    if (!isCommitted) return;
    const isSynced = this.#latest.some((sync) => sync.beginS >= keyAtS && sync.endS <= beginS);
    this.groups.push({ keys, isSynced });
  }
}
