import { expect, test } from "vitest";
import { bucketsOf, drawSvg, drawText } from "./histogram.ts";

const series = [
  { label: "quiet", values: [0.2, 3, 3.5, 4] },
  { label: "a <storm>", values: [3, 5, 190] },
];

test("each value is in one bucket, a bucket's lower edge in it", () => {
  const buckets = bucketsOf(series);
  expect(buckets.map(({ to, counts }) => [to, ...counts])).toEqual([
    [1, 1, 0],
    [2, 0, 0],
    [5, 3, 1],
    [10, 0, 1],
    [20, 0, 0],
    [50, 0, 0],
    [100, 0, 0],
    [200, 0, 1],
  ]);
  expect(bucketsOf([{ label: "late", values: [70] }]).map(({ from, to }) => [from, to])).toEqual([
    [50, 100],
  ]);
  expect(bucketsOf([{ label: "early", values: [-3] }])).toHaveLength(1);
  expect(bucketsOf([{ label: "none", values: [] }])).toEqual([]);
});

test("a single late tick among thousands is to be seen", () => {
  const many = [{ label: "many", values: [...Array(5000).fill(0), 60_000] }];
  const rows = drawText(many).split("\n");
  expect(rows[1]).toMatch(/^ +below 1 µs +5000 █{40}$/);
  expect(rows.at(-1)).toMatch(/^ +50000 to 100000 µs +1 ▏$/);
  expect(drawSvg("many", many)).toMatch(/height="1" /);
});

test("the picture is well-formed, whatever a series is called", () => {
  const picture = drawSvg("jitter & more", series);
  expect(picture).toContain("a &#60;storm&#62;: 3, worst 190 µs");
  expect(picture).toContain("<title>jitter &#38; more</title>");
  expect(picture.match(/<text /g)).toHaveLength(2 + 5 + 8);
  expect(picture).not.toMatch(/NaN|undefined|Infinity/);
  expect(drawSvg("none", [{ label: "none", values: [] }])).not.toMatch(/NaN|undefined|Infinity/);
});
