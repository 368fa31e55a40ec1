import { describe, expect, test } from "@jest/globals";
import { UnderWay } from "../../src/graphql/underWay.js";
import { Caller } from "../../src/lib/caller.js";
import { FakeClock } from "../support/fakeClock.js";

function begun(underWay: UnderWay, socket: object, ids: readonly string[]): readonly Caller[] {
  return ids.map((id) => {
    const caller = new Caller();
    underWay.begin(socket, id, caller);
    return caller;
  });
}

const left = (callers: readonly Caller[]): readonly boolean[] => callers.map(({ hasLeft }) => hasLeft);

describe("operations under way on websockets", () => {
  test("an operation that has been answered calls off what it still waits for, and nobody else's", () => {
    const underWay = new UnderWay();
    const [one, two] = [{}, {}];
    const callers = [...begun(underWay, one, ["a", "b"]), ...begun(underWay, two, ["a"])];
    underWay.end(one, "a");
    expect(left(callers)).toEqual([true, false, false]);
    underWay.end(one, "a");
    underWay.end(two, "nothing");
    expect(left(callers)).toEqual([true, false, false]);
    expect([underWay.has(one), underWay.has(two)]).toEqual([true, true]);
    underWay.end(one, "b");
    expect([underWay.has(one), underWay.has(two)]).toEqual([false, true]);
  });

  test("with its socket all of them leave, and whoever waits for the last is told", async () => {
    const underWay = new UnderWay();
    const clock = new FakeClock();
    const socket = {};
    const callers = begun(underWay, socket, ["a", "b"]);
    let none = false;
    const waiting = underWay.whenNone(clock, 1000).then(() => (none = true));
    underWay.endAll(socket);
    expect(left(callers)).toEqual([true, true]);
    expect(none).toBe(false);
    clock.endTurn();
    await waiting;
  });
});
