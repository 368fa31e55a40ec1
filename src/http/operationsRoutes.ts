import type { FastifyInstance } from "fastify";

export interface OperationsRoutes {
  readonly isReady: () => boolean;
  readonly metricsText: () => Promise<{ readonly type: string; readonly text: string }>;
}

/** Health for whoever restarts or balances, Prometheus' text for whoever watches. */
export function addOperationsRoutes(routes: FastifyInstance, { isReady, metricsText }: OperationsRoutes): void {
  routes.get("/health/live", () => ({ live: true }));
  routes.get("/health/ready", (_request, reply) => {
    const ready = isReady();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  routes.get("/metrics", async (_request, reply) => {
    const { type, text } = await metricsText();
    return reply.type(type).send(text);
  });
  routes.setNotFoundHandler((request, reply) => {
    const served = "/graphql, /health/live, /health/ready, /metrics";
    return reply
      .code(404)
      .send({ error: `${request.method} ${request.url.slice(0, 200)} is not served; see ${served}` });
  });
}
