import { scaled } from "./plotScale.js";
import type { Axis, Scaled } from "./plotScale.js";

export interface Point {
  readonly x: number;
  readonly y: number;
  /** An interval of y, drawn as a bar. */
  readonly low?: number;
  readonly high?: number;
}

export interface Series {
  /** What the legend says; series of one label share a colour, and one place in the legend. */
  readonly label: string;
  readonly points: readonly Point[];
  /** Joined by a line with dots, by a dashed one, or dots alone. Line unless given. */
  readonly style?: "line" | "dashed" | "dots";
}

/** A thin line across the panel, with its name. */
export interface ReferenceLine {
  readonly axis: "x" | "y";
  readonly at: number;
  readonly label: string;
}

export interface Panel {
  readonly title?: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  readonly references?: readonly ReferenceLine[];
}

export interface Figure {
  readonly title: string;
  /** A line below the title. */
  readonly subtitle?: string;
  /** Beside each other. */
  readonly panels: readonly Panel[];
}

/** Where a panel's axes are, in pixels: y grows downwards, so its axis starts at the bottom. */
interface Frame {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly x: Scaled;
  readonly y: Scaled;
}

const PANEL_WIDTH = 420;
const PANEL_HEIGHT = 330;
const MARGIN = { left: 66, right: 18, top: 34, bottom: 52 };
const HEAD = 62;
const LEGEND_ROW = 22;
const LEGEND_ENTRY_GAP = 26;
/** Wong, Nature Methods 8, 2011: told apart also by those who see fewer colours; the yellow is too light here. */
const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#4d4d4d", "#7a5195"] as const;
const INK = "#24292f";
const FAINT = "#57606a";
const GRID = "#e1e4e8";
const PAPER = "#ffffff";

