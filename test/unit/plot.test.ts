import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { drawFigure } from "../../bench/plot.js";
import type { Panel } from "../../bench/plot.js";
import { scaled } from "../../bench/plotScale.js";

const PANEL: Panel = {
  x: { label: "hit ratio" },
  y: { label: "error" },
  series: [
    {
      label: "a < b",
      points: [
        { x: 0, y: 0 },
        { x: 1, y: 2, low: 1, high: 3 },
      ],
    },
  ],
};

function count(svg: string, tag: string): number {
  return svg.split(`<${tag} `).length - 1;
}

describe("figures", () => {
  test("every finite extent has from two to fourteen ticks, in order and within the axis", () => {
    const values = fc.double({ min: 1e-6, max: 1e6, noNaN: true });
    fc.assert(
      fc.property(fc.constantFrom("linear" as const, "log" as const), values, values, (scale, a, b) => {
        fc.pre(Math.max(a, b) > 1.01 * Math.min(a, b));
        const { ticks, at } = scaled({ label: "x", scale }, [a, b]);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(14);
        const places = [...ticks.map(at), at(a), at(b)];
        for (const place of places) expect(place).toBeGreaterThanOrEqual(-1e-6);
        for (const place of places) expect(place).toBeLessThanOrEqual(1 + 1e-6);
        for (let i = 1; i < ticks.length; i++)
          expect(at(ticks[i] as number)).toBeGreaterThan(at(ticks[i - 1] as number));
      }),
    );
  });

  test("a linear axis shows zero, and one without extent is refused", () => {
    expect(scaled({ label: "x" }, [40, 95]).ticks).toEqual([0, 20, 40, 60, 80, 100]);
    expect(() => scaled({ label: "x", from: 1, to: 1 }, [])).toThrow('axis "x" has no extent: it goes from 1 to 1');
  });

  test("draws each point, each interval and a legend, and escapes what it is given", () => {
    const svg = drawFigure({ title: "T & U", panels: [PANEL, PANEL] });
    // Two points a panel and one in the legend, which names a series once for both.
    expect(count(svg, "circle")).toBe(5);
    expect(count(svg, "polyline")).toBe(2);
    expect(svg.split("a &lt; b")).toHaveLength(2);
    expect(svg).toContain("T &amp; U");
  });

  test("breaks a line where its points leave the axes", () => {
    const points = [0.1, 0.2, 9, 9, 0.2, 0.1].map((y, x) => ({ x, y }));
    const panel: Panel = { x: { label: "x" }, y: { label: "y", from: 0, to: 1 }, series: [{ label: "s", points }] };
    const svg = drawFigure({ title: "T", panels: [panel] });
    // One of the circles is the legend's.
    expect([count(svg, "polyline"), count(svg, "circle")]).toEqual([2, 5]);
  });

  test("leaves out points beyond the axes and lines across that would lie there", () => {
    const panel: Panel = { ...PANEL, y: { label: "error", to: 1 }, references: [{ axis: "y", at: 5, label: "far" }] };
    const svg = drawFigure({ title: "T", panels: [panel] });
    expect(count(svg, "circle")).toBe(2);
    expect(svg).not.toContain("far");
  });
});
