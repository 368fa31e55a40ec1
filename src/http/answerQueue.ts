import type { ServerResponse } from "node:http";
import type { Clock } from "../domain/ports.js";
import { isPlainAnswer, KEEP_ALIVE_SECONDS, writeWhole } from "./writeWhole.js";

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
  readonly #clock: Pick<Clock, "turnEnd" | "wallMs">;
  #answers: Answer[] = [];
  #dateSecond = -1;
  /** The head's lines behind its Content-Length, good for one second. */
  #headEnd = "";

  constructor(clock: Pick<Clock, "turnEnd" | "wallMs">) {
    this.#clock = clock;
  }

  /** Status 200. */
  send(response: ServerResponse, contentType: string, text: string): void {
    if (this.#answers.length === 0) this.#clock.turnEnd(() => this.#flush());
    this.#answers.push({ response, contentType, text });
  }

  #flush(): void {
    const answers = this.#answers;
    this.#answers = [];
    this.#date();
    for (const { response, contentType, text } of answers) {
      const bytes = Buffer.byteLength(text);
      if (isPlainAnswer(response)) {
        const head = `HTTP/1.1 200 OK\r\ncache-control: no-store\r\ncontent-type: ${contentType}\r\ncontent-length: ${bytes}\r\n`;
        writeWhole(response, `${head}${this.#headEnd}${text}`, bytes === text.length);
        continue;
      }
      response.writeHead(200, {
        "cache-control": "no-store",
        "content-type": contentType,
        "content-length": bytes,
      });
      response.end(text);
    }
  }

  #date(): void {
    const wallMs = this.#clock.wallMs();
    const second = Math.floor(wallMs / 1000);
    if (second === this.#dateSecond) return;
    this.#dateSecond = second;
    const date = new Date(wallMs).toUTCString();
    this.#headEnd = `Date: ${date}\r\nConnection: keep-alive\r\nKeep-Alive: timeout=${KEEP_ALIVE_SECONDS}\r\n\r\n`;
  }
}
