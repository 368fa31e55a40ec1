import { join } from "node:path";
import type { Bench } from "./bench.js";
import { startChild } from "./childProcess.js";

export interface WrapperProcess {
  readonly pid: number;
  /** `unix:/path` */
  readonly endpoint: string;
}

export interface WrapperStart {
  /** What kind of wrapper it is, in an error. */
  readonly kind: string;
  /** Of the model. */
  readonly name: string;
  /** Name of its socket in `folder`. Default: the model's. */
  readonly socket?: string;
  readonly folder: string;
  /** Default: this same node. */
  readonly program?: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A model wrapper on a socket; resolves when it has warmed up. */
export async function startWrapper(
  bench: Bench,
  { kind, name, socket = name, folder, args, ...rest }: WrapperStart,
): Promise<WrapperProcess> {
  const listen = `unix:${join(folder, `${socket}.sock`)}`;
  const { pid, ready } = await startChild(bench, {
    ...rest,
    name: `the ${kind} wrapper ${name}`,
    args: [...args, "--listen", listen, "--name", name, "--exit-with-stdin"],
    ready: (line) => (line.startsWith('{"listening"') ? listen : undefined),
  });
  return { pid, endpoint: ready };
}
