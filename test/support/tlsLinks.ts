import { ChannelCredentials } from "@grpc/grpc-js";
import { readFileSync } from "node:fs";
import { HostRules } from "../../src/lib/hostRules.js";
import type { PeerFiles } from "../../src/protocol/peerFiles.js";
import { GuardedDial } from "../../src/replicas/dial.js";
import type { Dial } from "../../src/replicas/dial.js";
import { WrapperTls } from "../../src/replicas/wrapperTls.js";
import { LiveLink } from "./liveLinks.js";

/** Links with a server's certificates (or none), all ended by `stop`. */
export class TlsLinks {
  readonly #stops: (() => void)[] = [];

  open(endpoint: string, files: PeerFiles | undefined): LiveLink {
    return this.dialling(endpoint, this.dial(files).to("stub", 1));
  }

  dial(files: PeerFiles | undefined): GuardedDial {
    const tls = files && new WrapperTls(files, () => undefined);
    if (tls !== undefined) this.#stops.push(() => tls.stop());
    const lookup = (name: string): Promise<never> => Promise.reject(new Error(`${name} is not looked up here`));
    return new GuardedDial({ rules: new HostRules([]), lookup, tls });
  }

  /** One that trusts the wrapper's authority, and shows nothing of its own. */
  openWithoutCertificate(endpoint: string, ca: string): LiveLink {
    const trusting = { checkServerIdentity: () => undefined };
    const credentials = ChannelCredentials.createSsl(readFileSync(ca), null, null, trusting);
    return this.dialling(endpoint, () => Promise.resolve({ target: endpoint, credentials, options: {} }));
  }

  dialling(endpoint: string, dial: Dial): LiveLink {
    const live = new LiveLink(endpoint, 1, { dial });
    this.#stops.push(() => live.link.stop());
    return live;
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }
}
