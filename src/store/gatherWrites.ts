import type { Socket } from "node:net";

/**
 * Makes a socket send what is written in one turn together. postgres.js writes each statement of a kibibyte or more by
 * itself; pipelined ones cost one call to the system and one waking of the other side instead of one each.
 */
export function gatherWrites(socket: Socket): Socket {
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean;
  let isGathering = false;
  const gather = (...args: unknown[]): boolean => {
    if (!isGathering) {
      isGathering = true;
      socket.cork();
      // After the microtasks of this turn, in which the statements come.
      process.nextTick(() => {
        isGathering = false;
        socket.uncork();
      });
    }
    return write(...args);
  };
  return Object.assign(socket, { write: gather });
}
