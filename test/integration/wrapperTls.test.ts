import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import type { SecureVersion } from "node:tls";
import type { PeerFiles } from "../../src/protocol/peerFiles.js";
import { SERVER_IDENTITY, wrapperIdentity } from "../../src/protocol/peerIdentity.js";
import { askSignature } from "../../src/replicas/wrapperClient.js";
import { Authority, placed, replaceFiles } from "../support/certificates.js";
import type { LiveLink } from "../support/liveLinks.js";
import { until } from "../support/ownProcesses.js";
import { temporaryFolder } from "../support/postgres.js";
import { withPythonOf } from "../support/pythonEnvironment.js";
import { pythonScript } from "../support/pythonWrapper.js";
import { noop, testWrappers } from "../support/registered.js";
import { TlsLinks } from "../support/tlsLinks.js";
import type { WrapperCommand } from "../support/wrapperProcess.js";
import { runToExit } from "../support/wrapperProcess.js";

const SERVER = `URI:${SERVER_IDENTITY}`;
const WRAPPER = `URI:${wrapperIdentity("stub", 1)}`;
const wrappers = testWrappers();
const links = new TlsLinks();
let folder: string;
let authority: Authority;
let server: PeerFiles;
let wrapperFiles: PeerFiles;

beforeAll(async () => {
  folder = await temporaryFolder();
  authority = await Authority.create(join(folder, "ours"));
  server = await authority.certify(SERVER);
  wrapperFiles = await authority.certify(WRAPPER);
});
afterEach(() => links.stop());

async function endpointOf(command: WrapperCommand, files: PeerFiles): Promise<string> {
  const wrapper = await wrappers.start(command, "--name", "stub", "--listen", "127.0.0.1:0", ...optionsOf(files));
  return wrapper.ready.listening;
}

function optionsOf({ ca, certificate, key }: PeerFiles): string[] {
  return ["--tls-ca", ca, "--tls-certificate", certificate, "--tls-key", key];
}

/** The link is not up, and says why. */
async function refused(endpoint: string, files: PeerFiles | undefined, why: RegExp): Promise<void> {
  return isRefused(links.open(endpoint, files), why);
}

async function isRefused(live: LiveLink, why: RegExp): Promise<void> {
  await until(`a refusal like ${why}`, () => why.test(live.link.problem ?? ""));
  expect(live.readies).toBe(0);
}

function mutualTls(language: string, command: () => WrapperCommand): void {
  describe(`a wrapper in ${language} with certificates`, () => {
    let endpoint: string;
    beforeAll(async () => {
      endpoint = await endpointOf(command(), wrapperFiles);
    });

    test("is linked by the server, over TLS 1.3", async () => {
      const live = links.open(endpoint, server);
      await live.ready();
      expect(await live.send(1, 2)).toMatchObject({ kind: "rows" });
    });

    test("refuses who has no certificate, or speaks in the clear", async () => {
      await isRefused(links.openWithoutCertificate(endpoint, authority.ca), /./);
      await refused(endpoint, undefined, /./);
    });

    test("refuses who has one of another authority, or an expired one", async () => {
      const other = await Authority.create(join(folder, `other ${language}`));
      const strange = { ...(await other.certify(SERVER)), ca: authority.ca };
      await refused(endpoint, strange, /./);
      await refused(endpoint, await authority.certify(SERVER, { expired: true }), /./);
    });

    test("refuses another than the server, whom our authority certified too", async () => {
      await refused(endpoint, wrapperFiles, /the certificate is not that of skysail:server/);
      await refused(endpoint, await authority.certify("DNS:skysail.server"), /not that of skysail:server/);
    });

    test("says what is missing on its command line", async () => {
      const exit = await runToExit({ ...command(), args: [...command().args, "--tls-ca", server.ca] });
      expect(exit.stderr).toContain("give all three, or none to answer everyone");
    });

    test("goes on while certificates of both sides are replaced, and new connections have the new ones", async () => {
      const ours = await placed(server, join(folder, `server ${language}`));
      const theirs = await placed(wrapperFiles, join(folder, `wrapper ${language}`));
      const rotating = await endpointOf(command(), theirs);
      const live = links.open(rotating, ours);
      await live.ready();
      const answers: Promise<unknown>[] = [];
      const load = setInterval(() => answers.push(live.send(answers.length)), 5);
      try {
        const next = await Authority.create(join(folder, `next ${language}`));
        const [nextServer, nextWrapper] = [await next.certify(SERVER), await next.certify(WRAPPER)];
        await replaceFiles(nextWrapper, theirs);
        await replaceFiles(nextServer, ours);
        // Those of the next authority alone are accepted by now, and the link that is open has gone on.
        await until("the next certificates count", async () => {
          const probe = links.open(rotating, nextServer);
          await until("an answer", () => probe.readies > 0 || probe.link.problem !== undefined);
          return probe.readies > 0;
        });
        await refused(rotating, server, /./);
        const later = links.open(rotating, ours);
        await later.ready();
      } finally {
        clearInterval(load);
      }
      const kinds = (await Promise.all(answers)).map((answer) => (answer as { kind: string }).kind);
      expect(kinds.length).toBeGreaterThan(10);
      expect(new Set(kinds)).toEqual(new Set(["rows"]));
      expect(live.losses).toEqual([]);
    });
  });
}

