// How far scrubbing is, shown while the command's own thread waits in the driver.
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Io } from "./io.ts";
import { scrubLine } from "./scrub-watch.ts";

// The thread is a file of its own, which only the built tree has.
const { showScrubbing } = (await import(
  new URL("../dist/cli/scrubbing.js", import.meta.url).href
)) as typeof import("./scrubbing.ts");

const CLEAR = "\r\x1b[K";

/** This thread waits, as it does in ioctl(2), until a condition holds; another thread makes it true. */
function blockUntil(condition: () => boolean): void {
  const nothing = new Int32Array(new SharedArrayBuffer(4));
  while (!condition()) Atomics.wait(nothing, 0, 0, 20);
}

test("what is left is shown while this thread is blocked, and the line is cleared at the end", async () => {
  const root = mkdtempSync(join(tmpdir(), "scrubbing-"));
  const [sysfs, terminal] = [join(root, "sys/devices/jailhouse"), join(root, "terminal")];
  mkdirSync(sysfs, { recursive: true });
  const left = (kib: number) => writeFileSync(join(sysfs, "scrub_left"), `${kib}\n`);
  const shown = () => readFileSync(terminal, "utf8");
  const fd = openSync(terminal, "w");
  try {
    left(16 * 1024 * 1024 - 5);
    const io = { host: { root }, columns: 80 } as unknown as Io;
    const end = await showScrubbing(io, fd);
    blockUntil(() => shown().includes("scrubbing memory: 16,384 MiB left"));
    left(300);
    blockUntil(() => shown().endsWith(`${CLEAR}scrubbing memory: 1 MiB left`));
    await end();
    expect(shown().endsWith(`left${CLEAR}`)).toBe(true);
  } finally {
    closeSync(fd);
    rmSync(root, { recursive: true });
  }
});

test("where the driver says nothing, nothing is shown", async () => {
  const root = mkdtempSync(join(tmpdir(), "scrubbing-"));
  const terminal = join(root, "terminal");
  const fd = openSync(terminal, "w");
  try {
    const end = await showScrubbing({ host: { root } } as unknown as Io, fd);
    await end();
    expect(readFileSync(terminal, "utf8")).toBe("");
  } finally {
    closeSync(fd);
    rmSync(root, { recursive: true });
  }
});

test("the line fits the terminal", () => {
  expect(scrubLine(2048, undefined)).toBe("scrubbing memory: 2 MiB left");
  expect(scrubLine(2048, 9)).toBe("scrubbing");
});
