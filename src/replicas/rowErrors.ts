import { RESPONSE_PARAMETERS } from "../protocol/extension.js";
import type { ModelInferResponse } from "../protocol/generated/inference.js";

const TEXT_LENGTH = 500;

/**
 * Why a reply has no answer for some of its rows, by row, for people; undefined where it has all of them. Text: what is
 * wrong with the parameter.
 */
export function readRowErrors(
  { model, rows }: { readonly model: string; readonly rows: number },
  response: ModelInferResponse,
): ReadonlyMap<number, string> | string | undefined {
  const text = response.parameters[RESPONSE_PARAMETERS.rowErrors]?.stringParam;
  if (text === undefined) return undefined;
  const errors = new Map<number, string>();
  const listed = parsed(text);
  if (listed === undefined) return "the parameter row_errors is no list of {row, error_code, message}";
  for (const { row, error_code: code, message } of listed) {
    if (typeof row !== "number" || !Number.isInteger(row) || row < 0 || row >= rows) {
      return `the parameter row_errors has row ${JSON.stringify(row)?.slice(0, 40)} of ${rows}`;
    }
    const why = [code, message].filter((part) => typeof part === "string").join(": ");
    errors.set(row, `${model}: ${why.slice(0, TEXT_LENGTH)}`);
  }
  return errors;
}

function parsed(text: string): readonly Readonly<Record<string, unknown>>[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((entry) => typeof entry === "object" && entry !== null)
      ? (value as Readonly<Record<string, unknown>>[])
      : undefined;
  } catch {
    return undefined;
  }
}
