import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isFailure } from "../domain/failure.js";
import type { Failure } from "../domain/failure.js";
import { answerEarly } from "./answerEarly.js";

/** Who asks, for what: checked and recorded before and after. */
export interface ArtefactRequest {
  readonly authorization: string | undefined;
  readonly address: string;
  readonly sha256: string;
}

export interface ArtefactAdmission {
  /** Why whoever asks may not; undefined: they may. */
  readonly refusal: { readonly status: number; readonly message: string; readonly code: string } | undefined;
  /**
   * Notes how an upload ended: OK, or the code of the failure. Of callers whom nobody knows nothing is kept. Resolves with
   * why it could not be noted.
   */
  readonly record: (outcome: string) => Promise<Failure | undefined>;
}

export interface ArtefactRoutes {
  readonly admit: (asked: ArtefactRequest) => Promise<ArtefactAdmission>;
  readonly sizeOf: (sha256: string) => Promise<number | undefined>;
  readonly put: (
    sha256: string,
    body: AsyncIterable<Uint8Array>,
    announcedBytes: number | undefined,
  ) => Promise<{ readonly created: boolean; readonly bytes: number } | Failure>;
  /** Lets a request take longer than others may, until it is called back. */
  readonly takesLong: () => () => void;
  readonly logDefect: (error: unknown) => void;
}

const STATUS: Readonly<Partial<Record<Failure["code"], number>>> = {
  BAD_INPUT: 400,
  PAYLOAD_TOO_LARGE: 413,
  OVERLOADED: 503,
  STORE_UNAVAILABLE: 507,
};
/** An upload that sends nothing for so long is given up. */
const SILENT_MS = 30_000;

/** `PUT /v2/artifacts/{sha256}` takes a saved model in, as it comes; `HEAD` says whether it is there. */
export function addArtefactRoutes(routes: FastifyInstance, artefacts: ArtefactRoutes): void {
  routes.register((scope, _options, done) => {
    // The body is read as it comes, whatever it is called.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, parsed) => parsed(null, payload));
    scope.head("/v2/artifacts/:sha256", async (request, reply) => {
      const asked = askedOf(request);
      const { refusal } = await artefacts.admit(asked);
      if (refusal !== undefined) return reply.code(refusal.status).send();
      const bytes = await artefacts.sizeOf(asked.sha256);
      return bytes === undefined ? reply.code(404).send() : reply.header("content-length", bytes).send();
    });
    scope.put("/v2/artifacts/:sha256", (request, reply) => {
      reply.hijack();
      const { raw } = request;
      take(artefacts, askedOf(request), raw, reply.raw).catch((error: unknown) => {
        reply.raw.destroy();
        // Whoever sent it has gone, or has been cut off: nobody's defect.
        if (!raw.destroyed) artefacts.logDefect(error);
      });
    });
    done();
  });
}

async function take(
  artefacts: ArtefactRoutes,
  asked: ArtefactRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { refusal, record } = await artefacts.admit(asked);
  if (refusal !== undefined) {
    const { status, message, code } = refusal;
    await record(code);
    if (status === 401) response.setHeader("www-authenticate", "Bearer");
    return answerEarly(request, response, status, { error: message, code });
  }
  let stored: Awaited<ReturnType<ArtefactRoutes["put"]>>;
  const isTimely = artefacts.takesLong();
  request.setTimeout(SILENT_MS, () => void request.destroy(new Error(`no byte for ${SILENT_MS} ms`)));
  try {
    stored = await artefacts.put(asked.sha256, bodyOf(request), announcedBytes(request));
  } catch (error) {
    await record(request.destroyed ? "ABORTED" : "INTERNAL");
    throw error;
  } finally {
    request.setTimeout(0);
    isTimely();
  }
  const unrecorded = await record(isFailure(stored) ? stored.code : "OK");
  if (isFailure(stored)) {
    answerEarly(request, response, STATUS[stored.code] ?? 500, { error: stored.message, code: stored.code });
  } else if (unrecorded !== undefined) {
    const error = `the artefact is stored, but the audit log could not be written: ${unrecorded.message}`;
    answerEarly(request, response, 503, { error, code: "STORE_UNAVAILABLE" });
  } else {
    const { created, bytes } = stored;
    answerEarly(request, response, created ? 201 : 200, { sha256: asked.sha256, created, bytes });
  }
}

/** Ending the iteration early must not destroy the request: its answer is still to be sent. */
function bodyOf(request: IncomingMessage): AsyncIterable<Uint8Array> {
  return request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
}

function announcedBytes({ headers }: IncomingMessage): number | undefined {
  const announced = headers["content-length"];
  return announced === undefined ? undefined : Number(announced);
}

function askedOf(request: FastifyRequest): ArtefactRequest {
  const { sha256 } = request.params as { sha256: string };
  const address = request.socket.remoteAddress ?? "";
  return { authorization: request.headers.authorization, address, sha256: sha256.slice(0, 100) };
}
