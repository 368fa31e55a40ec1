import { failure, FailureError } from "../domain/failure.js";
import type { ReaderAnswer, ReaderState, ReceiptContent, TourClient } from "./tourClient.js";
import type { Passage, Plan, Reader } from "./tourPlan.js";
import { change, decimal, shortened, table, wrapped, yesNo } from "./tourText.js";

export const APPLICATION = "reading";

export interface Tour {
  readonly client: Pick<TourClient, "predict" | "observe" | "learned" | "explain" | "reset">;
  readonly url: string;
  /** The server ends with the tour. */
  readonly isOwn: boolean;
  readonly say: (text: string) => void;
  readonly wait: (ms: number) => Promise<unknown>;
}

/** What is known of all three at one moment: answers about the first passage asked about, and what was learned. */
interface Moment {
  readonly answers: Readonly<Record<"ann" | "ben" | "cleo", ReaderAnswer>>;
  readonly states: Readonly<Record<Reader, ReaderState>>;
}

/** What was told for a reader: the receipts by passage, and the place of the last in the log. */
interface Told {
  readonly receipts: ReadonlyMap<Passage, string>;
  readonly stateSeq: number;
}

const REBUILT_WITHIN_MS = 20_000;
const LOOK_AGAIN_MS = 100;
/** Receipts carry features in single precision. */
const ROUNDING = 1e-5;

/** The whole tour. Throws where the server does not do what the tour says that it does. */
export async function runTour(tour: Tour, plan: Plan): Promise<void> {
  await introduce(tour, plan);
  await firstAnswers(tour, plan);
  await tell(tour, plan, "ben", 2);
  const before = await momentOf(tour, plan);
  showBefore(tour, before);
  const told = await tell(tour, plan, "ann", 4);
  const after = await momentOf(tour, plan, told.stateSeq);
  showChanges(tour, before, after);
  const content = await showReceipt(tour, after.answers.ann);
  showWeights(tour, plan, before, after, content);
  await correct(tour, plan, told);
  farewell(tour);
}

async function introduce({ client, url, isOwn, say }: Tour, { topics }: Plan): Promise<void> {
  say(`Skysail tour: how answers learn from what happened (${isOwn ? "a server of its own" : url})\n`);
  say(
    wrapped(
      `The application "${APPLICATION}" says whether a reader will read a passage or skip it. A feature model that all ` +
        `readers share says what the passage is about: the probability of each of ${topics.length} topics. What is ` +
        "learned is how much each topic counts, for all readers together and for each of them alone.",
    ),
  );
  if ((await client.learned()).observations === 0) return;
  await client.reset();
  say("");
  say(
    wrapped(
      "Something was learned here before, so the tour begins anew (resetPolicy): what was learned stays with the " +
        "policy's earlier version, and rollbackPolicy brings it back.",
    ),
  );
}

async function firstAnswers({ client, say }: Tour, { asked: [passage] }: Plan): Promise<void> {
  say(`\n1. PREDICT, with nothing learned yet\n\n${quoted(passage)}\n`);
  const ann = await client.predict("ann", passage.text);
  const ben = await client.predict("ben", passage.text);
  say(answerTable({ Ann: ann, Ben: ben }));
  mustHold(ann.read === 0.5 && ben.read === 0.5, "nothing was learned, and yet the answers are not one half each");
  say("");
  say(wrapped("Even odds, and a confidence of 0 that says so."));
}

/** Predicts each passage for the reader, and observes what the reader did. */
async function tell({ client, say }: Tour, plan: Plan, reader: Reader, step: number): Promise<Told> {
  const name = nameOf(reader);
  say(`\n${step}. OBSERVE: ${name} is shown ${plan.shown.length} passages; the application tells what ${name} did\n`);
  const receipts = new Map<Passage, string>();
  const rows: string[][] = [];
  let stateSeq = 0;
  for (const passage of plan.shown) {
    const answer = await client.predict(reader, passage.text);
    const did = plan.likes[reader].includes(passage.topic) ? "read" : "skip";
    stateSeq = await client.observe(answer.receipt, did);
    receipts.set(passage, answer.receipt);
    rows.push([passage.country, passage.topic, decimal(answer.read), did, String(stateSeq)]);
  }
  say(table(["passage", "topic", "P(read) before", `${name} did`, "stateSeq"], rows));
  say("");
  say(
    wrapped(
      "Each `observe` came with the prediction's receipt, and was answered once it was durable and learned from; " +
        "stateSeq is its place in the application's log.",
    ),
  );
  return { receipts, stateSeq };
}

