import { isIP } from "node:net";

/** Where a wrapper listens: `unix:/path`, or `host:port` with a name, an IPv4 address or an IPv6 address in brackets. */
export type Endpoint =
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "host"; readonly host: string; readonly port: number };

/** Whether it is a name of others' machines, which a name server may have several of, and others later. */
export function isNamed(text: string): boolean {
  const parsed = parseEndpoint(text);
  return parsed?.kind === "host" && isIP(parsed.host) === 0 && parsed.host.toLowerCase() !== "localhost";
}

/** Undefined for what is none. A host comes without brackets. */
export function parseEndpoint(text: string): Endpoint | undefined {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length);
    return path.length > 1 && path.startsWith("/") ? { kind: "socket", path } : undefined;
  }
  const [, name, address, digits] = /^(?:([^\s/:[\]]+)|\[([0-9a-fA-F:.]+)\]):(\d{1,5})$/.exec(text) ?? [];
  const host = name ?? address;
  const port = Number(digits);
  return host !== undefined && port >= 1 && port <= 65535 ? { kind: "host", host, port } : undefined;
}
