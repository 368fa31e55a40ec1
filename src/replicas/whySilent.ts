import { connect } from "node:net";

const CONNECT_WITHIN_MS = 1000;

/**
 * Why nobody answered at a target (gRPC's words) to which a call waited for a connection: the call itself only says that its
 * time was over. `refusal` is what the same call says that waits for nothing: how the connection failed, by a certificate for
 * instance.
 */
export async function whySilent(target: string, refusal: Promise<string | undefined>): Promise<string> {
  const [problem, refused] = await Promise.all([connectProblem(target), refusal]);
  if (problem === undefined && refused !== undefined) return `something listens there, but ${refused}`;
  if (problem === undefined) return "something listens there, but it did not answer as a gRPC server";
  return `nothing answers there (${problem}): start the wrapper first, or correct the endpoint`;
}

/** Undefined: it can be connected to. */
function connectProblem(target: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(address(target));
    const end = (problem: string | undefined): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.setTimeout(CONNECT_WITHIN_MS, () => end("no connection"));
    socket.once("connect", () => end(undefined));
    socket.once("error", ({ message }) => end(message));
  });
}

/** Of `unix:/path`, `ipv4:1.2.3.4:5` or `ipv6:[::1]:5`. */
function address(target: string): { path: string } | { host: string; port: number } {
  if (target.startsWith("unix:")) return { path: target.slice("unix:".length) };
  const [, host = "", port = ""] = /^ipv[46]:\[?([^\]]+?)\]?:(\d+)$/.exec(target) ?? [];
  return { host, port: Number(port) };
}
