import { serveThread } from "./threads.js";

await serveThread();
