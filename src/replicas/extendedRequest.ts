import type { Batch } from "../domain/ports.js";
import { checksumOfContents } from "../protocol/checksum.js";
import { REQUEST_PARAMETERS, RESPONSE_PARAMETERS } from "../protocol/extension.js";
import type { ModelInferRequest, ModelInferResponse } from "../protocol/generated/inference.js";
import { rowIdsDifference, rowIdsText } from "./rowIdentity.js";

/** What a wrapper with the extension was asked for beside outputs. */
export interface Asked {
  readonly rowIds: string;
  readonly checksummed: boolean;
}

/**
 * Adds to a request what the extension allows: row ids, the time that is left, that some rows may fail and, if so chosen,
 * a checksum.
 */
export function extendRequest(request: ModelInferRequest, batch: Batch, nowMs: number, checksummed: boolean): Asked {
  const rowIds = rowIdsText(batch.rowIds);
  const { parameters } = request;
  parameters[REQUEST_PARAMETERS.rowIds] = { stringParam: rowIds };
  if (batch.rows.length > 1) parameters[REQUEST_PARAMETERS.rowErrors] = { boolParam: true };
  if (batch.deadlineMs !== Infinity) {
    const leftUs = Math.max(0, Math.round((batch.deadlineMs - nowMs) * 1000));
    parameters[REQUEST_PARAMETERS.deadlineUs] = { int64Param: leftUs };
  }
  if (checksummed) parameters[REQUEST_PARAMETERS.crc32] = { int64Param: checksumOfContents(request.rawInputContents) };
  return { rowIds, checksummed };
}

/** What is wrong with a reply's checksum, in words. A missing one is as wrong: its own name may be what was hit. */
export function checksumProblem({ checksummed }: Asked, response: ModelInferResponse): string | undefined {
  if (!checksummed) return undefined;
  const stated = response.parameters[RESPONSE_PARAMETERS.crc32]?.int64Param;
  if (stated === undefined) return "the reply has no CRC-32";
  if (stated === checksumOfContents(response.rawOutputContents)) return undefined;
  return `the reply's contents do not have the CRC-32 that came with them (${stated})`;
}

export function rowIdsProblem({ rowIds }: Asked, response: ModelInferResponse): string | undefined {
  return rowIdsDifference(rowIds, response.parameters[RESPONSE_PARAMETERS.rowIds]?.stringParam);
}
