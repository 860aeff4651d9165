// The fake platform keeps the contract of the waist as the real ones do, as far as it can without executing code.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CASES } from "../../platforms/conformance/cases.ts";
import { failureOf } from "../../tools/conformance.ts";
import { systemConfig } from "./configurations.ts";
import { FakePlatform } from "./fake-platform.ts";

const module = new WebAssembly.Module(
  readFileSync(new URL("../../dist/conformance.wasm", import.meta.url)),
);

/** The cases that say something about the fake one; all others need a guest that executes a program. */
const WITHOUT_A_GUEST = [
  "an absurd reservation is refused",
  "a communication page is shared",
  "reads on a cell's behalf follow its map",
  "scrubbed memory is zero",
  "time passes and never goes back",
  "the pool gives to cells and gets back",
];

describe("platform conformance, fake", () => {
  const platform = new FakePlatform({ module });
  it("takes the machine over", () => {
    expect(platform.enable(systemConfig())).toBe(0);
  });
  it.each(WITHOUT_A_GUEST)("%s", (title) => {
    const number = CASES.indexOf(title);
    expect(number).toBeGreaterThanOrEqual(0);
    expect(failureOf(number, platform.hypercall(0, number))).toBe("");
  });
});
