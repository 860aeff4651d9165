import { expect, test } from "vitest";
import * as numbers from "../abi/errno.ts";
import { errnoNumber, SystemError, strerror, toSystemError } from "./errors.ts";

test("a SystemError shows number, name, strerror's text and the hint", () => {
  const cause = new Error("below");
  const error = new SystemError(numbers.EPERM, { hint: "the cell is locked", cause });
  expect(error).toMatchObject({
    errno: 1,
    code: "EPERM",
    message: "Operation not permitted",
    hint: "the cell is locked",
    cause,
  });
});

test("the texts are those of the system's strerror", () => {
  // Taken from glibc 2.36.
  expect(strerror(numbers.EBUSY)).toBe("Device or resource busy");
  expect(strerror(numbers.ENOTTY)).toBe("Inappropriate ioctl for device");
  expect(strerror(12345)).toBe("Unknown error 12345");
});

test("every number of abi/errno.ts has its own text and name", () => {
  for (const [name, number] of Object.entries(numbers)) {
    expect(new SystemError(number).code).toBe(name);
    expect(errnoNumber(name)).toBe(number);
    expect(strerror(number)).not.toContain("Unknown");
  }
  expect(errnoNumber("toString")).toBeUndefined();
});

test("Node's errors keep their code, unknown ones become EIO with their message", () => {
  const missing = Object.assign(new Error("ENOENT: no such file"), { code: "ENOENT", errno: -2 });
  expect(toSystemError(missing)).toMatchObject({ code: "ENOENT", cause: missing });
  expect(toSystemError(new Error("odd"))).toMatchObject({ code: "EIO", hint: "odd" });
});