async function momentOf({ client }: Tour, { asked: [{ text }] }: Plan, minStateSeq?: number): Promise<Moment> {
  return {
    answers: {
      ann: await client.predict("ann", text, minStateSeq),
      ben: await client.predict("ben", text, minStateSeq),
      cleo: await client.predict("cleo", text, minStateSeq),
    },
    states: { ann: await client.learned("ann"), ben: await client.learned("ben") },
  };
}

function showBefore({ say }: Tour, { answers: { ann, ben, cleo } }: Moment): void {
  say("\n3. PREDICT the first passage again, for three readers\n");
  say(answerTable({ Ann: ann, Ben: ben, Cleo: cleo }));
  mustHold(ben.personalised && !ann.personalised, "Ben was to have learned weights of his own, and Ann none");
  mustHold(ann.read === cleo.read, "Ann and Cleo were to have the same answer, that of all readers");
  say("");
  say(
    wrapped(
      "Ben has weights of his own now (personalised). Of Ann and Cleo nothing is known: what was learned of all " +
        "readers answers them, and so far those are Ben.",
    ),
  );
}

function showChanges({ say }: Tour, before: Moment, after: Moment): void {
  say(`\n5. PREDICT the same passage, with minStateSeq: ${after.answers.ann.stateSeq}\n`);
  const rows = (["ann", "ben", "cleo"] as const).map((reader) => {
    const [was, is] = [before.answers[reader], after.answers[reader]];
    return [
      nameOf(reader),
      decimal(was.read),
      decimal(is.read),
      change(is.read - was.read),
      `${was.label} -> ${is.label}`,
      yesNo(is.personalised),
      whyChanged(was, is),
    ];
  });
  say(table(["reader", "before", "after", "change", "answer", "personalised", "why"], rows));
  const { ann, ben } = after.answers;
  mustHold(ann.label === "read" && ann.read > before.answers.ann.read, "Ann's answer was to have changed to `read`");
  mustHold(ben.read === before.answers.ben.read, "Ben's answer was to have stayed as it was");
  say("");
  say(
    wrapped(
      "minStateSeq asks for an answer that knows of everything up to that place in the log, on whichever server. " +
        "Ben's probability is the same to the last bit. Cleo gets what was learned of all readers: two who disagree.",
    ),
  );
}

function whyChanged(was: ReaderAnswer, is: ReaderAnswer): string {
  if (is.read === was.read) return "own weights, untouched";
  return is.personalised ? "own weights now" : "what all readers did";
}

async function showReceipt({ client, say }: Tour, ann: ReaderAnswer): Promise<ReceiptContent> {
  const content = await client.explain(ann.receipt);
  say("\n6. WHY: what Ann's receipt says (receiptContent)\n");
  const { application, policyVersion, entity, source, agreement, answer, context } = content;
  const rows = [
    ["asked", `application ${application}, for ${entity ?? "nobody"}`],
    ["answered by", `policy version ${policyVersion}, source ${source}`],
    ["answer", `read ${decimal(answer[0] ?? 0)}, skip ${decimal(answer[1] ?? 0)}`],
    ["agreement", `${decimal(agreement)}; by the feedback so far that is a confidence of ${decimal(ann.confidence)}`],
    ["features", context.map(decimal).join(" ")],
  ];
  say(rows.map(([name = "", value = ""]) => `  ${name.padEnd(12)} ${value}`).join("\n"));
  return content;
}

function showWeights({ say }: Tour, plan: Plan, before: Moment, after: Moment, content: ReceiptContent): void {
  say("\n   and the weights of `read` before and after (learnedState)\n");
  const states = [before.states.ann, after.states.ann, before.states.ben, after.states.ben].map(weightsOf);
  const [, annNow, benBefore, benNow] = states as [number[], number[], number[], number[]];
  const features = [1, ...content.context];
  const rows = ["(always)", ...plan.topics].map((topic, i) => [
    topic,
    ...states.map((weights) => decimal(weights[i] ?? 0)),
    decimal(features[i] ?? 0),
    change((features[i] ?? 0) * (annNow[i] ?? 0)),
  ]);
  const sum = features.reduce((total, feature, i) => total + feature * (annNow[i] ?? 0), 0);
  const head = ["topic", "Ann before", "Ann after", "Ben before", "Ben after", "passage", "Ann x passage"];
  say(table(head, [...rows, ["sum", "", "", "", "", "", change(sum)]]));
  const { read } = after.answers.ann;
  mustHold(Math.abs(Math.min(1, Math.max(0, sum)) - read) < ROUNDING, "the weights were to add up to the answer");
  mustHold(
    benNow.every((weight, i) => weight === benBefore[i]),
    "Ben's weights were to stay as they were",
  );
  say("");
  say(
    wrapped(
      `Ann's weights times what the passage is about make the ${decimal(read)} of her answer (held between 0 and 1). ` +
        "Before, hers were those of all readers. Ben's have not moved: each reader learns alone.",
    ),
  );
}