/** An SVG image. Its paper is white, so that it is as readable where the page around it is dark. */
export function drawFigure(figure: Figure): string {
  const width = Math.max(1, figure.panels.length) * PANEL_WIDTH;
  const colours = coloursOf(figure.panels);
  const legend = drawLegend(figure.panels, colours, width);
  const height = HEAD + PANEL_HEIGHT + legend.height + 12;
  const panels = figure.panels.map((panel, i) => drawPanel(panel, i * PANEL_WIDTH, colours));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" ` +
      `font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="12" fill="${INK}" role="img">`,
    `<title>${escape(figure.title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${PAPER}"/>`,
    text({ x: 20, y: 28, size: 17, weight: 600 }, figure.title),
    ...(figure.subtitle === undefined ? [] : [text({ x: 20, y: 48, fill: FAINT }, figure.subtitle)]),
    ...panels.flat(),
    `<g transform="translate(0 ${HEAD + PANEL_HEIGHT})">`,
    ...legend.lines,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function coloursOf(panels: readonly Panel[]): ReadonlyMap<string, string> {
  const labels = new Set(panels.flatMap(({ series }) => series.map(({ label }) => label)));
  return new Map([...labels].map((label, i) => [label, COLOURS[i % COLOURS.length] as string]));
}

function drawPanel(panel: Panel, left: number, colours: ReadonlyMap<string, string>): string[] {
  const points = panel.series.flatMap((series) => series.points);
  const along = (axis: "x" | "y") =>
    (panel.references ?? []).filter((line) => line.axis === axis).map((line) => line.at);
  const frame: Frame = {
    left: left + MARGIN.left,
    right: left + PANEL_WIDTH - MARGIN.right,
    top: HEAD + MARGIN.top,
    bottom: HEAD + PANEL_HEIGHT - MARGIN.bottom,
    x: scaled(panel.x, [...points.map(({ x }) => x), ...along("x")]),
    y: scaled(panel.y, [...points.flatMap(({ y, low = y, high = y }) => [y, low, high]), ...along("y")]),
  };
  return [
    ...drawAxes(panel, frame),
    ...(panel.references ?? []).flatMap((line) => drawReference(line, frame)),
    ...panel.series.flatMap((series) => drawSeries(series, frame, colours.get(series.label) as string)),
  ];
}

function drawAxes({ title, x, y }: Panel, frame: Frame): string[] {
  const { left, right, top, bottom } = frame;
  const middle = (left + right) / 2;
  const lines = [rule(left, bottom, right, bottom, FAINT), rule(left, top, left, bottom, FAINT)];
  for (const tick of frame.x.ticks) {
    const at = placeX(frame, tick);
    lines.push(rule(at, bottom, at, bottom + 5, FAINT));
    lines.push(text({ x: at, y: bottom + 18, anchor: "middle", fill: FAINT }, frame.x.format(tick)));
  }
  for (const tick of frame.y.ticks) {
    const at = placeY(frame, tick);
    if (at < bottom - 0.5) lines.push(rule(left, at, right, at, GRID));
    lines.push(text({ x: left - 8, y: at + 4, anchor: "end", fill: FAINT }, frame.y.format(tick)));
  }
  lines.push(text({ x: middle, y: bottom + 38, anchor: "middle" }, x.label));
  const turned = `rotate(-90 ${left - 50} ${(top + bottom) / 2})`;
  lines.push(text({ x: left - 50, y: (top + bottom) / 2, anchor: "middle", transform: turned }, y.label));
  if (title !== undefined) lines.push(text({ x: middle, y: top - 12, anchor: "middle", size: 13, weight: 600 }, title));
  return lines;
}

function drawReference({ axis, at, label }: ReferenceLine, frame: Frame): string[] {
  const dashes = ' stroke-dasharray="2 3"';
  if (axis === "y") {
    const y = placeY(frame, at);
    if (y < frame.top - 1 || y > frame.bottom + 1) return [];
    return [
      rule(frame.left, y, frame.right, y, FAINT, dashes),
      text({ x: frame.right - 3, y: y - 4, anchor: "end", size: 10, fill: FAINT }, label),
    ];
  }
  const x = placeX(frame, at);
  if (x < frame.left - 1 || x > frame.right + 1) return [];
  return [
    rule(x, frame.top, x, frame.bottom, FAINT, dashes),
    text({ x: x + 4, y: frame.top + 10, size: 10, fill: FAINT }, label),
  ];
}

/** Points outside the axes are left out: what is drawn at an end would be read as a value. */
function drawSeries({ points, style = "line" }: Series, frame: Frame, colour: string): string[] {
  const runs = runsWithin(points, frame);
  const lines: string[] = [];
  if (style !== "dots") {
    const dashes = style === "dashed" ? ' stroke-dasharray="6 4"' : "";
    for (const run of runs.filter(({ length }) => length > 1)) {
      const path = run.map(({ x, y }) => `${pixel(placeX(frame, x))},${pixel(placeY(frame, y))}`).join(" ");
      lines.push(`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"${dashes}/>`);
    }
  }
  for (const { x, y, low, high } of runs.flat()) {
    const at = placeX(frame, x);
    if (low !== undefined && high !== undefined) {
      const bottom = Math.min(frame.bottom, placeY(frame, low));
      lines.push(rule(at, bottom, at, Math.max(frame.top, placeY(frame, high)), colour, ' stroke-width="1.5"'));
    }
    lines.push(
      `<circle cx="${pixel(at)}" cy="${pixel(placeY(frame, y))}" r="${style === "dots" ? 4.5 : 3}" fill="${colour}"/>`,
    );
  }
  return lines;
}

/** Points off the scale break the line: one drawn across them would say that the values between lay on it. */
function runsWithin(points: readonly Point[], frame: Frame): Point[][] {
  const runs: Point[][] = [[]];
  for (const point of points) {
    if (isWithin(frame.x, point.x) && isWithin(frame.y, point.y)) runs.at(-1)?.push(point);
    else if (runs.at(-1)?.length !== 0) runs.push([]);
  }
  return runs.filter((run) => run.length > 0);
}

function isWithin({ at }: Scaled, value: number): boolean {
  const place = at(value);
  return place >= -1e-9 && place <= 1 + 1e-9;
}

function drawLegend(
  panels: readonly Panel[],
  colours: ReadonlyMap<string, string>,
  width: number,
): { lines: readonly string[]; height: number } {
  const styles = new Map(panels.flatMap(({ series }) => series.map(({ label, style = "line" }) => [label, style])));
  const lines: string[] = [];
  let x = 20;
  let y = 14;
  for (const [label, colour] of colours) {
    const entryWidth = 30 + 6.4 * label.length;
    if (x > 20 && x + entryWidth > width - 20) {
      x = 20;
      y += LEGEND_ROW;
    }
    const style = styles.get(label);
    const dashes = style === "dashed" ? ' stroke-width="2" stroke-dasharray="6 4"' : ' stroke-width="2"';
    if (style !== "dots") lines.push(rule(x, y - 4, x + 22, y - 4, colour, dashes));
    lines.push(`<circle cx="${x + 11}" cy="${y - 4}" r="${style === "dots" ? 4.5 : 3}" fill="${colour}"/>`);
    lines.push(text({ x: x + 28, y }, label));
    x += entryWidth + LEGEND_ENTRY_GAP;
  }
  return { lines, height: y };
}

interface TextStyle {
  readonly x: number;
  readonly y: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly size?: number;
  readonly weight?: number;
  readonly fill?: string;
  readonly transform?: string;
}

function text({ x, y, anchor, size, weight, fill, transform }: TextStyle, content: string): string {
  const attributes = [
    `x="${pixel(x)}" y="${pixel(y)}"`,
    ...(anchor === undefined ? [] : [`text-anchor="${anchor}"`]),
    ...(size === undefined ? [] : [`font-size="${size}"`]),
    ...(weight === undefined ? [] : [`font-weight="${weight}"`]),
    ...(fill === undefined ? [] : [`fill="${fill}"`]),
    ...(transform === undefined ? [] : [`transform="${transform}"`]),
  ];
  return `<text ${attributes.join(" ")}>${escape(content)}</text>`;
}

function rule(x1: number, y1: number, x2: number, y2: number, stroke: string, more = ""): string {
  return `<line x1="${pixel(x1)}" y1="${pixel(y1)}" x2="${pixel(x2)}" y2="${pixel(y2)}" stroke="${stroke}"${more}/>`;
}

function placeX({ left, right, x }: Frame, value: number): number {
  return left + x.at(value) * (right - left);
}

function placeY({ top, bottom, y }: Frame, value: number): number {
  return bottom - y.at(value) * (bottom - top);
}

function pixel(value: number): string {
  return value.toFixed(1);
}

function escape(content: string): string {
  return content.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}
