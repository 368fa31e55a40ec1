import "reflect-metadata";
import { defaultLoss, DEFAULT_FEEDBACK } from "../domain/application.js";
import { FailureError, isFailure } from "../domain/failure.js";
import { buildApplicationSchema, printApplicationSdl } from "../graphql/applicationSchema.js";
import type { CreateApplicationInput } from "../graphql/applicationTypes.js";
import { toNewApplication } from "../graphql/registryConverters.js";
import { buildGraphqlSchema, printSdl } from "../graphql/schema.js";
import { readExamples } from "./example.js";

/** The SDL of all applications; or with an example's name that of this application alone. */
function sdl(example: string | undefined): string {
  const main = buildGraphqlSchema();
  if (example === undefined) return printSdl(main);
  const [found] = readExamples(example);
  if (found === undefined) throw new Error(`no example ${example}`);
  const { application } = found.manifest;
  // As its creation will read it.
  const made = toNewApplication(application as unknown as CreateApplicationInput);
  if (isFailure(made)) throw new FailureError(made);
  const typed = { ...made, loss: made.loss ?? defaultLoss(made.output), feedback: DEFAULT_FEEDBACK };
  return printApplicationSdl(buildApplicationSchema(main, typed), made.name);
}

process.stdout.write(sdl(process.argv[2]));
