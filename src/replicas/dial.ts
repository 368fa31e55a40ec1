import { ChannelCredentials } from "@grpc/grpc-js";
import type { ChannelOptions } from "@grpc/grpc-js";
import { isIP } from "node:net";
import { parseEndpoint } from "../lib/endpoint.js";
import type { HostRules } from "../lib/hostRules.js";
import { wrapperIdentity } from "../protocol/peerIdentity.js";
import { openSocketProblem } from "./wrapperTls.js";
import type { WrapperTls } from "./wrapperTls.js";

/** Where to connect to, and as whom. */
export interface Connection {
  /** In gRPC's words. */
  readonly target: string;
  readonly credentials: ChannelCredentials;
  readonly options: ChannelOptions;
}

/** Found out anew for each try, which are counted. Rejects with why not, in one line. */
export type Dial = (endpoint: string, attempt: number) => Promise<Connection>;

/** The same, at one of these addresses alone instead of all that the endpoint's name stands for. */
export type DialAt = (endpoint: string, attempt: number, addresses?: readonly string[]) => Promise<Connection>;

/** For wrappers that this server launched itself, on sockets in a folder that only its user can enter. */
export const dialOwn: Dial = (endpoint) =>
  Promise.resolve({ target: endpoint, credentials: ChannelCredentials.createInsecure(), options: {} });

/** Dials the wrappers of one version. */
export type DialFor = (model: string, version: number) => DialAt;

export interface GuardedDialOptions {
  readonly rules: HostRules;
  /** Addresses that a name stands for, at present. Rejects where it stands for none. */
  readonly lookup: (name: string) => Promise<readonly string[]>;
  /** Undefined: in the clear. */
  readonly tls: WrapperTls | undefined;
}

/**
 * Dials what somebody registered. A name is looked up for each try, checked, and that very address connected to: asked
 * twice, a name server could answer differently. Of several addresses each try takes the next. One that is refused
 * refuses the name.
 */
export class GuardedDial {
  readonly #options: GuardedDialOptions;

  constructor(options: GuardedDialOptions) {
    this.#options = options;
  }

  to(model: string, version: number): DialAt {
    return (endpoint, attempt, addresses) => this.#dial(endpoint, attempt, wrapperIdentity(model, version), addresses);
  }

  /**
   * The machines behind a name, each with its addresses. One of IPv4 and one of IPv6 are one machine's; of more, those of
   * the kind that has more are taken, since every machine may have both. Rejects where one is refused.
   */
  async resolve(endpoint: string): Promise<readonly (readonly string[])[]> {
    const { rules, lookup } = this.#options;
    const parsed = parseEndpoint(endpoint);
    if (parsed?.kind !== "host") throw new Error(`${endpoint} is no name`);
    const addresses = [...new Set(await lookup(parsed.host))];
    const refusal = firstRefusal(rules, parsed.host, addresses);
    if (refusal !== undefined) throw new Error(refusal);
    if (addresses.length === 0) throw new Error(`${parsed.host} has no address`);
    const [four, six] = [4, 6].map((family) => addresses.filter((address) => isIP(address) === family));
    if (four === undefined || six === undefined || (four.length <= 1 && six.length <= 1)) return [addresses];
    return (four.length >= six.length ? four : six).map((address) => [address]);
  }

  /** Why an endpoint is refused at its registration; a name that stands for nothing yet may do so later. */
  async refusal(endpoint: string): Promise<string | undefined> {
    const { rules, lookup } = this.#options;
    const parsed = parseEndpoint(endpoint);
    if (parsed === undefined) return "it is none";
    if (parsed.kind === "socket") return rules.refusalOfSocket(parsed.path);
    const { host } = parsed;
    const addresses = isIP(host) !== 0 ? [host] : await lookup(host).catch(() => []);
    return firstRefusal(rules, host, addresses);
  }

  async #dial(
    endpoint: string,
    attempt: number,
    identity: string,
    given: readonly string[] | undefined,
  ): Promise<Connection> {
    const { rules, lookup, tls } = this.#options;
    const parsed = parseEndpoint(endpoint);
    if (parsed === undefined) throw new Error(`${endpoint} is no endpoint`);
    if (parsed.kind === "socket") {
      const { path } = parsed;
      const refusal = rules.refusalOfSocket(path) ?? (tls && (await openSocketProblem(path)));
      if (refusal !== undefined) throw new Error(refusal);
      return dialOwn(endpoint, attempt);
    }
    const { host, port } = parsed;
    const addresses = given ?? (isIP(host) !== 0 ? [host] : await lookup(host));
    const refusal = firstRefusal(rules, host, addresses);
    if (refusal !== undefined) throw new Error(refusal);
    const address = addresses[attempt % addresses.length];
    if (address === undefined) throw new Error(`${host} has no address`);
    return {
      target: isIP(address) === 6 ? `ipv6:[${address}]:${port}` : `ipv4:${address}:${port}`,
      credentials: tls?.credentials(identity) ?? ChannelCredentials.createInsecure(),
      options: { "grpc.default_authority": endpoint },
    };
  }
}

function firstRefusal(rules: HostRules, host: string, addresses: readonly string[]): string | undefined {
  for (const address of addresses) {
    const refusal = rules.refusal(host, address);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
