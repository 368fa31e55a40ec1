export interface ReadEvent {
  readonly event: string;
  /** Parsed; null where there was none. */
  readonly data: unknown;
}

/** The events of a text as the HTML standard reads it (server-sent events, 9.2.6): comments are none. */
export function eventsIn(text: string): readonly ReadEvent[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .flatMap((block) => {
      const fields = block.split("\n").filter((line) => !line.startsWith(":"));
      if (fields.length === 0) return [];
      const valueOf = (name: string): string =>
        fields
          .find((line) => line.startsWith(`${name}:`))
          ?.slice(name.length + 1)
          .replace(/^ /, "") ?? "";
      const data = valueOf("data");
      return [{ event: valueOf("event"), data: data === "" ? null : (JSON.parse(data) as unknown) }];
    });
}

/** Events of an answer as they come. Leaving the loop closes the connection. */
export async function* readEvents(response: Response): AsyncGenerator<ReadEvent, void> {
  if (response.body === null) return;
  let rest = "";
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const text = rest + chunk;
    const end = text.lastIndexOf("\n\n") + 2;
    rest = end < 2 ? text : text.slice(end);
    if (end >= 2) yield* eventsIn(text.slice(0, end));
  }
}
