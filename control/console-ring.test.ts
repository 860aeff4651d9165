import { expect, test } from "vitest";
import { ConsoleReader } from "./console-ring.ts";

const SIZE = 2048;

/** A console page after this has been printed. */
function pageOf(printed: string): DataView {
  const page = new DataView(new ArrayBuffer(4096));
  for (const [index, character] of [...printed].entries()) {
    page.setUint8(8 + (index % SIZE), character.charCodeAt(0));
  }
  page.setUint32(4, printed.length, true);
  return page;
}

const lines = (count: number) =>
  Array.from({ length: count }, (_, index) => `This is line ${index}\n`).join("");

test("a ring that has not wrapped is shown from its beginning", () => {
  expect(new ConsoleReader(() => pageOf(lines(3))).text()).toBe(lines(3));
});

test("a ring that has wrapped is shown from its first whole line", () => {
  const printed = lines(500);
  const text = new ConsoleReader(() => pageOf(printed)).text();
  expect(text).toMatch(/^This is line \d+\n/);
  expect(printed.endsWith(text)).toBe(true);
  expect(text.length).toBeGreaterThan(SIZE - "This is line 400\n".length);
});

test("a line that fills the ring is shown as far as there is something of it", () => {
  expect(new ConsoleReader(() => pageOf("x".repeat(3000))).text()).toBe("x".repeat(SIZE));
});
