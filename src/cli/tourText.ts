/** Columns of the tour's output: an ordinary terminal, or half of a wide one. */
const WIDTH = 88;

/** Lines of at most `WIDTH` columns, each behind the indent. */
export function wrapped(text: string, indent = ""): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/)) {
    if (line !== "" && indent.length + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].map((one) => indent + one).join("\n");
}

/** Columns as wide as their cells; numbers stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, i) => Math.max(cell.length, ...rows.map((row) => (row[i] ?? "").length)));
  const isNumeric = head.map((_, i) => rows.every((row) => /^[-+\d.]*$/.test(row[i] ?? "")));
  const line = (cells: readonly string[]): string =>
    `  ${cells.map((cell, i) => (isNumeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0))).join("  ")}`.trimEnd();
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Three decimals; one that rounds to zero has no sign. */
export function decimal(value: number): string {
  const text = value.toFixed(3);
  return Number(text) === 0 ? "0.000" : text;
}

/** The same with its sign. */
export function change(value: number): string {
  const text = decimal(value);
  return value > 0 && text !== "0.000" ? `+${text}` : text;
}

export function yesNo(value: boolean): string {
  return value ? "yes" : "no";
}

/** At the end of a word, with a sign that something is left out. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${text.slice(0, text.lastIndexOf(" ", most - 3))}...`;
}
