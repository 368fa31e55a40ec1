import { ChannelCredentials } from "@grpc/grpc-js";
import { stat } from "node:fs/promises";
import { failure, FailureError } from "../domain/failure.js";
import { messageOf } from "../domain/messageOf.js";
import { followPeerFiles, readPeerFiles } from "../protocol/peerFiles.js";
import type { PeerFiles } from "../protocol/peerFiles.js";
import { identityProblem } from "../protocol/peerIdentity.js";

/**
 * How this server proves who it is to wrappers, and they to it. New certificates count from the next connection on;
 * those that are open stay.
 */
export class WrapperTls {
  #secrets: ReturnType<typeof readPeerFiles>;
  readonly #unfollow: () => void;

  /** Throws an Error with one line where they are no good. */
  constructor(files: PeerFiles, warn: (message: string) => void) {
    this.#secrets = readPeerFiles(files);
    this.#unfollow = followPeerFiles(files, (secrets) => (this.#secrets = secrets), warn);
  }

  stop(): void {
    this.#unfollow();
  }

  /** For one connection, to whoever has a certificate of our authority with this name in it. */
  credentials(identity: string): ChannelCredentials {
    return ChannelCredentials.createFromSecureContext(this.#secrets.context, {
      checkServerIdentity: (_host, { subjectaltname }) => {
        const problem = identityProblem(identity, subjectaltname);
        return problem === undefined ? undefined : new Error(problem);
      },
    });
  }
}

/** Throws FailureError where the files are no good. */
export function openWrapperTls(files: PeerFiles, warn: (message: string) => void): WrapperTls {
  try {
    return new WrapperTls(files, warn);
  } catch (error) {
    const why = messageOf(error);
    throw new FailureError(failure("BAD_INPUT", `--wrapper-ca, --wrapper-certificate and --wrapper-key: ${why}`));
  }
}

/** Why a socket is not as good as a certificate: others than its owner, this user, could be behind it. */
export async function openSocketProblem(path: string): Promise<string | undefined> {
  const { mode, uid } = await stat(path);
  if (uid === process.getuid?.() && (mode & 0o077) === 0) return undefined;
  const rights = (mode & 0o777).toString(8).padStart(4, "0");
  return `with certificates for wrappers a socket must be this user's own with mode 0600: ${path} has ${rights}`;
}
