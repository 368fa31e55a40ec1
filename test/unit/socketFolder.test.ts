import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import * as fs from "node:fs";
import * as os from "node:os";
import { basename, join } from "node:path";

/** Names of folders that are another user's, and of those that cannot be removed, whatever user runs the tests. */
const foreign = new Set<string>();
const stubborn = new Set<string>();
jest.unstable_mockModule("node:fs", () => ({
  ...fs,
  lstatSync(path: string) {
    const found = fs.lstatSync(path);
    return foreign.has(basename(path)) ? Object.assign(found, { uid: found.uid + 1 }) : found;
  },
  rmSync(path: string, options: fs.RmOptions) {
    if (foreign.has(basename(path)) || stubborn.has(basename(path)))
      throw Object.assign(new Error(`EACCES: permission denied, rm '${path}'`), { code: "EACCES" });
    fs.rmSync(path, options);
  },
}));
let folder: string;
jest.unstable_mockModule("node:os", () => ({ ...os, tmpdir: () => folder }));
const { makeSocketFolder } = await import("../../src/replicas/socketFolder.js");

/** No process has this id: Linux has at most 2^22. */
const GONE = 2 ** 23;

beforeEach(() => {
  folder = fs.mkdtempSync(join(os.tmpdir(), "sockets-"));
});
afterEach(() => {
  fs.rmSync(folder, { recursive: true });
  foreign.clear();
  stubborn.clear();
});

function leftover(name: string): string {
  fs.mkdirSync(join(folder, name));
  fs.writeFileSync(join(folder, name, "0.sock"), "");
  return name;
}

describe("the folder of a server's sockets", () => {
  test("is new, only its user's, and gone when it is removed", () => {
    const made = makeSocketFolder(process.pid);
    expect(fs.readdirSync(folder)).toEqual([basename(made.path)]);
    expect(fs.statSync(made.path).mode & 0o777).toBe(0o700);
    made.remove();
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test("takes the place of those whose servers are gone, and leaves everything else", () => {
    leftover(`skysail-${GONE}-aaaaaa`);
    const kept = [leftover(`skysail-${process.pid}-bbbbbb`), leftover(`skysail-${GONE}`), leftover("other")];
    const made = makeSocketFolder(process.pid);
    expect(fs.readdirSync(folder).sort()).toEqual([...kept, basename(made.path)].sort());
  });

  test("is made beside another user's leftover, which stays", () => {
    const theirs = leftover(`skysail-${GONE}-aaaaaa`);
    foreign.add(theirs);
    leftover(`skysail-${GONE}-bbbbbb`);
    const made = makeSocketFolder(process.pid);
    expect(fs.readdirSync(folder).sort()).toEqual([theirs, basename(made.path)].sort());
  });

  test("is made beside a leftover that cannot be removed, and the other leftovers go", () => {
    const stays = leftover(`skysail-${GONE}-aaaaaa`);
    stubborn.add(stays);
    leftover(`skysail-${GONE}-bbbbbb`);
    const made = makeSocketFolder(process.pid);
    expect(fs.readdirSync(folder).sort()).toEqual([stays, basename(made.path)].sort());
  });

  test("never takes a link for a leftover", () => {
    const link = `skysail-${GONE}-cccccc`;
    fs.symlinkSync(leftover("other"), join(folder, link));
    makeSocketFolder(process.pid);
    expect(fs.readdirSync(folder)).toContain(link);
  });
});
