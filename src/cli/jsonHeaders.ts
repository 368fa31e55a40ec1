type Environment = Readonly<Record<string, string | undefined>>;

/** Of a client's requests: where a server needs keys, the environment has one (a command line is there for all to see). */
export function jsonHeaders(env: Environment = process.env): Record<string, string> {
  return { "content-type": "application/json", ...keyHeaders(env) };
}

export function keyHeaders(env: Environment = process.env): Record<string, string> {
  const key = env["SKYSAIL_KEY"];
  return key !== undefined && key !== "" ? { authorization: `Bearer ${key}` } : {};
}
