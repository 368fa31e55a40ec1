import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { OutputSpec } from "../../src/domain/application.js";
import { DATATYPES } from "../../src/domain/tensor.js";
import type { Datatype } from "../../src/domain/tensor.js";
import { labelPlaces } from "../../src/serving/labelPlaces.js";
import { memberOutputReader } from "../../src/serving/memberOutput.js";
import { packNumbers, packStrings } from "../../src/serving/packTensor.js";
import { readStrings } from "../../src/domain/stringTensor.js";
import { readNumbers } from "../../src/serving/tensorValues.js";

const LABEL: OutputSpec = { kind: "LABEL", labels: ["ant", "bee", "cat"] };
const tensor = (datatype: Datatype, ...shape: number[]) => ({ name: `y${shape.join("x")}`, datatype, shape });
const pack = (datatype: Datatype, values: number[]) =>
  packNumbers(tensor(datatype, values.length), values, []) as Uint8Array;
const text = (value: string) => packStrings(tensor("BYTES", 1), [value], []) as Uint8Array;

const named = (labels: string[], values = labels) => labels.map((label, i) => ({ label, value: values[i] as string }));

function reader(spec: OutputSpec, ...outputs: ReturnType<typeof tensor>[]) {
  return classReader(undefined, spec, ...outputs);
}

function classReader(
  classes: ReturnType<typeof named> | undefined,
  spec: OutputSpec,
  ...outputs: ReturnType<typeof tensor>[]
) {
  const found = memberOutputReader(spec, { inputs: [], outputs, classes });
  if (typeof found === "string") throw new Error(found);
  return (...row: Uint8Array[]) => {
    const output = found.read(row);
    return output && [...(output.kind === "SCORES" ? output.scores : output.numbers)];
  };
}

describe("member output", () => {
  test("is the scores of the first floating-point tensor with one element a label", () => {
    const read = reader(LABEL, tensor("INT64", 1), tensor("FP32", 2), tensor("FP64", 3), tensor("FP32", 3));
    const other = new Uint8Array(12);
    expect(read(new Uint8Array(8), new Uint8Array(8), pack("FP64", [0.5, 0.25, 0.25]), other)).toEqual([
      0.5, 0.25, 0.25,
    ]);
  });

  test.each([
    [[0.25, 0.25, 0.5], true],
    [[0, 0, 1], true],
    [[0.333, 0.333, 0.333], true],
    [[0.335, 0.335, 0.335], true],
    [[0.25, 0.25, 0.25], false],
    [[0.5, 0.5, 0.5], false],
    [[0, 0, 0], false],
    [[-0.25, 0.25, 1], false],
    [[4.5, 0.25, -3.75], false],
    [[1e300, 1e300, 1e308], false],
  ])("has scores only where they are probabilities: %j", (values, are) => {
    const read = reader(LABEL, tensor("FP64", 3));
    expect(read(pack("FP64", values))).toEqual(are ? values : undefined);
  });

  test.each(["INT8", "UINT8", "INT32", "UINT32", "INT64", "UINT64"] as const)(
    "is a vote for the label at an index in %s",
    (datatype) => {
      const read = reader(LABEL, tensor("FP32", 5), tensor(datatype, 1));
      expect(read(new Uint8Array(20), pack(datatype, [1]))).toEqual([0, 1, 0]);
      expect(read(new Uint8Array(20), pack(datatype, [3]))).toBeUndefined();
    },
  );

  test("is a vote for a label in text, and nothing for a label that the application lacks", () => {
    const read = reader(LABEL, tensor("BYTES", 1));
    expect(read(text("cat"))).toEqual([0, 0, 1]);
    expect([read(text("dog")), read(text("")), read(text("__proto__"))]).toEqual([undefined, undefined]);
    expect(reader(LABEL, tensor("INT8", 1))(pack("INT8", [-1]))).toBeUndefined();
  });

  test("is a number or a vector of the first numeric tensor of that size", () => {
    expect(
      reader(
        { kind: "NUMBER" },
        tensor("BYTES", 1),
        tensor("FP32", 2),
        tensor("INT16", 1),
      )(text("x"), new Uint8Array(8), pack("INT16", [-7])),
    ).toEqual([-7]);
    expect(reader({ kind: "VECTOR", size: 4 }, tensor("FP32", 2, 2))(pack("FP32", [1, 2, 3, 4]))).toEqual([1, 2, 3, 4]);
  });

  test.each([
    [LABEL, "no output tensor holds scores for 3 labels, or one label; outputs: FP32[2] y2, BOOL[1] y1"],
    [{ kind: "NUMBER" } as const, undefined],
    [{ kind: "VECTOR", size: 3 } as const, "no output tensor holds 3 numbers; outputs: FP32[2] y2, BOOL[1] y1"],
  ])("is refused in words where no tensor fits %j", (spec, words) => {
    const read = memberOutputReader(spec, { inputs: [], outputs: [tensor("FP32", 2), tensor("BOOL", 1)] });
    expect(typeof read === "string" ? read : undefined).toBe(words);
  });
});

