// What can be said of an inmate before a compiler runs; test/inmates builds some, and test/package does as a user would.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Surroundings } from "./testing/surroundings.ts";

const path = process.env.PATH;
let world: Surroundings;
beforeEach(() => {
  world = new Surroundings();
  writeFileSync(join(world.directory, "my.ts"), "export function main(): void {}\n");
  mkdirSync(join(world.directory, "folder.ts"));
});
afterEach(() => {
  process.env.PATH = path;
  return world.close();
});

test("all that is missing is named in one line", async () => {
  process.env.PATH = "/nonexistent";
  expect(await world.run("inmate build my.ts")).toEqual({
    status: 1,
    out: "",
    err: "To build inmates, install: sudo apt-get install wabt clang lld\n",
  });
  expect((await world.run("inmate build my.ts --32")).err).toMatch(
    /wabt clang lld libclang-rt-\d+-dev\n$/,
  );
});

test.each([
  ["inmate build", "missing required argument"],
  ["inmate build no.ts", "opening no.ts: No such file or directory"],
  ["inmate build folder.ts", "opening folder.ts: Is a directory"],
  ["inmate build my.c", "my.c: an inmate's source ends in .ts"],
  ["inmate build my.ts -o my.ts", "the image would replace its source"],
  ["inmate build my.ts other.ts", "too many arguments"],
])("%s is refused in a line", async (line, words) => {
  const { status, err } = await world.run(line);
  expect([status, err.split("\n").length]).toEqual([1, 2]);
  expect(err).toContain(words);
});
