import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fileSink } from "./sinks.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sink-"));
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

test("what was said is in the file within a quarter of a second, though the machine stands still", () => {
  const path = join(directory, "line");
  const sink = fileSink(path);
  const text = () => readFileSync(path, "latin1");
  sink.push("Hello");
  expect(text()).toBe("");
  vi.advanceTimersByTime(250);
  expect(text()).toBe("Hello");
  sink.push(" wor");
  sink.push("ld");
  sink.flush();
  expect(text()).toBe("Hello world");
  expect(vi.getTimerCount()).toBe(0);
  sink.push("!");
  sink.close();
  expect(text()).toBe("Hello world!");
  expect(vi.getTimerCount()).toBe(0);
});
