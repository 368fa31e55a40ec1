/** Gives back what was taken. Calling it twice does nothing. */
export type Release = () => void;

export interface CapsPerKey {
  readonly sockets: number;
  readonly subscriptions: number;
}

/**
 * What is open on this server: websockets, and subscriptions over them or over event streams. Each key may have so many of
 * both. Where access is open nobody has a key: then they are counted, and not capped.
 */
export class OpenConnections {
  readonly caps: CapsPerKey;
  readonly #sockets = new Counts();
  readonly #subscriptions = new Counts();

  constructor(caps: CapsPerKey) {
    this.caps = caps;
  }

  get sockets(): number {
    return this.#sockets.all;
  }

  get subscriptions(): number {
    return this.#subscriptions.all;
  }

  /** Undefined: the key has as many websockets as it may have. */
  openSocket(keyId: string | undefined): Release | undefined {
    return this.#sockets.take(keyId, this.caps.sockets);
  }

  /** Undefined: the key has as many subscriptions as it may have. */
  openSubscription(keyId: string | undefined): Release | undefined {
    return this.#subscriptions.take(keyId, this.caps.subscriptions);
  }
}

class Counts {
  all = 0;
  readonly #byKey = new Map<string, number>();

  take(keyId: string | undefined, most: number): Release | undefined {
    const open = keyId === undefined ? 0 : (this.#byKey.get(keyId) ?? 0);
    if (keyId !== undefined && open >= most) return undefined;
    this.#add(keyId, 1);
    let released = false;
    return () => {
      if (!released) this.#add(keyId, -1);
      released = true;
    };
  }

  #add(keyId: string | undefined, more: number): void {
    this.all += more;
    if (keyId === undefined) return;
    const open = (this.#byKey.get(keyId) ?? 0) + more;
    if (open === 0) this.#byKey.delete(keyId);
    else this.#byKey.set(keyId, open);
  }
}