mutualTls("TypeScript", noop);
await withPythonOf("light", "mutual TLS in Python", (python) =>
  mutualTls("Python", () => pythonScript(python, "test/support/wrapperModels/noop.py", "--width", "1")),
);

test("a wrapper in TypeScript refuses TLS 1.2", async () => {
  const port = Number((await endpointOf(noop(), wrapperFiles)).split(":")[1]);
  const secrets = {
    ca: readFileSync(server.ca),
    cert: readFileSync(server.certificate),
    key: readFileSync(server.key),
  };
  const meet = (maxVersion: SecureVersion) =>
    new Promise((resolve) => {
      const own = { ...secrets, maxVersion, ALPNProtocols: ["h2"], checkServerIdentity: () => undefined };
      const socket = connect({ host: "127.0.0.1", port, ...own }, () => {
        resolve(socket.getProtocol());
        socket.destroy();
      });
      socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    });
  expect(await meet("TLSv1.3")).toBe("TLSv1.3");
  expect(await meet("TLSv1.2")).toBe("ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
});

describe("the server", () => {
  test("refuses a wrapper that speaks in the clear", async () => {
    const wrapper = await wrappers.start(noop(), "--name", "stub", "--listen", "127.0.0.1:0");
    await refused(wrapper.ready.listening, server, /./);
  });

  test("refuses a wrapper of another version", async () => {
    const other = await endpointOf(noop(), await authority.certify("URI:wrapper:stub:2"));
    await refused(other, server, /certificate is not that of wrapper:stub:1: it names wrapper:stub:2/);
  });

  test("says of a wrapper that is registered why it is refused", async () => {
    const endpoint = await endpointOf(noop(), await authority.certify("URI:wrapper:stub:2"));
    const dial = links.dial(server);
    const asked = { model: "stub", version: 1, endpoints: [endpoint], maxMessageBytes: 2 ** 20 };
    expect(await askSignature({ ...asked, dial: dial.to.bind(dial), deadlineWallMs: Date.now() + 500 })).toMatchObject({
      code: "MODEL_UNAVAILABLE",
      message: expect.stringMatching(/certificate is not that of wrapper:stub:1: it names wrapper:stub:2/) as unknown,
    });
  });

  test("refuses a wrapper with an expired certificate, or of another authority", async () => {
    const expired = await authority.certify(WRAPPER, { expired: true });
    await refused(await endpointOf(noop(), expired), server, /certificate has expired/);
    const other = await Authority.create(join(folder, "wrapper's"));
    const strange = { ...(await other.certify(WRAPPER)), ca: authority.ca };
    await refused(await endpointOf(noop(), strange), server, /./);
  });
});

afterAll(() => links.stop());
