import { expect, test } from "@jest/globals";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createContext, runInContext } from "node:vm";
import { gunzipSync } from "node:zlib";
import { OPEN_WITH_KEY } from "../../src/graphql/graphiqlKey.js";
import { GraphiqlPage } from "../../src/graphql/graphiqlPage.js";

function visit(page: GraphiqlPage, encoding: string) {
  const bodies: Buffer[] = [];
  const request = { headers: { "accept-encoding": encoding } } as unknown as IncomingMessage;
  const response = {
    writeHead: () => undefined,
    end: (body: Buffer) => bodies.push(body),
  } as unknown as ServerResponse;
  return { bodies, sent: page.send(request, response) };
}

test("visitors who come while the page is compressed wait for the same, and the event loop for nobody", async () => {
  const page = new GraphiqlPage("{ first }");
  const [first, second, plain] = [visit(page, "gzip"), visit(page, "gzip"), visit(page, "")];
  let turns = 0;
  const count = (): void => {
    turns++;
    if (first.bodies.length === 0) setImmediate(count);
  };
  setImmediate(count);
  await Promise.all([first.sent, second.sent, plain.sent]);
  expect(turns).toBeGreaterThan(10);
  expect(second.bodies[0]).toBe(first.bodies[0]);
  expect(gunzipSync(first.bodies[0] as Buffer).equals(plain.bodies[0] as Buffer)).toBe(true);
  expect(plain.bodies[0]?.includes("{ first }")).toBe(true);
});

/** A tab of a browser at an application's address, whose server takes the key `right`, or none where access is open. */
function tab({ kept = null as string | null, typed = [] as string[], isOpen = false } = {}) {
  const problems: string[] = [];
  const rendered: object[] = [];
  const addresses: string[] = [];
  const input = { value: "" };
  const submitted = (_: string, submit: (event: object) => void): void => {
    input.value = typed.shift() ?? "";
    submit({ preventDefault: () => undefined });
  };
  const problem = {
    set textContent(text: string) {
      problems.push(text);
    },
  };
  const form = { querySelector: () => problem, elements: { key: input }, addEventListener: submitted };
  const store = { key: kept };
  const context = createContext({
    root: { innerHTML: "", querySelector: () => form },
    location: { pathname: "/graphql/apps/shop", href: "http://here/graphql/apps/shop" },
    history: { replaceState: (_: object, __: string, url: string) => addresses.push(url) },
    sessionStorage: { getItem: () => store.key, setItem: (_: string, key: string) => (store.key = key) },
    fetch: (address: string, { method, headers }: { method?: string; headers: { authorization?: string } }) => {
      const isGood = isOpen || headers.authorization === "Bearer right";
      if (method === "POST") return Promise.resolve({ status: isGood ? 200 : 401 });
      return Promise.resolve({ redirected: isGood, url: `${address}?query=first` });
    },
    YogaGraphiQL: { renderYogaGraphiQL: (_: object, options: object) => rendered.push(options) },
  });
  const opened = runInContext(`${OPEN_WITH_KEY} openWithKey(root, { title: "t" })`, context) as Promise<void>;
  return { opened, store, problems, addresses, rendered: () => JSON.parse(JSON.stringify(rendered)) as object[] };
}

const WITH_KEY = {
  additionalHeaders: { authorization: "Bearer right" },
  connectionParams: { authorization: "Bearer right" },
};

test("the page asks for a key until the server knows it, and has it sent as header and in connection_init", async () => {
  const visit = tab({ typed: ["wrong", " right "] });
  await visit.opened;
  expect(visit.problems).toEqual(["", "The server does not know this key, or it is good no longer."]);
  expect(visit.rendered()).toEqual([{ title: "t", ...WITH_KEY }]);
  expect(visit.store.key).toBe("right");
  expect(visit.addresses).toEqual(["http://here/graphql/apps/shop?query=first"]);
});

test("the page asks for no key where the tab has one, and for none where access is open", async () => {
  const known = tab({ kept: "right" });
  const open = tab({ isOpen: true });
  await Promise.all([known.opened, open.opened]);
  expect([...known.problems, ...open.problems]).toEqual([]);
  expect(known.rendered()).toEqual([{ title: "t", ...WITH_KEY }]);
  expect(open.rendered()).toEqual([{ title: "t", additionalHeaders: {}, connectionParams: {} }]);
  expect(open.store.key).toBeNull();
});

test("the page as it is sent begins with the key", async () => {
  const { bodies, sent } = visit(new GraphiqlPage("{ first }"), "");
  await sent;
  const html = bodies[0]?.toString() ?? "";
  const opening = html.slice(html.lastIndexOf("async function openWithKey"));
  expect(opening).toContain(OPEN_WITH_KEY.trim());
  expect(opening).toMatch(/^openWithKey\(\s*window\.document/m);
});

test("the page takes lists and {} for what they are among variables, and shows the answer below where it is narrow", async () => {
  const { bodies, sent } = visit(new GraphiqlPage("{ first }"), "");
  await sent;
  const html = bodies[0]?.toString() ?? "";
  const told = /setSchemaConfig\(\[\{customScalarSchemas:(\{.*?\}\}),uri:/.exec(html)?.[1] ?? "";
  expect(JSON.parse(told)).toEqual({
    FloatVector: { type: "array" },
    NoParameters: { type: "object", maxProperties: 0 },
  });
  const style = html.indexOf("#graphiql-session { flex-direction: column; }");
  expect(style).toBeGreaterThan(0);
  expect(html.indexOf('<div id="root"></div>')).toBeGreaterThan(style);
});