describe("the output of one element, of two labels", () => {
  const TWO: OutputSpec = { kind: "LABEL", labels: ["ham", "spam"] };

  test.each(["FP32", "FP64"] as const)("is the second one's probability in %s", (datatype) => {
    const read = reader(TWO, tensor(datatype, 1));
    expect(read(pack(datatype, [0.25]))).toEqual([0.75, 0.25]);
    expect([-0.25, 1.25].map((value) => read(pack(datatype, [value])))).toEqual([undefined, undefined]);
  });

  test("is whether it is the second one in BOOL, which goes before a probability and after a code", () => {
    const read = reader(TWO, tensor("FP32", 1), tensor("BOOL", 1));
    const other = pack("FP32", [0.5]);
    expect([0, 1].map((value) => read(other, Uint8Array.of(value)))).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(read(other, Uint8Array.of(2))).toBeUndefined();
    expect(reader(TWO, tensor("BOOL", 1), tensor("INT64", 1))(Uint8Array.of(0), pack("INT64", [1]))).toEqual([0, 1]);
  });

  test("is of the model's second class, whichever label that is", () => {
    const read = classReader(named(["spam", "ham"]), TWO, tensor("FP32", 1));
    expect(read(pack("FP32", [0.25]))).toEqual([0.25, 0.75]);
  });

  test("is refused in words where it is none of these", () => {
    expect(memberOutputReader(TWO, { inputs: [], outputs: [tensor("FP32", 3)] })).toBe(
      "no output tensor holds scores for 2 labels, or one label, or whether it is the second one (BOOL, or its probability); outputs: FP32[3] y3",
    );
  });
});

