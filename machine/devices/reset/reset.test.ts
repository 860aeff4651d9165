import { describe, expect, test } from "vitest";
import { FastReset } from "./fast-reset.ts";
import { RESET_HARD, ResetControl } from "./reset-control.ts";

describe.each([
  ["reset control register", ResetControl, 4, 2, 0xe],
  ["system control port A", FastReset, 1, 2, 0x3],
] as const)("%s", (_name, Register, bit, other, all) => {
  let resets = 0;
  const make = () => {
    resets = 0;
    return new Register(() => {
      resets++;
    });
  };

  test("resets when its bit rises", () => {
    const register = make();
    register.write(0, 1, other);
    expect(resets).toBe(0);
    register.write(0, 1, other | bit);
    register.write(0, 1, other | bit);
    expect(resets).toBe(1);
    register.write(0, 1, 0);
    register.write(0, 1, bit);
    expect(resets).toBe(2);
  });

  test("keeps the bits that it has, in a snapshot, too", () => {
    const register = make();
    register.write(0, 1, 0xff);
    expect(register.read()).toBe(all);
    const saved = register.save();
    register.write(0, 1, 0);
    register.restore(saved);
    expect(register.read()).toBe(all);
  });
});

test("the FADT's value is a hard reset", () => {
  let resets = 0;
  new ResetControl(() => resets++).write(0, 1, RESET_HARD);
  expect([RESET_HARD, resets]).toEqual([6, 1]);
});
