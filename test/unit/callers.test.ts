import { expect, test } from "@jest/globals";
import { EventEmitter } from "node:events";
import { Callers } from "../../src/graphql/callers.js";

class Socket extends EventEmitter {
  destroyed = false;

  close(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

test("who waits on a connection leaves when it closes, and who has their answer does not", () => {
  const left: string[] = [];
  const [callers, socket, other] = [new Callers(), new Socket(), new Socket()];
  const waiting = callers.of(socket);
  waiting.onLeave(() => left.push("waiting"));
  const answered = callers.of(socket);
  answered.onLeave(() => left.push("answered"));
  callers.of(other).onLeave(() => left.push("other"));
  answered.end();
  expect(waiting.hasLeft).toBe(false);
  socket.close();
  expect(left).toEqual(["waiting"]);
  expect(waiting.hasLeft).toBe(true);
});

test("one whose connection closed before anybody asked for it has left", () => {
  const left: string[] = [];
  const [callers, socket] = [new Callers(), new Socket()];
  const caller = callers.of(socket);
  socket.close();
  expect(caller.hasLeft).toBe(true);
  caller.onLeave(() => left.push("at once"));
  expect(left).toEqual(["at once"]);
});

test("a connection has one listener, and none for those who never wait", () => {
  const [callers, socket] = [new Callers(), new Socket()];
  for (let i = 0; i < 20; i++) callers.of(socket).end();
  expect(socket.listenerCount("close")).toBe(0);
  for (let i = 0; i < 20; i++) callers.of(socket).onLeave(() => undefined);
  expect(socket.listenerCount("close")).toBe(1);
});
