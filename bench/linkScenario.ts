import type { Bench, Outcome, Scenario } from "./bench.js";
import { cpuTime } from "./cpuTime.js";
import { openLink, ROWS, runLink } from "./linkClient.js";
import type { LinkClient } from "./linkClient.js";
import { startNoopWrapper } from "./noopWrapper.js";
import { temporaryFolder } from "./skysailServer.js";
import { show, showSpread, spreadOf } from "./statistics.js";
import type { Spread } from "./statistics.js";

const IN_FLIGHT = [1, 32] as const;
const WARM_UP_SECONDS = 1;

export const LINK: Scenario = {
  name: "link",
  summary: `messages of ${ROWS} rows to a wrapper over one stream, beside unary calls`,
  measure,
};

interface LinkFigure {
  readonly perSecond: number;
  /** Of both ends for a message, the client's own loop included. */
  readonly cpuMicroseconds: number;
}

type Side = "stream" | "unary";

async function measure(bench: Bench): Promise<Outcome> {
  const folder = await temporaryFolder(bench);
  const wrapper = await startNoopWrapper(bench, folder);
  let failLink: (error: Error) => void = () => undefined;
  const failed = new Promise<never>((_, reject) => (failLink = reject));
  // Raced below; this keeps a late failure from being nobody's.
  failed.catch(() => undefined);
  bench.signal.addEventListener("abort", () => failLink(bench.signal.reason as Error), { once: true });
  const link = openLink(wrapper.endpoint, failLink);
  await bench.cleanup.add(() => link.close());
  const rows = [];
  for (const inFlight of IN_FLIGHT) {
    bench.progress(`  ${inFlight} in flight`);
    rows.push({ inFlight, pairs: await Promise.race([alternateSides(bench, link, wrapper.pid, inFlight), failed]) });
  }
  return outcomeOf(rows.map(({ inFlight, pairs }) => ({ inFlight, ...figuresOf(pairs) })));
}

type LinkPair = Readonly<Record<Side, LinkFigure>>;

async function alternateSides(bench: Bench, link: LinkClient, pid: number, inFlight: number): Promise<LinkPair[]> {
  const pairs: LinkPair[] = [];
  for (let i = 0; i < bench.settings.runs; i++) {
    bench.signal.throwIfAborted();
    const stream = await measureSide(bench, link, "stream", pid, inFlight);
    const unary = await measureSide(bench, link, "unary", pid, inFlight);
    pairs.push({ stream, unary });
    bench.progress(`  stream ${Math.round(stream.perSecond)}/s; unary ${Math.round(unary.perSecond)}/s`);
  }
  return pairs;
}

async function measureSide(
  { settings }: Bench,
  link: LinkClient,
  side: Side,
  wrapperPid: number,
  inFlight: number,
): Promise<LinkFigure> {
  await runLink(link[side], inFlight, WARM_UP_SECONDS, 1);
  const before = cpuSeconds(wrapperPid);
  const { messages, seconds } = await runLink(link[side], inFlight, settings.seconds, 1);
  return {
    perSecond: messages / seconds,
    cpuMicroseconds: ((cpuSeconds(wrapperPid) - before) / messages) * 1e6,
  };
}

function cpuSeconds(wrapperPid: number): number {
  return cpuTime(wrapperPid).processSeconds + cpuTime(process.pid).processSeconds;
}

interface LinkFigures {
  readonly ratio: Spread;
  readonly perSecond: Readonly<Record<Side, Spread>>;
  readonly cpuMicroseconds: Readonly<Record<Side, Spread>>;
}

function figuresOf(pairs: readonly LinkPair[]): LinkFigures {
  const sides = (of: (figure: LinkFigure) => number): Record<Side, Spread> => ({
    stream: spreadOf(pairs.map(({ stream }) => of(stream))),
    unary: spreadOf(pairs.map(({ unary }) => of(unary))),
  });
  return {
    ratio: spreadOf(pairs.map(({ stream, unary }) => stream.perSecond / unary.perSecond)),
    perSecond: sides(({ perSecond }) => perSecond),
    cpuMicroseconds: sides(({ cpuMicroseconds }) => cpuMicroseconds),
  };
}

function outcomeOf(figures: readonly (LinkFigures & { readonly inFlight: number })[]): Outcome {
  const head = ["in flight", "side", "messages a second", "ratio", "CPU us a message, both ends"];
  return {
    result: {
      ratio: Object.fromEntries(figures.map(({ inFlight, ratio }) => [inFlight, ratio.median])),
      rowsAMessage: ROWS,
      byInFlight: Object.fromEntries(figures.map(({ inFlight, ...rest }) => [inFlight, rest])),
    },
    table: [
      head,
      ...figures.flatMap(({ inFlight, ratio, perSecond, cpuMicroseconds }) =>
        (["stream", "unary"] as const).map((side) => [
          String(inFlight),
          side,
          showSpread(perSecond[side]),
          side === "stream" ? showSpread(ratio) : "",
          show(cpuMicroseconds[side].median),
        ]),
      ),
    ],
  };
}
