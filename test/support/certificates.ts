import { execFile } from "node:child_process";
import { copyFile, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { PeerFiles } from "../../src/protocol/peerFiles.js";

const run = promisify(execFile);
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

export interface CertificateOptions {
  /** Default: valid from now on. */
  readonly expired?: boolean;
}

/** An authority of its own with what it has certified, in a folder of the test's. */
export class Authority {
  readonly #folder: string;
  #count = 0;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async create(folder: string): Promise<Authority> {
    await mkdir(folder, { recursive: true });
    const files = ["-keyout", join(folder, "ca.key"), "-out", join(folder, "ca.pem")];
    await run("openssl", ["req", "-x509", ...KEY, "-days", "2", "-subj", "/CN=test authority", ...files]);
    return new Authority(folder);
  }

  get ca(): string {
    return join(this.#folder, "ca.pem");
  }

  /** For whoever has these names, written like `URI:skysail:server`. */
  async certify(names: string, { expired = false }: CertificateOptions = {}): Promise<PeerFiles> {
    const name = join(this.#folder, String((this.#count += 1)));
    const request = ["-keyout", `${name}.key`, "-out", `${name}.csr`];
    await run("openssl", ["req", "-new", ...KEY, "-subj", "/CN=test", ...request]);
    await writeFile(`${name}.ext`, `subjectAltName=${names}\n`);
    const signed = ["-CA", this.ca, "-CAkey", join(this.#folder, "ca.key"), "-CAcreateserial"];
    const span = ["-days", expired ? "-1" : "2", "-extfile", `${name}.ext`];
    await run("openssl", ["x509", "-req", "-in", `${name}.csr`, ...signed, ...span, "-out", `${name}.pem`]);
    return { ca: this.ca, certificate: `${name}.pem`, key: `${name}.key` };
  }
}

/** Puts others in the place of files that processes follow, each at once. */
export async function replaceFiles(from: PeerFiles, to: PeerFiles): Promise<void> {
  for (const which of ["key", "certificate", "ca"] as const) {
    if (from[which] === to[which]) continue;
    await copyFile(from[which], `${to[which]}.new`);
    await rename(`${to[which]}.new`, to[which]);
  }
}

/** Copies of their own, so that they can be replaced. */
export async function placed(files: PeerFiles, folder: string): Promise<PeerFiles> {
  await mkdir(folder, { recursive: true });
  const to = { ca: join(folder, "ca.pem"), certificate: join(folder, "cert.pem"), key: join(folder, "key.pem") };
  await replaceFiles(files, to);
  return to;
}
