import { afterEach, describe, expect, test } from "@jest/globals";
import { LinkRig } from "../support/linkRig.js";

let rig: LinkRig;
afterEach(() => rig.stop());

async function connect(...options: ConstructorParameters<typeof LinkRig>): Promise<void> {
  rig = new LinkRig(...options);
  await rig.start();
}

describe("a link whose replica is removed", () => {
  const REMOVED = "lost: the replica was removed";

  test("takes no more batches, waits for those in flight, and is stopped then", async () => {
    await connect({}, { onStopped: () => void rig.note("stopped") });
    rig.send(1, 1, 2);
    rig.send(2, 3);
    await rig.server.received(2);
    rig.link.drain();
    expect(rig.link.phase).toBe("DRAINING");
    rig.send(3, 4);
    await rig.happened("3 lost: replica r is not connected");
    rig.server.answer(2, [3]);
    await rig.happened("2 rows: 1 rows");
    rig.link.drain();
    expect(rig.link.phase).toBe("DRAINING");
    rig.server.answer(1, [1, 2]);
    await rig.happened("stopped");
    expect(rig.events).toEqual([
      "ready",
      REMOVED,
      "3 lost: replica r is not connected",
      "2 rows: 1 rows",
      "1 rows: 2 rows",
      "stopped",
    ]);
    expect(rig.link.phase).toBe("STOPPED");
  });

  test("is stopped at once without a batch in flight, and when its stream breaks meanwhile", async () => {
    await connect({}, { onStopped: () => void rig.note("stopped") });
    rig.link.drain();
    expect(rig.events).toEqual(["ready", REMOVED, "stopped"]);
    rig.stop();
    await connect({}, { onStopped: () => void rig.note("stopped") });
    rig.send(1, 1);
    await rig.server.received(1);
    rig.link.drain();
    rig.server.call?.end();
    await rig.happened("stopped");
    expect(rig.events.slice(0, 2)).toEqual(["ready", REMOVED]);
    expect(rig.events.slice(2).toSorted()).toEqual([
      "1 lost: model m@1: lost replica r: the wrapper closed the stream",
      "stopped",
    ]);
  });

  test("waits no longer than a batch may take", async () => {
    await connect({}, { onStopped: () => void rig.note("stopped"), batchTimeoutMs: 500 });
    rig.send(1, 1);
    await rig.server.received(1);
    rig.link.drain();
    rig.clock.fire();
    expect(rig.link.phase).toBe("STOPPED");
    expect(rig.events).toContain("stopped");
  });

  test("is stopped with what it waits for when it is not to wait any more", async () => {
    await connect({}, { onStopped: () => void rig.note("stopped") });
    rig.send(1, 1);
    await rig.server.received(1);
    rig.link.drain();
    rig.link.stop();
    rig.link.stop();
    expect(rig.events.slice(2)).toEqual(["1 lost: model m@1: lost replica r: the link was closed", "stopped"]);
    // Another replica may have it: nothing speaks against the input.
    expect(rig.replies.get(1)).toMatchObject({ refused: true });
  });
});
