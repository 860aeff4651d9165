import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { putInPlace } from "./place.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "place-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

function made(name: string): string {
  const path = join(directory, name);
  mkdirSync(path);
  writeFileSync(join(path, "product"), name);
  return path;
}

const place = () => join(directory, "place");

it("of two processes that make the same, the first one's stays", () => {
  const [first, second] = [made("first"), made("second")];
  putInPlace(first, place());
  putInPlace(second, place());
  expect(readFileSync(join(place(), "product"), "utf8")).toBe("first");
});

it("what cannot be put anywhere is an error", () => {
  expect(() => putInPlace(made("first"), join(directory, "none", "place"))).toThrow(/ENOENT/);
});
