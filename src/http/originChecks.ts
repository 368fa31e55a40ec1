import type { IncomingHttpHeaders } from "node:http";

/** As it stands in a Host header: a name that no DNS server can point elsewhere, or a loopback address. */
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i;

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopbackAddress(host: string): boolean {
  return LOOPBACK.test(host.includes(":") ? `[${host}]` : host);
}

/**
 * On loopback: whether a request was addressed to a loopback name. A page's own name that was made to point to
 * 127.0.0.1 (DNS rebinding) makes this server part of that page's origin, and its Host header still tells.
 */
export function isAddressedToLoopback({ host }: IncomingHttpHeaders): boolean {
  return host !== undefined && LOOPBACK.test(host);
}

/**
 * Whether a page of another origin sent this. Browsers let every page open websockets to anywhere and leave it to the
 * server to look at Origin (RFC 6455, section 10.2); programs other than browsers send none.
 */
export function isFromForeignPage({ origin, host }: IncomingHttpHeaders): boolean {
  if (origin === undefined) return false;
  if (host === undefined || !URL.canParse(origin)) return true;
  const page = new URL(origin);
  const addressed = `${page.protocol}//${host}`;
  // Parsed alike, so that a port that is its protocol's default is the same as none.
  return page.host === "" || !URL.canParse(addressed) || new URL(addressed).host !== page.host;
}
