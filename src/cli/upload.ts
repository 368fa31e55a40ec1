import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { z } from "zod";
import { refused, unauthenticated } from "./client.js";
import { keyHeaders } from "./jsonHeaders.js";

const REFUSAL = z.object({ error: z.string() });

/** The SHA-256 of a file; `tell` hears how many of its bytes have been read. */
export async function digestOf(path: string, tell: (bytes: number) => void): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    tell((bytes += chunk.length));
  }
  return hash.digest("hex");
}

/** Brings a file to a server. */
export async function upload(
  server: string,
  { path, bytes, sha256 }: { readonly path: string; readonly bytes: number; readonly sha256: string },
  tell: (bytes: number) => void,
): Promise<void> {
  const url = new URL(`${server}/v2/artifacts/${sha256}`);
  const { status, text } = await put(url, path, bytes, tell);
  if (status === 200 || status === 201) return;
  if (status === 401) throw refused(unauthenticated(messageOf(text)));
  throw refused(`${path} was not taken (${status}): ${messageOf(text)}`);
}

function put(
  url: URL,
  path: string,
  bytes: number,
  tell: (bytes: number) => void,
): Promise<{ readonly status: number; readonly text: string }> {
  const headers = { ...keyHeaders(), "content-type": "application/octet-stream", "content-length": bytes };
  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, { method: "PUT", headers });
  const source = createReadStream(path);
  return new Promise((resolve, reject) => {
    let sent = 0;
    source.on("data", (chunk) => tell((sent += chunk.length)));
    source.on("error", (error) => request.destroy(error));
    // It may be refused long before it has been sent.
    request.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    request.on("error", (error) => reject(refused(`${path} could not be sent: ${error.message}`)));
    request.on("close", () => source.destroy());
    source.pipe(request);
  });
}

function messageOf(text: string): string {
  try {
    return REFUSAL.parse(JSON.parse(text)).error;
  } catch {
    return "is it a Skysail server? give --url";
  }
}