describe("the output of a model that names its classes", () => {
  const scores = tensor("FP64", 3);

  test("has its scores at the labels of these names", () => {
    const read = classReader(named(["cat", "ant", "bee"]), LABEL, scores);
    expect(read(pack("FP64", [0.5, 0.3, 0.2]))).toEqual([0.3, 0.2, 0.5]);
  });

  test("is read as it comes where the names are in the labels' order", () => {
    const places = labelPlaces(["ant", "bee"], named(["ant", "bee"]));
    expect(places).toMatchObject({ ofScores: undefined });
  });

  test("finds each label wherever the model has its class", () => {
    const labels = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 8 });
    const shuffled = labels.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
    );
    fc.assert(
      fc.property(shuffled, ([all, classes]) => {
        const read = classReader(named(classes), { kind: "LABEL", labels: all }, tensor("FP64", all.length));
        classes.forEach((name, i) => {
          const sure = classes.map((_, at) => (at === i ? 1 : 0));
          expect(all[read(pack("FP64", sure))?.indexOf(1) ?? -1]).toBe(name);
        });
      }),
    );
  });

  const numbers = { kind: "LABEL", labels: ["3", "-1", "7"] } as const;

  test.each([
    ["its own number", named(["-1", "3", "7"]), numbers, [3, -1, 7, 0, 1], [0, 1, 2, undefined, undefined]],
    ["an index where names are no numbers", named(["cat", "ant", "bee"]), LABEL, [0, 1, 2, 3], [2, 0, 1, undefined]],
    [
      "its number under another name",
      named(["bee", "cat", "ant"], ["1", "2", "3"]),
      LABEL,
      [1, 2, 3, 0],
      [1, 2, 0, undefined],
    ],
    ["a position where it only counts", named(["0", "1", "2"]), LABEL, [0, 1, 2, 3], [0, 1, 2, undefined]],
    [
      "by name where labels count otherwise",
      named(["0", "1"]),
      { kind: "LABEL", labels: ["1", "0"] } as const,
      [0, 1],
      [1, 0],
    ],
  ])("is, as one integer, %s", (_, classes, spec, answers, places) => {
    const read = classReader(classes, spec, tensor("INT64", 1));
    expect(answers.map((answer) => read(pack("INT64", [answer]))?.indexOf(1))).toEqual(places);
  });

  test("is, as one text, its own text or its new name", () => {
    const read = classReader(named(["cat", "ant", "bee"], ["C", "A", "B"]), LABEL, tensor("BYTES", 1));
    expect(["C", "cat", "B", "dog"].map((answer) => read(text(answer))?.indexOf(1))).toEqual([2, 2, 1, undefined]);
  });

  test.each([
    [["ant", "bee"], `the model has no "cat"`],
    [["ant", "bee", "dog"], `the application has no "dog", the model has no "cat"`],
    [["ant", "bee", "cat", "dog"], `the application has no "dog"`],
    [["1", "2", "3"], `the application has no "1", "2", "3", the model has no "ant", "bee", "cat"`],
  ])("is refused in words where its classes are %j", (classes, difference) => {
    const outputs = [tensor("FP64", classes.length), tensor("INT64", 1)];
    const names = classes.map((name) => JSON.stringify(name)).join(", ");
    expect(memberOutputReader(LABEL, { inputs: [], outputs, classes: named(classes) })).toBe(
      `its classes are not the application's labels: ${difference}; register the version with labels (or start the ` +
        `wrapper with --labels) that name its ${classes.length} classes in their order: ${names}`,
    );
  });

  test("is refused where it counts from 0 and the labels count from 1", () => {
    const labels = { kind: "LABEL", labels: ["1", "2", "3"] } as const;
    const read = memberOutputReader(labels, { inputs: [], outputs: [scores], classes: named(["0", "1", "2"]) });
    expect(read).toContain(`the application has no "0", the model has no "3"`);
  });

  test("is, for a number or a vector, what it is without names", () => {
    expect(classReader(named(["a", "b"]), { kind: "NUMBER" }, tensor("INT8", 1))(pack("INT8", [7]))).toEqual([7]);
  });
});

describe("tensor values", () => {
  test.each(DATATYPES.filter((datatype) => datatype !== "BYTES" && datatype !== "FP16"))(
    "of %s are the numbers that were packed",
    (datatype) => {
      const least = datatype.startsWith("U") || datatype === "BOOL" ? 0 : -1;
      const value = datatype.startsWith("FP")
        ? fc.float({ noNaN: true, noDefaultInfinity: true })
        : fc.integer({ min: least, max: 1 });
      const few = fc.array(value, { minLength: 1, maxLength: 80 });
      const many = fc.array(value, { minLength: 250, maxLength: 300 });
      fc.assert(
        fc.property(fc.oneof(few, many), fc.nat(3), (values, offset) => {
          const bytes = pack(datatype, values);
          const moved = new Uint8Array(offset + bytes.length);
          moved.set(bytes, offset);
          expect([...readNumbers(datatype, moved.subarray(offset))]).toEqual(values);
        }),
      );
    },
  );

  test.each([
    [0x0000, 0],
    [0x0001, 2 ** -24],
    [0x03ff, 1023 * 2 ** -24],
    [0x0400, 2 ** -14],
    [0x3555, 0.333251953125],
    [0x3c00, 1],
    [0xc000, -2],
    [0x7bff, 65504],
    [0xfc00, -Infinity],
    [0x7e00, NaN],
    [0x8000, -0],
  ])("of FP16 0x%s are %d", (bits, value) => {
    expect(readNumbers("FP16", Uint8Array.of(bits & 255, bits >> 8))[0]).toBe(value);
  });

  test("of BYTES are the texts that were packed", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "grapheme" }), { minLength: 1, maxLength: 5 }), (texts) => {
        expect(readStrings(packStrings(tensor("BYTES", texts.length), texts, []) as Uint8Array)).toEqual(texts);
      }),
    );
  });
});
