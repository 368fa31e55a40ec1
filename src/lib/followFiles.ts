import { unwatchFile, watchFile } from "node:fs";

export interface FollowedFiles<T> {
  readonly paths: readonly string[];
  readonly lookEveryMs: number;
  /** What the files say together. Throws where they are no good. */
  readonly read: () => T;
  readonly changed: (content: T) => void;
  /** With what `read` threw: what was read before stays. Often one file has been replaced, and others are about to be. */
  readonly failed: (error: unknown) => void;
}

/** Reads files again whenever one of them changes, for as long as the process runs or until the result is called. */
export function followFiles<T>({ paths, lookEveryMs, read, changed, failed }: FollowedFiles<T>): () => void {
  const readAgain = (): void => {
    try {
      changed(read());
    } catch (error) {
      failed(error);
    }
  };
  for (const path of paths) watchFile(path, { interval: lookEveryMs, persistent: false }, readAgain);
  return () => {
    for (const path of paths) unwatchFile(path, readAgain);
  };
}