/** One thing told of Ann was wrong; what it had taught is taken out again. */
async function correct(tour: Tour, { asked: [, passage], shown }: Plan, { receipts }: Told): Promise<void> {
  const { client, say } = tour;
  const mistaken = shown.find(({ topic }) => topic === passage.topic);
  const receipt = mistaken && receipts.get(mistaken);
  if (mistaken === undefined || receipt === undefined) throw new TypeError("tour.json shows no passage of that topic");
  say(`\n7. CORRECT: it was a mistake that Ann skipped ${mistaken.country}: she read it\n\n${quoted(passage)}\n`);
  const [was, benWas] = [await client.predict("ann", passage.text), await client.predict("ben", passage.text)];
  const stateSeq = await client.observe(receipt, "read", "correction");
  await untilRebuilt(tour, shown.length);
  const is = await client.predict("ann", passage.text, stateSeq);
  const benIs = await client.predict("ben", passage.text, stateSeq);
  const row = (name: string, from: ReaderAnswer, to: ReaderAnswer): string[] => [
    name,
    decimal(from.read),
    decimal(to.read),
    change(to.read - from.read),
    `${from.label} -> ${to.label}`,
  ];
  say(table(["reader", "before", "after", "change", "answer"], [row("Ann", was, is), row("Ben", benWas, benIs)]));
  mustHold(is.read > was.read, "the correction was to make Ann likelier to read about the economy");
  mustHold(benIs.read === benWas.read, "the correction of Ann's was to leave Ben's answer as it was");
  say("");
  say(
    wrapped(
      `Ann's weights are as if the mistake had never been told (supersedes): still ${shown.length} observations, with ` +
        "the right one in its place. Ben's answer has not moved.",
    ),
  );
}

/** What learned from something that was corrected is learned anew in the background; until then both count. */
async function untilRebuilt({ client, wait }: Tour, observations: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < REBUILT_WITHIN_MS; waitedMs += LOOK_AGAIN_MS) {
    if ((await client.learned("ann")).observations === observations) return;
    await wait(LOOK_AGAIN_MS);
  }
  mustHold(false, `Ann's state was to be learned anew within ${REBUILT_WITHIN_MS} ms of the correction`);
}

function farewell({ url, isOwn, say }: Tour): void {
  say("\nWHAT TO TRY NEXT\n");
  const server = isOwn
    ? "Start a server of your own with npm start; this one ends now."
    : `GraphiQL is at ${url}/graphql.`;
  const hints = [
    server,
    `A passage of yours: predict(input: { application: "${APPLICATION}", entity: "ann", input: { text: "..." } }).`,
    'Forget Ann, in state and log: deleteEntity(input: { application: "reading", entity: "ann" }).',
    "Who learned what, how to freeze it and go back: docs/learning.md. Other policies: docs/policies.md.",
    "The passages, and how the feature model was made: examples/reading/README.md.",
  ];
  for (const hint of hints) say(wrapped(hint, "  ").replace(/^ {2}/, "- "));
}

function answerTable(answers: Readonly<Record<string, ReaderAnswer>>): string {
  const rows = Object.entries(answers).map(([name, { label, read, confidence, source, personalised }]) => [
    name,
    label,
    decimal(read),
    decimal(confidence),
    source,
    yesNo(personalised),
  ]);
  return table(["reader", "answer", "P(read)", "confidence", "source", "personalised"], rows);
}

function weightsOf({ read }: ReaderState): number[] {
  return read === undefined ? [] : [read.intercept, ...read.weights];
}

function quoted({ country, topic, text }: Passage): string {
  return `${wrapped(`"${shortened(text, 160)}"`, "  ")}\n  (${country}, ${topic})`;
}

function nameOf(reader: string): string {
  return reader.charAt(0).toUpperCase() + reader.slice(1);
}

function mustHold(holds: boolean, promise: string): void {
  if (holds) return;
  const cause = "somebody else may be telling this server something at the same time; try --own";
  throw new FailureError(failure("INTERNAL", `not as promised: ${promise} (${cause})`));
}
