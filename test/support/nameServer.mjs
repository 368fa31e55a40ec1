import dns from "node:dns/promises";
import { readFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";

/**
 * Loaded before the server by a test (NODE_OPTIONS): names are looked up in the JSON file NAMES_FILE, `{ name: [address] }`,
 * as it is at the time. A name that it does not have is unknown.
 */
dns.lookup = (name) => {
  const addresses = JSON.parse(readFileSync(process.env.NAMES_FILE, "utf8"))[name];
  if (addresses === undefined) return Promise.reject(new Error(`getaddrinfo ENOTFOUND ${name}`));
  return Promise.resolve(addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 })));
};
syncBuiltinESMExports();
