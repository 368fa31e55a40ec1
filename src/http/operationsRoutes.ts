import type { FastifyInstance } from "fastify";

export interface OperationsRoutes {
  readonly isReady: () => boolean;
  /** What works only in part, in words: such a server is ready all the same. */
  readonly degraded: () => string | undefined;
  /** Undefined: whoever sent this header may see the metrics. */
  readonly metricsRefusal: (
    authorization: string | undefined,
  ) => Promise<{ readonly status: number; readonly message: string } | undefined>;
  readonly metricsText: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** Health for whoever restarts or balances, Prometheus' text for whoever watches. */
export function addOperationsRoutes(routes: FastifyInstance, operations: OperationsRoutes): void {
  const { isReady, degraded, metricsRefusal, metricsText } = operations;
  routes.get("/health/live", () => ({ live: true }));
  routes.get("/health/ready", (_request, reply) => {
    const ready = isReady();
    return reply.code(ready ? 200 : 503).send({ ready, degraded: degraded() });
  });
  routes.get("/metrics", async (request, reply) => {
    const refusal = await metricsRefusal(request.headers.authorization);
    if (refusal !== undefined) {
      if (refusal.status === 401) reply.header("www-authenticate", "Bearer");
      return reply.code(refusal.status).send({ error: refusal.message });
    }
    const { type, text } = await metricsText();
    return reply.type(type).send(text);
  });
  routes.setNotFoundHandler((request, reply) => {
    const served = "/graphql, /health/live, /health/ready, /metrics, /v2/artifacts/{sha256}";
    return reply
      .code(404)
      .send({ error: `${request.method} ${request.url.slice(0, 200)} is not served; see ${served}` });
  });
}
