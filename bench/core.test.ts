// The bench of the core runs: it asserts nothing of times, and nobody would notice that a configuration of it is refused now.
import { expect, test, vi } from "vitest";
import { benchCore } from "./core.ts";

test("measures every exit and every call", async () => {
  const print = vi.spyOn(console, "log").mockImplementation(() => {});
  await benchCore(1);
  const text = print.mock.calls.join("\n");
  print.mockRestore();
  for (const name of ["CPUID", "hypercall", "RDMSR (PAT)", "MMIO (decoded)", "enable", "disable"])
    expect(text).toContain(name);
  expect(text).not.toMatch(/NaN|undefined|Infinity/);
});
