/** What an id stands for. Deployments have numbers anyway, which no other id looks like. */
export type NodeName =
  | { readonly type: "Application"; readonly name: string }
  | { readonly type: "Model"; readonly name: string }
  | { readonly type: "ModelVersion"; readonly name: string; readonly version: number }
  | { readonly type: "PolicyVersion"; readonly name: string; readonly version: number }
  | { readonly type: "Deployment"; readonly seq: number };

/** Nobody is to read it, or make one: what it is made of may change. */
export function nodeId(named: NodeName): string {
  if (named.type === "Deployment") return String(named.seq);
  const version = "version" in named ? `:${named.version}` : "";
  return Buffer.from(`${named.type}:${named.name}${version}`).toString("base64url");
}

/** Undefined: no id of ours. */
export function parseNodeId(id: string): NodeName | undefined {
  const named = /^[1-9]\d{0,14}$/.test(id) ? { type: "Deployment" as const, seq: Number(id) } : namedIn(id);
  // One object has one id: base64 has several texts for the same bytes.
  return named !== undefined && nodeId(named) === id ? named : undefined;
}

function namedIn(id: string): NodeName | undefined {
  const text = Buffer.from(id, "base64url").toString();
  const [, whole, name = ""] = /^(Application|Model):(.+)$/s.exec(text) ?? [];
  if (whole !== undefined) return { type: whole as "Application" | "Model", name };
  const [, part, of = "", version] = /^(ModelVersion|PolicyVersion):(.+):([1-9]\d{0,8})$/s.exec(text) ?? [];
  if (part === undefined) return undefined;
  return { type: part as "ModelVersion" | "PolicyVersion", name: of, version: Number(version) };
}
