/** Sources run as ES modules through SWC: `node --experimental-vm-modules` is required, plain `jest` would change semantics. */
export default {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  setupFiles: ["reflect-metadata"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      {
        swcrc: false,
        sourceMaps: "inline",
        jsc: {
          target: "es2022",
          keepClassNames: true,
          parser: { syntax: "typescript", decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: false },
        },
        module: { type: "es6" },
      },
    ],
  },
  testMatch: ["<rootDir>/test/**/*.test.ts"],
  // Frameworks of gigabytes, each in an environment of its own: `npm run test:frameworks`.
  testPathIgnorePatterns: ["/node_modules/", ...(process.env.TEST_FRAMEWORKS === "all" ? [] : ["/test/frameworks/"])],
  // A bound for what hangs, not for what is slow: machines of CI are, and more so when they are shared.
  testTimeout: 120_000,
};
