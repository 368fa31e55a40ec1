import { readFileSync } from "node:fs";
import { getHeapSpaceStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * Loaded before the server by a test (NODE_OPTIONS), since the product has no switch for it: at SIGUSR2 it does what the
 * file HARDSHIP_FILE says. `ballast SHARE` fills the old generation to that share of HARDSHIP_MIB and keeps it there, 0 lets go;
 * `block MS` holds the event loop up.
 */
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");
const CHUNK = 64 * 1024;
let ballast = [];
let target = 0;

const share = () => {
  const old = getHeapSpaceStatistics().filter(({ space_name: name }) => !name.startsWith("new_"));
  return old.reduce((sum, { space_used_size: used }) => sum + used, 0) / (Number(process.env.HARDSHIP_MIB) * 2 ** 20);
};

function fill() {
  if (target === 0) return;
  while (share() < target) {
    // Numbers with a fraction: eight bytes each, in V8's own heap.
    ballast.push(new Array(CHUNK).fill(ballast.length + 0.5));
    // They begin among the young. Whole collections would do too, but several in a row that free nothing, and V8 gives up.
    if (share() > target - 0.08) collectGarbage({ type: "minor" });
  }
}

function block(ms) {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

process.on("SIGUSR2", () => {
  const [what, amount] = readFileSync(process.env.HARDSHIP_FILE, "utf8").split(" ");
  process.stderr.write(`hardship: ${what} ${amount}\n`);
  if (what === "block") return block(Number(amount));
  target = Number(amount);
  if (target > 0) return fill();
  ballast = [];
  collectGarbage();
});
setInterval(fill, 50).unref();
