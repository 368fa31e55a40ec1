/**
 * A gate that a signal opens once for each time it comes, also for whoever has not come to it yet: a signal that nobody
 * listens to would end the process.
 *
 * @param {NodeJS.Signals} signal
 * @returns {() => Promise<void>} settles once the gate is open for this caller
 */
export function gateOpenedBy(signal) {
  let openings = 0;
  const waiting = [];
  process.on(signal, () => {
    const open = waiting.shift();
    if (open === undefined) openings += 1;
    else open();
  });
  return () =>
    new Promise((resolve) => {
      if (openings === 0) return void waiting.push(resolve);
      openings -= 1;
      resolve();
    });
}
