/** `; did you mean port?` for a name that is nearly a known one, else the known ones. */
export function suggest(name: string, known: readonly string[]): string {
  return nearest(name, known) || `; known: ${known.join(", ")}`;
}

/** As `suggest`, for those who have been told the known ones: nothing where none is near. */
export function nearest(name: string, known: readonly string[]): string {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= 1 + name.length / 4 ? `; did you mean ${near.candidate}?` : "";
}

/** Levenshtein's distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current[j] = Math.min(replaced, (previous[j] as number) + 1, (current[j - 1] as number) + 1);
    }
    previous = current;
  }
  return previous[b.length] as number;
}
