import * as grpc from "@grpc/grpc-js";
import type { Logger } from "pino";
import { followPeerFiles, readPeerFiles, TLS_VERSION } from "../../../src/protocol/peerFiles.js";
import type { PeerFiles, PeerSecrets } from "../../../src/protocol/peerFiles.js";
import { identityProblem, SERVER_IDENTITY } from "../../../src/protocol/peerIdentity.js";

/** TLS 1.3 with a certificate of our authority on both sides, read again when its files change. */
class PeerCredentials extends grpc.ServerCredentials {
  constructor(secrets: PeerSecrets) {
    super({ requestCert: true, rejectUnauthorized: true, ...TLS_VERSION }, contextOf(secrets));
  }

  replace(secrets: PeerSecrets): void {
    this.updateSecureContextOptions(contextOf(secrets));
  }

  override _equals(other: grpc.ServerCredentials): boolean {
    return this === other;
  }
}

function contextOf({ ca, cert, key }: PeerSecrets) {
  return { ca, cert, key, ...TLS_VERSION };
}

export interface Peers {
  readonly credentials: grpc.ServerCredentials;
  readonly interceptors: grpc.ServerInterceptor[];
  stop(): void;
}

/** Whom a wrapper answers: with certificates only Skysail's server, else whoever reaches it. Throws where they are no good. */
export function peersOf(files: PeerFiles | undefined, logger: Logger): Peers {
  if (files === undefined) {
    return { credentials: grpc.ServerCredentials.createInsecure(), interceptors: [], stop: () => undefined };
  }
  const credentials = new PeerCredentials(readPeerFiles(files));
  const stop = followPeerFiles(
    files,
    (secrets) => credentials.replace(secrets),
    (message) => logger.warn(message),
  );
  return { credentials, interceptors: [onlySkysail], stop };
}

/** The authority may have certified others than the server: each call is checked, since gRPC shows no handshakes. */
function onlySkysail(_: unknown, call: grpc.ServerInterceptingCallInterface): grpc.ServerInterceptingCall {
  return new grpc.ServerInterceptingCall(call, {
    start: (next) => {
      const names = call.getAuthContext().sslPeerCertificate?.subjectaltname;
      const problem = identityProblem(SERVER_IDENTITY, names);
      if (problem === undefined) next();
      else call.sendStatus({ code: grpc.status.UNAUTHENTICATED, details: problem, metadata: null });
    },
  });
}
