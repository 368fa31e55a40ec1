import { describe, expect, test } from "@jest/globals";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HostRules } from "../../src/lib/hostRules.js";
import { GuardedDial } from "../../src/replicas/dial.js";
import type { WrapperTls } from "../../src/replicas/wrapperTls.js";
import { withFolder } from "../support/temporaryFolder.js";

/** Answers each question of a name server with the next of these. */
function dialWith(answers: readonly (readonly string[])[], list: readonly string[] = [], tls?: WrapperTls) {
  let asked = 0;
  const lookup = (): Promise<readonly string[]> => Promise.resolve(answers[asked++] ?? []);
  const guarded = new GuardedDial({ rules: new HostRules(list), lookup, tls });
  const dial = guarded.to("m", 1);
  return { guarded, target: async (endpoint: string, attempt = 0) => (await dial(endpoint, attempt)).target };
}

describe("a name", () => {
  test("is looked up for each try, and the address that was checked is connected to", async () => {
    const { target } = dialWith([["10.0.0.5"], ["10.0.0.6"]]);
    expect([await target("gpu:80"), await target("gpu:80")]).toEqual(["ipv4:10.0.0.5:80", "ipv4:10.0.0.6:80"]);
  });

  test("with several addresses is tried at one after another", async () => {
    const { target } = dialWith([
      ["10.0.0.5", "fd00::6"],
      ["10.0.0.5", "fd00::6"],
      ["10.0.0.5", "fd00::6"],
    ]);
    const tried = [await target("gpu:80", 0), await target("gpu:80", 1), await target("gpu:80", 2)];
    expect(tried).toEqual(["ipv4:10.0.0.5:80", "ipv6:[fd00::6]:80", "ipv4:10.0.0.5:80"]);
  });

  test("that means this machine or a metadata service by the time of the connection is refused then", async () => {
    const { guarded, target } = dialWith([["10.0.0.5"], ["127.0.0.1"], ["10.0.0.5", "169.254.169.254"]]);
    expect(await guarded.refusal("rebound.example:80")).toBeUndefined();
    await expect(target("rebound.example:80")).rejects.toThrow("a name for this machine");
    await expect(target("rebound.example:80")).rejects.toThrow("never asked");
  });

  test("that stands for nothing may be registered, but not connected to", async () => {
    const { guarded, target } = dialWith([]);
    expect(await guarded.refusal("later.example:80")).toBeUndefined();
    await expect(target("later.example:80")).rejects.toThrow("later.example has no address");
  });
});

test.each([
  ["169.254.169.254:80", [], "never asked"],
  ["[::ffff:169.254.169.254]:80", [], "never asked"],
  ["[::1]:80", ["10.0.0.0/8"], "not in --wrapper-hosts"],
  ["unix:/var/run/docker.sock", ["10.0.0.0/8"], "not in --wrapper-hosts"],
])("%s with the list %j is refused at its registration and at each connection", async (endpoint, list, why) => {
  const { guarded, target } = dialWith([], list);
  expect(await guarded.refusal(endpoint)).toContain(why);
  await expect(target(endpoint)).rejects.toThrow(why);
});

test("with certificates for wrappers a socket has to be this user's alone", async () => {
  await withFolder(async (folder) => {
    const socket = join(folder, "a.sock");
    await writeFile(socket, "");
    const { target } = dialWith([], [], {} as WrapperTls);
    await chmod(socket, 0o660);
    await expect(target(`unix:${socket}`)).rejects.toThrow("this user's own with mode 0600");
    await chmod(socket, 0o600);
    expect(await target(`unix:${socket}`)).toBe(`unix:${socket}`);
  });
});
