import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Entry, writeCpio } from "../../control/guest/cpio.ts";
import { findProgram } from "./packages.ts";

const TREE = new Map<string, Entry>([
  ["empty", { directory: true }],
  ["a/b/text", { data: Buffer.from("odd"), mode: 0o755 }],
  ["a/link", { link: "b/text" }],
]);

test("every header begins on a multiple of four and names its entry", () => {
  const archive = writeCpio(TREE);
  const names: string[] = [];
  for (let at = 0; at < archive.length; ) {
    expect(archive.toString("latin1", at, at + 6)).toBe("070701");
    const field = (index: number) =>
      Number.parseInt(archive.toString("latin1", at + 6 + 8 * index, at + 14 + 8 * index), 16);
    const [size, nameSize] = [field(6), field(11)];
    names.push(archive.toString("latin1", at + 110, at + 110 + nameSize - 1));
    const align = (offset: number) => (offset + 3) & ~3;
    at = align(align(at + 110 + nameSize) + size);
  }
  expect(names).toEqual(["empty", "a", "a/b", "a/b/text", "a/link", "TRAILER!!!"]);
});

const cpio = findProgram("cpio");

test.skipIf(!cpio)("another program unpacks it", () => {
  const directory = mkdtempSync(join(tmpdir(), "jailhouse-cpio-"));
  try {
    const options = { cwd: directory, input: writeCpio(TREE) };
    expect(spawnSync(cpio!, ["-i", "--quiet"], options).status).toBe(0);
    expect(statSync(join(directory, "empty")).isDirectory()).toBe(true);
    expect(readFileSync(join(directory, "a/b/text"), "utf8")).toBe("odd");
    expect(statSync(join(directory, "a/b/text")).mode & 0o777).toBe(0o755);
    expect(readlinkSync(join(directory, "a/link"))).toBe("b/text");
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
