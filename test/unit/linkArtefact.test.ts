import { afterEach, describe, expect, test } from "@jest/globals";
import { LinkRig } from "../support/linkRig.js";

let rig: LinkRig;
afterEach(() => rig.stop());

describe("a link to a wrapper that states its artefact", () => {
  const [OURS, OTHER] = ["a".repeat(64), "b".repeat(64)];

  test("says which it is", async () => {
    rig = new LinkRig({}, { expectedDigest: () => OURS });
    rig.server.properties = { artefact_sha256: OURS };
    await rig.start();
    expect(rig.link.artefactDigest).toBe(OURS);
  });

  test("refuses one that is not what the version is served from, and shows both", async () => {
    rig = new LinkRig({}, { expectedDigest: () => OURS });
    rig.server.properties = { artefact_sha256: OTHER };
    await rig.start();
    expect(rig.events).toEqual(["waits"]);
    expect(rig.link.problem).toBe(
      `the wrapper's artefact is not the one that m@1 is served from: expected SHA-256 ${OURS}, got ${OTHER}; ` +
        "another artefact is another version",
    );
    rig.server.properties = { artefact_sha256: OURS };
    rig.clock.fire();
    await rig.happened("ready");
  });

  test("refuses it also if the version's became known while it was opening", async () => {
    let digest: string | undefined;
    rig = new LinkRig({}, { expectedDigest: () => digest });
    rig.server.properties = { artefact_sha256: OTHER };
    rig.server.onReadyAsked = () => (digest = OURS);
    await rig.start();
    expect(rig.events).toEqual(["waits"]);
    expect(rig.link.problem).toContain(OURS);
  });
});
