import { ask } from "./graphqlClient.js";
import { REPLICA_STATES } from "./operations.js";

const SIZE_EVERY_MS = 100;

export interface SizeWatch {
  readonly seen: () => readonly number[];
  readonly stop: () => void;
}

/** AIMD moves up and down around where it settles: the size is what it is half of the time. */
export function watchSize(url: string, model: string): SizeWatch {
  const seen: number[] = [];
  const look = async (): Promise<void> => {
    const { data } = await ask(url, REPLICA_STATES, { model });
    for (const { batchRows } of data.model?.versions.flatMap(({ replicas }) => replicas) ?? []) {
      if (typeof batchRows === "number") seen.push(batchRows);
    }
  };
  const timer = setInterval(() => void look().catch(() => undefined), SIZE_EVERY_MS);
  return { seen: () => seen, stop: () => clearInterval(timer) };
}
