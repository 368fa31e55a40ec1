import { openSync } from "node:fs";
import { MonotonicClock } from "../../dist/src/lib/monotonicClock.js";
import { SupervisedProcess } from "../../dist/src/replicas/supervisedProcess.js";

/**
 * Supervises the command that follows, and says on stdout what it says and how it ends. With `--no-files` first there
 * is no file descriptor left when it is started, and with `--then-stop` it is told to stop at once.
 */
const args = process.argv.slice(2);
const has = (option) => args[0] === option && args.shift() !== undefined;
const noFiles = has("--no-files");
const thenStop = has("--then-stop");

const say = (line) => process.stdout.write(`${line}\n`);
const supervised = new SupervisedProcess(
  { name: "test", command: args },
  {
    clock: new MonotonicClock(() => undefined),
    random: () => 0.5,
    log: (_name, line, own) => own && say(line),
    onListening: () => undefined,
    restarts: () => true,
    onExit: (how) => {
      say(how);
      void supervised.stop();
    },
  },
);
say("started");
try {
  while (noFiles) openSync("/dev/null", "r");
} catch (error) {
  if (error.code !== "EMFILE") throw error;
}
supervised.start();
if (thenStop) await supervised.stop();
if (thenStop) say("stopped");
