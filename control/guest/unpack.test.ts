import { spawnSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { startSession } from "../session.ts";
import { unpackKernel } from "./unpack.ts";

const DATA = Buffer.from("Linux ".repeat(5000));
const file = (data: Uint8Array) => ({ name: "vmlinux", data });

// Of the same, by xz 5.4.1 and zstd 1.5.4.
const XZ = Buffer.from(
  "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4HUvAEhdACYaSceJVbXStYGSL2hJ2w7ryBY8m+JG3Dxb73RnLPB/qkipf1yKd/130DRq3axKNSQxvpQbUrsQAnA0DQdKe2dVbVzgdUEAAADy0lOJr2FAwAABZLDqAQAA7lr3+LHEZ/sCAAAAAARZWg==",
  "base64",
);
const ZSTD = Buffer.from("KLUv/QRYdQAAMExpbnV4IAEAJ3X2UgRRPi9/", "base64");

test.each([
  ["gzip", gzipSync(DATA)],
  ["xz", XZ],
  ["zstd", ZSTD],
])("%s is unpacked", async (_format, data) => {
  const { name, data: result } = await unpackKernel(file(data));
  expect(name).toBe("vmlinux");
  expect(Buffer.compare(result, DATA)).toBe(0);
});

test("what is not compressed is left alone", async () => {
  for (const data of [DATA, Buffer.alloc(0), Buffer.from([0x1f])])
    expect((await unpackKernel(file(data))).data).toBe(data);
});

describe("refused, with the format:", () => {
  test.each([
    ["gzip", gzipSync(DATA)],
    ["xz", XZ],
    ["zstd", ZSTD],
  ])("%s, cut short anywhere behind its magic", async (format, data) => {
    for (let length = 6; length < data.length - 8; length += 7) {
      const error = await unpackKernel(file(data.subarray(0, length))).catch((error) => error);
      expect(error.hint, `${length}`).toMatch(`vmlinux is damaged: as ${format} it cannot`);
    }
  });

  test("before a machine is made", async () => {
    const image = file(gzipSync(DATA).subarray(0, 40));
    await expect(startSession({ kernel: { image } })).rejects.toThrow(/Invalid argument/);
  });
});

test("the examples are what the programs make", () => {
  for (const [program, args] of [
    ["xz", ["-dc"]],
    ["zstd", ["-dc"]],
  ] as const) {
    const { stdout, error } = spawnSync(program, args, { input: program === "xz" ? XZ : ZSTD });
    if (!error) expect(Buffer.compare(stdout, DATA)).toBe(0);
  }
});
