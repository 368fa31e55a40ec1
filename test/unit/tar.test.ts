import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tarFolder } from "../../src/cli/tarFolder.js";
import { extractTar } from "../../src/deploying/extractTar.js";

let folder: string;
let count = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "skysail-test-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function fresh(): Promise<string> {
  const path = join(folder, String(++count), "inner");
  await mkdir(path, { recursive: true });
  return path;
}

interface Entry {
  readonly name: string;
  readonly type?: string;
  readonly content?: string;
  readonly link?: string;
  /** That the header says, whatever the content. */
  readonly size?: number;
}

/** A tar as an attacker may write it. */
function tarOf(...entries: readonly Entry[]): Buffer {
  const blocks = entries.flatMap(({ name, type = "0", content = "", link = "", size }) => {
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write("0000644\0", 100);
    header.write(`${(size ?? Buffer.byteLength(content)).toString(8).padStart(11, "0")}\0`, 124);
    header.write("        ", 148);
    header.write(type, 156);
    header.write(link, 157);
    header.write("ustar\x0000", 257);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512);
    body.write(content);
    return [header, body];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

async function extracted(tar: Buffer): Promise<string> {
  const into = await fresh();
  const path = join(into, "..", "it.tar");
  await writeFile(path, tar);
  await extractTar(path, into);
  return into;
}

const filesIn = async (path: string): Promise<string[]> =>
  (await readdir(path, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

async function makeModel(): Promise<{ readonly path: string; readonly long: string }> {
  const path = await fresh();
  const long = `${"a".repeat(90)}/${"\u00e9".repeat(60)}/part`;
  await mkdir(join(path, "variables"), { recursive: true });
  await mkdir(join(path, long, ".."), { recursive: true });
  await writeFile(join(path, "saved_model.pb"), "graph");
  await writeFile(join(path, "variables", "empty"), "");
  await writeFile(join(path, "variables", "data"), "x".repeat(1000));
  await writeFile(join(path, long), "long");
  return { path, long };
}

describe("a folder", () => {
  test("comes out of its tar as it went in, and gives the same tar again", async () => {
    const { path } = await makeModel();
    const [first, second] = [join(folder, "first.tar"), join(folder, "second.tar")];
    await tarFolder(path, first);
    await tarFolder(path, second);
    expect(await readFile(first)).toEqual(await readFile(second));
    const into = await extracted(await readFile(first));
    expect(await filesIn(into)).toEqual(await filesIn(path));
    for (const name of await filesIn(path)) {
      expect(await readFile(join(into, name))).toEqual(await readFile(join(path, name)));
    }
  });

  test("comes out of a tar that the system's tar made, and the other way round", async () => {
    const { path } = await makeModel();
    for (const format of ["gnu", "pax"]) {
      const tar = join(folder, `${format}.tar`);
      execFileSync("tar", ["--format", format, "-cf", tar, "-C", path, "."]);
      expect(await filesIn(await extracted(await readFile(tar)))).toEqual(await filesIn(path));
    }
    const ours = join(folder, "ours.tar");
    await tarFolder(path, ours);
    const into = await fresh();
    execFileSync("tar", ["-xf", ours, "-C", into]);
    expect(await filesIn(into)).toEqual(await filesIn(path));
  });

  test("with a link to a folder is not packed", async () => {
    const path = await fresh();
    await symlink("/etc", join(path, "etc"));
    await expect(tarFolder(path, join(folder, "link.tar"))).rejects.toThrow(/neither a file nor a folder/);
  });
});

describe("a tar is refused", () => {
  test.each([
    ["that leads out of the folder", [{ name: "../out", content: "x" }], /without \.\./],
    ["that leads out further below", [{ name: "a/../../out", content: "x" }], /without \.\./],
    ["with an absolute name", [{ name: "/tmp/skysail-out", content: "x" }], /relative names/],
    ["with a link", [{ name: "link", type: "2", link: "/etc" }], /files and folders, got "link" of type "2"/],
    ["with a hard link", [{ name: "link", type: "1", link: "/etc/passwd" }], /of type "1"/],
    ["with a device", [{ name: "null", type: "3" }], /of type "3"/],
    [
      "with a name twice",
      [
        { name: "a", content: "1" },
        { name: "a", content: "2" },
      ],
      /each name once/,
    ],
    ["that ends early", [{ name: "a", content: "1", size: 1_000_000 }], /ends early/],
    [
      "with a longer name that leads out",
      [
        { name: "pax", type: "x", content: "15 path=../out\n" },
        { name: "a", content: "x" },
      ],
      /without \.\./,
    ],
    [
      "with a GNU name that leads out",
      [
        { name: "././@LongLink", type: "L", content: "../out\0" },
        { name: "a", content: "x" },
      ],
      /without \.\./,
    ],
  ] as const)("%s", async (_, entries, message) => {
    const into = await fresh();
    const path = join(into, "..", "it.tar");
    await writeFile(path, tarOf(...entries));
    await expect(extractTar(path, into)).rejects.toThrow(message);
    expect(existsSync(join(into, "..", "out"))).toBe(false);
    expect(existsSync("/tmp/skysail-out")).toBe(false);
  });

  test("that is none", async () => {
    await expect(extracted(Buffer.alloc(1024, "x"))).rejects.toThrow(/a tar of the model's folder/);
  });

  test("with too many entries", async () => {
    // Attributes for all entries, which touch no disk.
    const entry = tarOf({ name: "pax", type: "g" }).subarray(0, 512);
    const tar = Buffer.alloc(100_001 * entry.length, entry);
    await expect(extracted(tar)).rejects.toThrow(/at most 100000 entries/);
    await expect(extracted(tar.subarray(0, -entry.length))).resolves.toBeDefined();
  });
});
