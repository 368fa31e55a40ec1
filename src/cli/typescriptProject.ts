import { askingIt } from "./modelReadme.js";

/** Where the SDK is, and the versions of the tools that it was built with. */
export interface TypescriptTools {
  /** Of Skysail's folder. */
  readonly packageUrl: string;
  readonly typescript: string;
  readonly nodeTypes: string;
}

/** The files of a model wrapper in TypeScript: a model that works, to be replaced by a better one. */
export function typescriptProject(name: string, tools: TypescriptTools): Readonly<Record<string, string>> {
  return {
    "package.json": packageJson(name, tools),
    "tsconfig.json": TSCONFIG,
    "src/model.ts": MODEL,
    "src/model.test.ts": TESTS,
    "src/main.ts": main(name),
    "README.md": readme(name),
    ".gitignore": "node_modules/\ndist/\n",
  };
}

function packageJson(name: string, { packageUrl, typescript, nodeTypes }: TypescriptTools): string {
  const description = {
    name,
    version: "0.1.0",
    private: true,
    type: "module",
    engines: { node: ">=20.15" },
    scripts: { build: "tsc", start: "node dist/main.js", test: "tsc && node --test dist/model.test.js" },
    dependencies: { skysail: packageUrl },
    devDependencies: { "@types/node": nodeTypes, typescript },
  };
  return `${JSON.stringify(description, null, 2)}\n`;
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "strict": true,
    "noUncheckedIndexedAccess": true,
    "skipLibCheck": true,
    "types": ["node"],
    "rootDir": "src",
    "outDir": "dist"
  },
  "include": ["src"]
}
`;

const MODEL = `export const FEATURES = 4;

// A saved model is loaded here, once, when the process starts.
const WEIGHTS = [0.5, -1, 2, 0.25];

/** All rows of a batch at once, one after another in x; one score for each comes back. */
export function score(rows: number, x: Float32Array): Float32Array {
  return Float32Array.from({ length: rows }, (_, row) =>
    WEIGHTS.reduce((sum, weight, i) => sum + weight * (x[FEATURES * row + i] ?? 0), 0),
  );
}
`;

const TESTS = `import assert from "node:assert/strict";
import { test } from "node:test";
import { FEATURES, score } from "./model.js";

test("each row has its score", () => {
  assert.deepEqual([...score(2, Float32Array.of(1, 0, 0, 0, 2, 1, 1, 4))], [0.5, 3]);
});

test("a batch is its rows", () => {
  const rows = 33;
  const x = Float32Array.from({ length: rows * FEATURES }, (_, i) => Math.sin(i));
  const alone = Array.from({ length: rows }, (_, row) => score(1, x.subarray(FEATURES * row, FEATURES * (row + 1)))[0]);
  assert.deepEqual([...score(rows, x)], alone);
});
`;

function main(name: string): string {
  return `import { defineModel, inputNamed, runWrapper } from "skysail/wrapper";
import { FEATURES, score } from "./model.js";

const signature = {
  inputs: [{ name: "x", datatype: "FP32", shape: [FEATURES] }],
  outputs: [{ name: "score", datatype: "FP32", shape: [] }],
} as const;

await runWrapper({
  description: "Serves ${name} to Skysail.",
  defaultName: "${name}",
  createModel: ({ name, modelVersion: version }) =>
    defineModel({
      name,
      version,
      platform: "typescript",
      signature,
      predict: (batch) => [score(batch.rows, inputNamed(batch, "x").values("FP32"))],
    }),
});
`;
}

function readme(name: string): string {
  return `# ${name}

A model wrapper for Skysail: \`src/model.ts\` is the model, a function of all rows of a batch; \`src/main.ts\` serves it.

\`\`\`bash
npm install
npm test
\`\`\`

Run it (\`--help\` lists the options; SIGTERM drains):

\`\`\`bash
npm start -- --listen 127.0.0.1:9001
\`\`\`

${askingIt(name)}
A model that changes is another version: \`--model-version 2\` on another port, registered as version 2.
`;
}
