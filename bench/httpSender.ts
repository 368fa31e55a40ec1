import { Agent, request } from "node:http";

const MAX_SOCKETS = 1024;
/** Node heeds the server's Keep-Alive only below a limit of its own: an idle connection is then given up before the server closes it. */
const IDLE_MS = 60_000;

/** Posts JSON over connections that are kept, under an API key if there is one. */
export class HttpSender {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, timeout: IDLE_MS });
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, key?: string) {
    this.#url = url;
    this.#headers = {
      "content-type": "application/json",
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    };
  }

  /** Resolves with the answer's body. */
  post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { ...this.#headers, "content-length": Buffer.byteLength(body) };
      const sent = request(this.#url, { method: "POST", agent: this.#agent, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve(text));
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
