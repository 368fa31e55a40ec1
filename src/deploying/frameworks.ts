import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** What a framework's wrapper needs, as Python's packaging names it. */
export interface PythonFramework {
  readonly requirements: readonly string[];
}

/**
 * The frameworks of the Python SDK and the packages that each needs, as its `pyproject.toml` has them: the optional
 * dependencies of a framework's name, behind those of all.
 */
export function readPythonFrameworks(pyproject: string): ReadonlyMap<string, PythonFramework> {
  const toml = readFileSync(pyproject, "utf8");
  const project = listsOf(sectionOf(toml, "project")).get("dependencies") ?? [];
  const extras = listsOf(sectionOf(toml, "project.optional-dependencies"));
  return new Map([...extras].map(([name, own]) => [name, { requirements: [...project, ...own] }]));
}

/** Of the same packages the same. */
export function requirementsDigest(requirements: readonly string[]): string {
  return createHash("sha256").update(requirements.join("\n")).digest("hex").slice(0, 16);
}

function sectionOf(toml: string, name: string): string {
  const begin = `\n[${name}]\n`;
  const at = toml.indexOf(begin);
  if (at < 0) throw new Error(`pyproject.toml has no section ${name}`);
  const rest = toml.slice(at + begin.length - 1);
  const end = rest.search(/\n\[[a-z]/);
  return end < 0 ? rest : rest.slice(0, end);
}

/** Of TOML only what is there: `name = ["text", ...]`, on one line or several. */
function listsOf(section: string): ReadonlyMap<string, readonly string[]> {
  const lists = new Map<string, readonly string[]>();
  for (const [, name = "", items = ""] of section.matchAll(
    /^([\w-]+)\s*=\s*\[((?:\s*(?:"[^"\n]*"\s*,?|#[^\n]*))*)\s*\]/gm,
  )) {
    lists.set(
      name,
      [...items.replace(/^\s*#.*$/gm, "").matchAll(/"([^"\n]*)"/g)].map(([, item = ""]) => item),
    );
  }
  return lists;
}
