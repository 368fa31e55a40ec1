import type { ServerResponse } from "node:http";

interface Answer {
  readonly response: ServerResponse;
  readonly contentType: string;
  readonly text: string;
}

/**
 * Writes answers together at the end of the event-loop turn in which they were ready. Written one by one, each would
 * wake a client that has gone to sleep since the last, at ten microseconds of CPU a time.
 */
export class AnswerQueue {
  readonly #turnEnd: (callback: () => void) => void;
  #answers: Answer[] = [];

  constructor(turnEnd: (callback: () => void) => void) {
    this.#turnEnd = turnEnd;
  }

  /** Status 200. */
  send(response: ServerResponse, contentType: string, text: string): void {
    if (this.#answers.length === 0) this.#turnEnd(() => this.#flush());
    this.#answers.push({ response, contentType, text });
  }

  #flush(): void {
    const answers = this.#answers;
    this.#answers = [];
    for (const { response, contentType, text } of answers) {
      response.writeHead(200, {
        "cache-control": "no-store",
        "content-type": contentType,
        "content-length": Buffer.byteLength(text),
      });
      response.end(text);
    }
  }
}
