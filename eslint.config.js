import js from "@eslint/js";
import tseslint from "typescript-eslint";

/** Which folders of src each folder may import. The table of ARCHITECTURE.md says the same in words. */
export const MAY_IMPORT = {
  domain: [],
  lib: ["domain"],
  protocol: ["domain", "lib"],
  telemetry: ["domain", "lib"],
  replicas: ["domain", "lib", "protocol"],
  batching: ["domain", "lib"],
  caching: ["domain", "lib"],
  correction: ["domain", "lib"],
  learning: ["domain", "lib", "correction"],
  store: ["domain", "lib"],
  serving: ["domain", "lib", "correction", "learning", "caching", "batching", "replicas", "telemetry"],
  deploying: ["domain", "lib", "replicas", "serving"],
  access: ["domain", "lib"],
  http: ["domain", "lib"],
  graphql: ["domain", "lib", "access", "serving", "deploying", "telemetry", "http"],
  cli: ["domain", "graphql"],
};

const FOLDERS = Object.keys(MAY_IMPORT);

const layers = FOLDERS.map((folder) => ({
  files: [`src/${folder}/**/*.ts`],
  ignores: ["src/protocol/generated/**"],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            group: FOLDERS.filter((other) => other !== folder && !MAY_IMPORT[folder].includes(other)).map(
              (other) => `../${other}/*`,
            ),
            message: `src/${folder} may import only ${MAY_IMPORT[folder].join(", ") || "itself"}: see ARCHITECTURE.md.`,
          },
          { group: ["../../*"], message: "At most one .. in an import." },
          { group: ["../*.js"], message: "Folders do not import the root's files: only they wire folders together." },
        ],
      },
    ],
  },
}));

/** Time and randomness are parameters, so that tests and simulations can drive them. */
const AMBIENT = [
  { selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']", message: "Take a Clock." },
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: "Take a Clock." },
  { selector: "MemberExpression[object.name='Math'][property.name='random']", message: "Take a Random." },
  { selector: "CallExpression[callee.name=/^set(Timeout|Interval|Immediate)$/]", message: "Take a Clock." },
  { selector: "MemberExpression[object.name='performance'][property.name='now']", message: "Take a Clock." },
];

export default tseslint.config(
  {
    ignores: [
      "node_modules",
      "dist",
      "data",
      "coverage",
      "src/protocol/generated",
      "test/generated",
      "bench/generated",
    ],
  },
  js.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [...tseslint.configs.recommendedTypeChecked, ...tseslint.configs.stylistic],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-empty-function": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/prefer-promise-reject-errors": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "max-lines": ["error", { max: 400 }],
      "no-restricted-syntax": ["error", ...AMBIENT],
    },
  },
  ...layers,
  // Real clocks and processes live at the edges: they are where time and randomness come from.
  {
    files: [
      "src/*.ts",
      "src/lib/monotonicClock.ts",
      "src/http/**/*.ts",
      "src/store/**/*.ts",
      "wrappers/**/*.ts",
      "bench/**/*.ts",
      "test/**/*.ts",
    ],
    rules: { "no-restricted-syntax": "off" },
  },
  {
    files: ["test/**/*.ts", "bench/**/*.ts"],
    rules: { "@typescript-eslint/explicit-module-boundary-types": "off" },
  },
  {
    files: ["**/*.js", "**/*.mjs"],
    languageOptions: {
      globals: Object.fromEntries(
        [
          "process",
          "console",
          "Buffer",
          "URL",
          "performance",
          "setTimeout",
          "clearTimeout",
          "setInterval",
          "setImmediate",
          "fetch",
        ].map((name) => [name, "readonly"]),
      ),
    },
  },
);
