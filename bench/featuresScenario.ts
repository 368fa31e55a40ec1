import { requireSuccess, waitForReplicas } from "./application.js";
import { BenchError } from "./bench.js";
import type { Bench, Outcome, Scenario } from "./bench.js";
import { startChild } from "./childProcess.js";
import { OBSERVE, PREDICT_PERSONAL } from "./feedback/operations.js";
import { ask } from "./graphqlClient.js";
import { readFeatureTasks } from "./learning/featureTasks.js";
import type { FeatureTask, Opinion, TaskUser } from "./learning/featureTasks.js";
import { prepareLearningData } from "./learning/learningData.js";
import { CREATE_APPLICATION, REGISTER_MODEL_VERSION } from "./operations.js";
import { projectPath } from "./projectPath.js";
import { startSkysail, temporaryFolder } from "./skysailServer.js";
import { round, show } from "./statistics.js";

/** A stall of a noisy machine shall not be taken for an error of what was learned. */
const SLO_MS = 2000;
/** People at the same time. */
const TOGETHER = 20;
/** Feedbacks of a person after which the error is measured. */
const MEASURED_AT = [0, 10, 30] as const;

export const FEATURES: Scenario = {
  name: "features",
  summary:
    "LINEAR over item factors, a hidden layer, and members' outputs, through the whole server: error of new users",
  repetition: { runs: 1, seconds: 1 },
  goals: [
    { figure: ["movies", "ofColdAfter30"], atMost: 1 },
    { figure: ["digits", "ofColdAfter30"], atMost: 0.5 },
    { figure: ["news", "ofColdAfter30"], atMost: 0.7 },
    // Whoever has told something is answered by what was learned of them.
    ...["movies", "digits", "news"].map((task) => ({ figure: [task, "personalised"], atLeast: 0.999 })),
  ],
  measure,
};

async function measure(bench: Bench): Promise<Outcome> {
  const data = await prepareLearningData(bench);
  const folder = await temporaryFolder(bench);
  const { graphqlUrl } = await startSkysail(bench, folder);
  await startChild(bench, {
    name: "the feature models",
    args: [projectPath("dist/bench/learning/featuresWrapper.js"), data.folder, folder],
    ready: (text) => (text === "ready" ? true : undefined),
  });
  const measured: (readonly [string, TaskFigures])[] = [];
  for (const task of await readFeatureTasks(data)) {
    await setUp(graphqlUrl, folder, task);
    const figures = await runTask(graphqlUrl, task);
    measured.push([task.name, figures]);
    bench.progress(`  ${task.name}: ${figures.error.map(show).join(", ")}`);
  }
  return outcomeOf(measured);
}

async function setUp(url: string, folder: string, task: FeatureTask): Promise<void> {
  const { name, models, featureModel, output } = task;
  for (const model of models) {
    const endpoints = [`unix:${folder}/${model}.sock`];
    const { data } = await ask(url, REGISTER_MODEL_VERSION, { input: { model, version: 1, endpoints } });
    requireSuccess("registerModelVersion", data.registerModelVersion);
    await waitForReplicas(url, model, 1);
  }
  const { data } = await ask(url, CREATE_APPLICATION, {
    input: {
      name,
      output,
      sloMs: SLO_MS,
      input: [{ name: "item", datatype: "INT32", shape: [1] }],
      models: models.map((model) => ({ model })),
      policy: { linear: { ...(featureModel !== undefined && { featureModel }) } },
      ...(output.number !== undefined && { loss: { squared: { range: 4 } } }),
    },
  });
  requireSuccess("createApplication", data.createApplication);
}

interface TaskFigures {
  /** Root mean square error of numbers, share of mistaken labels; after each number of feedbacks. */
  readonly error: readonly number[];
  /** Share of the answers after the first feedback that the user's own state gave. */
  readonly personalised: number;
}

async function runTask(url: string, { name, earlier, users }: FeatureTask): Promise<TaskFigures> {
  await together(earlier, async ({ entity, feedback }) => {
    for (const opinion of feedback) await tell(url, name, entity, opinion);
  });
  const error: number[] = [];
  let answers = 0;
  let personalised = 0;
  let told = 0;
  for (const feedbacks of MEASURED_AT) {
    let sum = 0;
    let count = 0;
    await together(users, async ({ entity, feedback, heldOut }) => {
      for (const opinion of feedback.slice(told, feedbacks)) await tell(url, name, entity, opinion);
      for (const opinion of heldOut) {
        const prediction = await predict(url, name, entity, opinion.item);
        sum += errorOf(prediction.output, opinion);
        count += 1;
        if (feedbacks > 0) answers += 1;
        if (feedbacks > 0 && prediction.personalised) personalised += 1;
      }
    });
    told = feedbacks;
    error.push(users[0]?.heldOut[0]?.truth.number == null ? sum / count : Math.sqrt(sum / count));
  }
  return { error, personalised: personalised / answers };
}

/** Each one's doings in their order, so many people's at once. */
async function together(users: readonly TaskUser[], live: (user: TaskUser) => Promise<void>): Promise<void> {
  const waiting = [...users];
  const next = async (): Promise<void> => {
    for (let user = waiting.shift(); user !== undefined; user = waiting.shift()) await live(user);
  };
  await Promise.all(Array.from({ length: TOGETHER }, next));
}

async function predict(url: string, application: string, entity: string, item: number) {
  const { data } = await ask(url, PREDICT_PERSONAL, { input: { application, entity, input: { values: [item] } } });
  if (data.predict.__typename === "Prediction") return data.predict;
  throw new BenchError(`predict: ${data.predict.message}`);
}

async function tell(url: string, application: string, entity: string, { item, truth }: Opinion): Promise<void> {
  const { receipt } = await predict(url, application, entity, item);
  const { data } = await ask(url, OBSERVE, { input: { of: { receipt }, truth } });
  if (data.observe.__typename !== "Observation") throw new BenchError(`observe: ${data.observe.message}`);
  if (!data.observe.folded) throw new BenchError(`an observation of ${application} was not learned`);
}

/** Squared, or 1 for a wrong label. */
function errorOf(output: { readonly number?: number; readonly label?: string }, { truth }: Opinion): number {
  if (truth.number != null) return ((output.number ?? NaN) - truth.number) ** 2;
  return output.label === truth.label ? 0 : 1;
}

function outcomeOf(measured: readonly (readonly [string, TaskFigures])[]): Outcome {
  const result = measured.map(([name, { error, personalised }]) => {
    const [cold, , last] = error as [number, number, number];
    return [name, { error: error.map(round), ofColdAfter30: round(last / cold), personalised: round(personalised) }];
  });
  return {
    result: { feedbacks: MEASURED_AT, ...(Object.fromEntries(result) as object) },
    table: [
      ["feedbacks", ...MEASURED_AT.map(String)],
      ...measured.map(([name, { error }]) => [name, ...error.map((value) => show(round(value)))]),
    ],
  };
}
