import { readFileSync } from "node:fs";
import type { Passage } from "../../src/cli/tourPlan.js";

/** Of a file of examples/reading/data: a row is a country, a topic and a text, quoted where it has a comma or a quote in it. */
export function readPassages(path: string): Passage[] {
  const [, ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const cells = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)];
    const [country, topic, text] = cells.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
    return { country: country ?? "", topic: topic ?? "", text: text ?? "" };
  });
}
