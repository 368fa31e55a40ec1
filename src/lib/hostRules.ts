import { BlockList, isIP } from "node:net";

/**
 * Nobody's wrappers are there, and what is there answers anyone that a server can be made to ask: this network and no
 * address at all (RFC 6890), link-local (with the metadata services of most clouds), multicast, broadcast, and the
 * metadata services that are elsewhere.
 */
const NEVER: readonly string[] = [
  "0.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "255.255.255.255",
  "100.100.100.200",
  "192.0.0.192",
  "168.63.129.16",
  "::",
  "fe80::/10",
  "ff00::/8",
  "fd00:ec2::254",
];
const LOOPBACK: readonly string[] = ["127.0.0.0/8", "::1"];
/** An IPv4 address in other clothes: mapped, compatible, translated (RFC 6052, 8215), 6to4 (RFC 3056). */
const EMBEDDED: readonly { readonly block: string; readonly at: number }[] = [
  { block: "::ffff:0:0/96", at: 12 },
  { block: "::/96", at: 12 },
  { block: "64:ff9b::/96", at: 12 },
  { block: "64:ff9b:1::/48", at: 12 },
  { block: "2002::/16", at: 2 },
];

/** What is wrong with an entry of the list of hosts; undefined if nothing is. */
export function hostRuleProblem(text: string): string | undefined {
  if (text.startsWith("unix:/")) return undefined;
  const [address = "", bits, ...more] = text.split("/");
  const family = isIP(address);
  if (family === 0) return /^(\*\.)?[a-z0-9_.-]+$/i.test(text) ? undefined : "is no host";
  if (bits === undefined) return undefined;
  const most = family === 4 ? 32 : 128;
  return more.length === 0 && /^\d+$/.test(bits) && Number(bits) <= most ? undefined : `needs /0 to /${most}`;
}

/**
 * Which hosts' wrappers a server links. With a list only those in it: names, `*.suffix`, addresses, blocks like
 * 10.0.0.0/8, and `unix:/folder/`. Without, all but names that mean this machine. Never those in NEVER, whatever their
 * name: an administrator's mistake, or a name server's malice, must not make this server ask them.
 */
export class HostRules {
  readonly #never = blocks(NEVER);
  readonly #loopback = blocks(LOOPBACK);
  readonly #isLimited: boolean;
  readonly #names: readonly string[];
  readonly #sockets: readonly string[];
  readonly #addresses: BlockList;

  constructor(list: readonly string[]) {
    this.#isLimited = list.length > 0;
    this.#sockets = list.filter((entry) => entry.startsWith("unix:")).map((entry) => entry.slice("unix:".length));
    const hosts = list.filter((entry) => !entry.startsWith("unix:"));
    const isAddress = (entry: string): boolean => isIP(entry.split("/")[0] ?? "") !== 0;
    this.#names = hosts.filter((entry) => !isAddress(entry)).map((entry) => entry.toLowerCase());
    this.#addresses = blocks(hosts.filter(isAddress));
  }

  /** Why a socket's path is refused; undefined if it is not. */
  refusalOfSocket(path: string): string | undefined {
    if (!this.#isLimited) return undefined;
    const isListed = this.#sockets.some((entry) => entry === path || (entry.endsWith("/") && path.startsWith(entry)));
    return isListed && !path.split("/").includes("..") ? undefined : `${path} is not in --wrapper-hosts`;
  }

  /** Why a host is refused, with one of the addresses that it stands for (itself, if it is one). */
  refusal(host: string, address: string): string | undefined {
    const plain = unclothed(address);
    const said = host === address ? host : `${host} (${address})`;
    if (has(this.#never, plain)) return `${said} is link-local, multicast or a metadata service: never asked`;
    const isListedAddress = has(this.#addresses, plain);
    const isLoopback = has(this.#loopback, plain);
    if (this.#isLimited && !isListedAddress && !this.#hasName(host)) return `${said} is not in --wrapper-hosts`;
    if (!isLoopback || isIP(host) !== 0 || host.toLowerCase() === "localhost" || isListedAddress) return undefined;
    return `${said} is a name for this machine: say localhost, or put the address in --wrapper-hosts`;
  }

  #hasName(host: string): boolean {
    const name = host.toLowerCase().replace(/\.$/, "");
    return this.#names.some((entry) => (entry.startsWith("*.") ? name.endsWith(entry.slice(1)) : name === entry));
  }
}

function blocks(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

function has(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 4 ? "ipv4" : "ipv6");
}

/** The IPv4 address that an IPv6 address carries; else itself, without a zone. */
function unclothed(given: string): string {
  const address = given.replace(/%.*$/, "");
  if (isIP(address) !== 6) return address;
  const bytes = bytesOf(address);
  // ::1 and :: are themselves.
  if (bytes.slice(0, 15).every((byte) => byte === 0)) return address;
  const found = EMBEDDED.find(({ block }) => has(blocks([block]), address));
  return found === undefined ? address : bytes.slice(found.at, found.at + 4).join(".");
}

function bytesOf(address: string): readonly number[] {
  const [, tail] = /:(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  const hex = tail === undefined ? address : address.slice(0, -tail.length) + hexOf(tail);
  const [left = "", right] = hex.split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const [first, last] = [groups(left), groups(right ?? "")];
  const all =
    right === undefined ? first : [...first, ...Array<string>(8 - first.length - last.length).fill("0"), ...last];
  return all.flatMap((group) => [parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff]);
}

function hexOf(ipv4: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split(".").map(Number);
  return `${(256 * a + b).toString(16)}:${(256 * c + d).toString(16)}`;
}
