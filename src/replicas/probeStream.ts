import type { Clock } from "../domain/ports.js";
import type { GRPCInferenceServiceClient, ModelStreamInferResponse } from "../protocol/generated/inference.js";
import { isMalformed } from "./incomingReply.js";
import type { MalformedReply } from "./incomingReply.js";
import { openInferStream } from "./wrapperClient.js";
import type { WrapperDescription } from "./wrapperClient.js";

const PROBE_ID = "skysail-probe";
/** A server that has not refused a request without inputs by then is not going to. */
const PROBE_MS = 1000;

/**
 * Whether a server without the extension has a ModelStreamInfer as Triton has it: one that answers
 * ModelStreamInferResponse and goes on after an error. Asked with a request that has to be refused, since nothing is
 * computed for it: some servers have no stream, others end it with the first error, and others, like MLServer, answer a
 * bare ModelInferResponse, whose first field is a text as well.
 */
export function hasUsableStream(
  client: GRPCInferenceServiceClient,
  { model, servedVersion }: WrapperDescription,
  clock: Clock,
): Promise<boolean> {
  const stream = openInferStream(client);
  return new Promise((resolve) => {
    const settle = (usable: boolean): void => {
      cancelTimeout();
      stream.cancel();
      resolve(usable);
    };
    const cancelTimeout = clock.at(clock.nowMs() + PROBE_MS, () => settle(false));
    // Also after the first answer: what is cancelled ends with an error.
    stream.on("error", () => settle(false));
    stream.on("end", () => settle(false));
    stream.on("data", (incoming: ModelStreamInferResponse | MalformedReply) => settle(refuses(incoming, model)));
    stream.write({
      modelName: model,
      modelVersion: servedVersion,
      id: PROBE_ID,
      parameters: {},
      inputs: [],
      outputs: [],
      rawInputContents: [],
    });
  });
}

function refuses(incoming: ModelStreamInferResponse | MalformedReply, model: string): boolean {
  if (isMalformed(incoming)) return false;
  const { errorMessage, inferResponse } = incoming;
  // A bare answer's first field is the model's name.
  return errorMessage !== "" && errorMessage !== model && ["", PROBE_ID].includes(inferResponse?.id ?? "");
}
