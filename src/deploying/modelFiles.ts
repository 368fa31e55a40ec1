import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DeploymentRecord } from "../domain/deploymentPorts.js";
import { failure, FailureError } from "../domain/failure.js";
import { namesIn } from "../lib/namesIn.js";
import type { ArtefactStore } from "./artefactStore.js";
import { extractTar } from "./extractTar.js";

export interface ModelFiles {
  /** That the wrappers work in. */
  readonly folder: string;
  readonly model: string;
  readonly signature: string | undefined;
}

function foldersOf(dataDir: string): string {
  return join(dataDir, "deployments");
}

function folderOf(dataDir: string, seq: number): string {
  return join(foldersOf(dataDir), String(seq));
}

/** Makes a deployment's folder anew from its artefact. Throws a FailureError where that is not here, or no such tar. */
export async function placeModelFiles(
  dataDir: string,
  artefacts: ArtefactStore,
  { seq, spec: { artefact, fileName, unpack, signature } }: DeploymentRecord,
): Promise<ModelFiles> {
  if ((await artefacts.sizeOf(artefact)) === undefined) {
    const message = `artefact ${artefact} is not in this server's data folder: upload it (PUT /v2/artifacts/${artefact}) and deploy again`;
    throw new FailureError(failure("NOT_FOUND", message));
  }
  const folder = folderOf(dataDir, seq);
  await removeModelFiles(dataDir, seq);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const model = join(folder, fileName);
  if (unpack) {
    await mkdir(model);
    await extractTar(artefacts.pathOf(artefact), model);
  } else {
    await artefacts.linkTo(artefact, model);
  }
  if (signature === undefined) return { folder, model, signature: undefined };
  // Beside the model, under a name that the model's own cannot be.
  const path = join(folder, ".signature.json");
  await writeFile(path, JSON.stringify(signature));
  return { folder, model, signature: path };
}

export async function removeModelFiles(dataDir: string, seq: number): Promise<void> {
  await rm(folderOf(dataDir, seq), { recursive: true, force: true });
}

/** Removes the files of all deployments but these: a server that ended left those behind that were under way. */
export async function keepModelFiles(dataDir: string, seqs: readonly number[]): Promise<void> {
  const kept = new Set(seqs.map(String));
  for (const name of await namesIn(foldersOf(dataDir))) {
    if (!kept.has(name)) await removeModelFiles(dataDir, Number(name));
  }
}
