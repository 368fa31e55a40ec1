import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * The program with nothing on its stdin, and beside it one who waits for the end of ours: a pipe that the server holds,
 * which ends with it, however that dies. Then the whole process group goes, so that nothing works on alone in a folder that
 * the next server removes.
 */
const BOUND = `exec 3<&0
"$@" </dev/null 3<&- &
main=$!
{ cat <&3; kill -9 0; } >/dev/null 2>&1 &
exec 3<&-
wait "$main"`;

/**
 * Runs a program to its end; `tell` hears each line that it prints. Resolves with how it ended, or undefined where that was
 * with exit code 0. It ends with `signal`, and with this process.
 */
export function runProgram(
  command: readonly [string, ...string[]],
  { signal, tell }: { readonly signal: AbortSignal; readonly tell: (line: string) => void },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve("was called off");
    const child = spawn("/bin/sh", ["-c", BOUND, "sh", ...command], {
      stdio: ["pipe", "pipe", "pipe"],
      detached: true,
    });
    // Its end is the end of them all.
    const callOff = (): void => void child.stdin.destroy();
    signal.addEventListener("abort", callOff, { once: true });
    child.stdin.on("error", () => undefined);
    for (const input of [child.stdout, child.stderr]) createInterface({ input }).on("line", tell);
    const ended = (how: string | undefined): void => {
      signal.removeEventListener("abort", callOff);
      resolve(signal.aborted ? "was called off" : how);
    };
    child.once("error", (error) => ended(`cannot be started: ${error.message}`));
    child.once("close", (code, by) => ended(code === 0 ? undefined : `ended with ${by ?? `exit code ${code}`}`));
  });
}
