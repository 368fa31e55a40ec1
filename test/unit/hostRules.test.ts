import { describe, expect, test } from "@jest/globals";
import { hostRuleProblem, HostRules } from "../../src/lib/hostRules.js";

const literal = (rules: HostRules, address: string) => rules.refusal(address, address);

describe("without a list", () => {
  const rules = new HostRules([]);

  test.each(["127.0.0.1", "::1", "10.1.2.3", "192.168.0.9", "203.0.113.7", "2001:db8::1", "fd12::1"])(
    "%s is linked",
    (address) => expect(literal(rules, address)).toBeUndefined(),
  );

  test.each([
    "169.254.169.254",
    "169.254.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "100.100.100.200",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "ff02::1",
    "fd00:ec2::254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::ffff:0.0.0.0",
  ])("%s is never asked", (address) => expect(literal(rules, address)).toContain("never asked"));

  test("a name may mean another machine, but not this one or a metadata service", () => {
    expect(rules.refusal("gpu-1", "10.0.0.5")).toBeUndefined();
    expect(rules.refusal("localhost", "127.0.0.1")).toBeUndefined();
    expect(rules.refusal("rebound.example", "127.0.0.1")).toContain("a name for this machine");
    expect(rules.refusal("rebound.example", "::ffff:127.0.0.1")).toContain("a name for this machine");
    expect(rules.refusal("rebound.example", "169.254.169.254")).toContain("never asked");
  });

  test("sockets are linked", () => expect(rules.refusalOfSocket("/run/a.sock")).toBeUndefined());
});

describe("with a list", () => {
  const rules = new HostRules(["10.0.0.0/8", "gpu-1", "*.models.svc", "169.254.0.0/16", "unix:/run/skysail/"]);

  test.each(["10.9.9.9", "::ffff:10.9.9.9"])("%s is in it", (address) => {
    expect(literal(rules, address)).toBeUndefined();
  });

  test.each(["127.0.0.1", "::1", "11.0.0.1", "2001:db8::1"])("%s is not", (address) => {
    expect(literal(rules, address)).toContain("not in --wrapper-hosts");
  });

  test("names are those listed, their sub-domains where so written, and what means a listed address", () => {
    expect(rules.refusal("GPU-1", "192.168.0.9")).toBeUndefined();
    expect(rules.refusal("a.models.svc.", "192.168.0.9")).toBeUndefined();
    expect(rules.refusal("other", "10.0.0.3")).toBeUndefined();
    for (const name of ["models.svc", "evilmodels.svc", "gpu-10", "localhost"]) {
      expect(rules.refusal(name, "192.168.0.9")).toContain("not in --wrapper-hosts");
    }
  });

  test("a listed name does not mean this machine, nor a listed block a metadata service", () => {
    expect(rules.refusal("gpu-1", "127.0.0.1")).toContain("a name for this machine");
    expect(literal(rules, "169.254.169.254")).toContain("never asked");
    expect(new HostRules(["gpu-1", "127.0.0.1"]).refusal("gpu-1", "127.0.0.1")).toBeUndefined();
  });

  test("sockets are those in a listed folder", () => {
    expect(rules.refusalOfSocket("/run/skysail/a.sock")).toBeUndefined();
    for (const path of ["/run/skysail", "/run/other.sock", "/run/skysail/../docker.sock"]) {
      expect(rules.refusalOfSocket(path)).toContain("not in --wrapper-hosts");
    }
  });
});

test.each([
  ["10.0.0.0/8", undefined],
  ["::1", undefined],
  ["*.models.svc", undefined],
  ["unix:/run/", undefined],
  ["10.0.0.0/33", "needs /0 to /32"],
  ["fd00::/129", "needs /0 to /128"],
  ["http://x", "is no host"],
  ["a b", "is no host"],
])("an entry %s: %s", (entry, problem) => expect(hostRuleProblem(entry)).toBe(problem));
