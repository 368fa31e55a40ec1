#!/usr/bin/env node
import { Command } from "commander";
import { FailureError } from "../domain/failure.js";
import { VERSION } from "../domain/version.js";
import { addDeployCommands } from "./deployCommands.js";
import { evaluate } from "./evaluate.js";
import type { EvaluateOptions } from "./evaluate.js";
import { initPython, initTypescript } from "./init.js";
import { addPolicyOptions, number, urlOption, wholeNumberTo } from "./policyOptions.js";
import { replay } from "./replay.js";
import type { ReplayOptions, Terminal } from "./replay.js";
import { schema } from "./schema.js";
import type { SchemaOptions } from "./schema.js";

/** Work for operators on a running server. `npm start` starts one. */
function program(terminal: Terminal): Command {
  const skysail = new Command("skysail")
    .description("Asks a running Skysail server to do an operator's work.")
    .version(VERSION)
    // Behind a command `--version 3` is a model's.
    .enablePositionalOptions();
  const times = "a date (2026-01-31) or a time with its offset (2026-01-31T12:00:00Z)";
  addPolicyOptions(skysail.command("replay"))
    .description("Folds the feedback log into a new version of the policy, as if it had answered.")
    .option("--from <time>", `observations from there on: ${times}; default: all`)
    .option("--until <time>", "observations before it; default: all, also those that come while it runs")
    .option("--activate", "makes it current as soon as it is complete")
    .action((options: ReplayOptions) => replay(options, terminal));
  addPolicyOptions(skysail.command("evaluate"))
    .description("Says what a policy would have earned on the feedback log. Changes nothing.")
    .option("--from <time>", `observations from there on: ${times}; default: all`)
    .option("--until <time>", "observations before it")
    .option("--entity <name>", "judges by its observations alone")
    .option("--max-rows <count>", "observations to read at most, up to 200000", wholeNumberTo(200_000))
    .option("--within-ms <ms>", "time for the reading, up to 60000", number)
    .action((options: EvaluateOptions) => evaluate(options, terminal));
  skysail
    .command("schema")
    .description("Prints an application's own GraphQL schema, with its tensors and labels as types.")
    .option("--application <name>", "default: the server's only one")
    .addOption(urlOption())
    .action((options: SchemaOptions) => schema(options, terminal));
  const init = skysail.command("init").description("Writes a model wrapper that runs as it is.");
  const what = "a function as a model, its test, how to run, register and ask it.";
  init
    .command("python")
    .description(`In Python: ${what}`)
    .argument("<name>", "of the model, and of the new folder")
    .action((name: string) => initPython(name, terminal));
  init
    .command("typescript")
    .description(`In TypeScript: ${what}`)
    .argument("<name>", "of the model, and of the new folder")
    .action((name: string) => initTypescript(name, terminal));
  addDeployCommands(skysail, terminal);
  return skysail;
}

/** What is of the moment is one line that is written over, and only for a person to see. */
function terminal(): Terminal {
  let isLineOpen = false;
  const isShown = process.stderr.isTTY;
  const close = (): void => {
    if (isLineOpen) process.stderr.write("\r\u001b[K");
    isLineOpen = false;
  };
  return {
    out: (text) => {
      close();
      process.stdout.write(`${text}\n`);
    },
    progress: (text) => {
      if (isShown) process.stderr.write(`\r\u001b[K${text}`);
      isLineOpen = isShown;
    },
  };
}

program(terminal())
  .parseAsync(process.argv)
  .catch((error: unknown) => {
    // What the server refuses is one line for a person; anything else is a defect, whose stack we need.
    const text = error instanceof FailureError ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`${process.stderr.isTTY ? "\r\u001b[K" : ""}skysail: ${text}\n`);
    process.exitCode = 1;
  });
