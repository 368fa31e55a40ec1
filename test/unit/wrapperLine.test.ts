import { expect, test } from "@jest/globals";
import { wrapperLine } from "../../src/cli/wrapperLine.js";

test.each([
  ["plain text", "plain text"],
  ['{"level":30,"time":1,"pid":2,"hostname":"h","name":"onnx","msg":"timed","rows":64}', 'info timed {"rows":64}'],
  ['{"level":40,"msg":"one\\n  two\\n"}', "warn one\n      two"],
  ['{"level":50,"msg":"cannot start","err":"Traceback:\\n  File"}', "error cannot start\n    Traceback:\n      File"],
  [
    '{"level":50,"msg":"failed","rows":1,"err":{"stack":"Error: a\\n at b"}}',
    'error failed {"rows":1}\n    Error: a\n     at b',
  ],
  ['{"level":50,"msg":"failed","err":7}', 'error failed {"err":7}'],
  ['{"level":35,"msg":"odd"}', "35 odd"],
  ['{"msg":"no level"}', '{"msg":"no level"}'],
  ["a\u001b[31mred\ttext\r\u0007", "a\ufffd[31mred text\ufffd\ufffd"],
])("%j is shown as %j: no terminal obeys it", (line, shown) => {
  expect(wrapperLine(line)).toBe(shown);
});

test("of a line that was cut in its stack, what is there is shown as of a whole one", () => {
  const line = JSON.stringify({ level: 50, time: 1, msg: 'cannot "start"', err: "Traceback:\n  File a\n  File b" });
  const whole = line.slice(0, -2);
  for (const cut of [whole, `${whole}\\`, `${whole}\\u00`]) {
    expect(wrapperLine(cut)).toBe('error cannot "start"\n    Traceback:\n      File a\n      File b...');
  }
  for (const other of ['{"level": x', '{"level": 50, "msg": "a", "err": "\\q']) expect(wrapperLine(other)).toBe(other);
});
