import { z } from "zod";
import { BenchError } from "./bench.js";
import type { TypedDocumentString } from "./generated/graphql.js";

const RESPONSE = z.object({ data: z.unknown(), errors: z.array(z.object({ message: z.string() })).optional() });

/** The answer's text, for its size, and the typed data. Rejects on GraphQL errors. */
export async function ask<Result, Variables>(
  url: string,
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  key?: string,
): Promise<{ readonly data: Result; readonly text: string }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...bearer(key) },
    body: JSON.stringify({ query: document.toString(), variables }),
  });
  const text = await response.text();
  const { data, errors } = RESPONSE.parse(JSON.parse(text));
  if (errors !== undefined) throw new BenchError(`the server answered: ${errors.map((e) => e.message).join("; ")}`);
  // The server answers what the schema says, from which the type was generated.
  return { data: data as Result, text };
}

export function bearer(key: string | undefined): Record<string, string> {
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}
