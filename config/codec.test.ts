import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as abi from "../abi/config.ts";
import { anyConfig, cellConfig, systemConfig } from "./arbitrary.ts";
import * as cellTables from "./cell-structures.ts";
import { type Decoded, decode, decodeFile } from "./decode.ts";
import { encode } from "./encode.ts";
import { ConfigError } from "./errors.ts";
import type { Field } from "./fields.ts";
import * as systemTables from "./system-structures.ts";
import type { Config } from "./types.ts";

const SEED = 20150601;

/** The error that decoding throws; fails the test when there is none, or another kind. */
function refusal(bytes: Uint8Array): ConfigError {
  try {
    decode(bytes);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("decoded without an error");
}

function sample(kind: "cell" | "system"): Uint8Array {
  const arbitrary: fc.Arbitrary<Config> = kind === "cell" ? cellConfig : systemConfig;
  const [config] = fc.sample(arbitrary, { numRuns: 1, seed: SEED });
  return encode(config as Config);
}

describe("round trips", () => {
  it("any configuration survives encoding and decoding", () => {
    fc.assert(
      fc.property(anyConfig, (config) => {
        expect(decode(encode(config))).toEqual(config);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  it("any well-formed bytes survive decoding and encoding, whatever their padding and flags", () => {
    let wellFormed = 0;
    const withNoise = fc.tuple(
      anyConfig,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 0xff })), { minLength: 1, maxLength: 40 }),
    );
    fc.assert(
      fc.property(withNoise, ([config, noise]) => {
        const bytes = encode(config);
        for (const [at, value] of noise) bytes[abi.CELL_NAME + (at % (bytes.length - 8))] = value;
        let decoded: Decoded;
        try {
          decoded = decodeFile(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          return;
        }
        wellFormed++;
        // Counts are bytes too: fewer entries leave some behind the end.
        expect(encode(decoded.config)).toEqual(bytes.subarray(0, decoded.size));
      }),
      { seed: SEED, numRuns: 3000 },
    );
    expect(wellFormed).toBeGreaterThan(300);
  });

  it("a name that is not UTF-8 and bytes after its terminator are kept", () => {
    const bytes = sample("cell");
    bytes.set([0x61, 0xff, 0xc3, 0x00, 0x7a], abi.CELL_NAME);
    bytes[abi.CELL_NAME + abi.CELL_NAME_SIZE - 1] = 0x7a;
    expect((decode(bytes) as { name: string }).name).toBe("a\udcff\udcc3");
    expect(encode(decode(bytes))).toEqual(bytes);
  });

  it("zero IOMMU units before a used one and rubbish in the root cell's signature are kept", () => {
    const bytes = sample("system");
    bytes.fill(0, abi.SYS_IOMMU, abi.SYS_IOMMU + abi.IOMMU_SIZE * 3);
    bytes[abi.SYS_IOMMU + abi.IOMMU_SIZE * 2 + abi.IOMMU_UNION] = 1;
    bytes.set([1, 2, 3, 4, 5, 6, 7, 8], abi.SYS_ROOT_CELL);
    expect(encode(decode(bytes))).toEqual(bytes);
  });

  it("decoding works on a view into a larger buffer", () => {
    const bytes = sample("system");
    const larger = new Uint8Array(bytes.length + 7);
    larger.set(bytes, 3);
    expect(decode(larger.subarray(3, 3 + bytes.length))).toEqual(decode(bytes));
  });
});

describe("mutated bytes", () => {
  it("are decoded or refused with a ConfigError whose offset is inside the file, never more", () => {
    const mutation = fc.tuple(
      anyConfig,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 0xff })), { maxLength: 8 }),
      fc.double({ min: 0, max: 1.2, noNaN: true }),
    );
    fc.assert(
      fc.property(mutation, ([config, edits, cut]) => {
        const whole = encode(config);
        const bytes = new Uint8Array(Math.floor(whole.length * cut));
        bytes.set(whole.subarray(0, bytes.length));
        for (const [at, value] of edits) if (bytes.length > 0) bytes[at % bytes.length] = value;
        try {
          const { config, size } = decodeFile(bytes);
          expect(encode(config)).toEqual(bytes.subarray(0, size));
        } catch (error) {
          expect(error).toBeInstanceOf(ConfigError);
          expect((error as ConfigError).offset).toBeTypeOf("number");
          expect((error as ConfigError).offset).toBeLessThanOrEqual(bytes.length);
        }
      }),
      { seed: SEED, numRuns: 5000 },
    );
  });

  it("no truncation of a file decodes", () => {
    for (const kind of ["cell", "system"] as const) {
      const bytes = sample(kind);
      for (let length = 0; length < bytes.length; length++)
        expect(["signature", "truncated"]).toContain(refusal(bytes.subarray(0, length)).code);
    }
  });
});

describe("refusals", () => {
  const edited = (offset: number, ...values: number[]) => {
    const bytes = sample("cell");
    bytes.set(values, offset);
    return bytes;
  };
  const text = (value: string) => Array.from(value, (letter) => letter.charCodeAt(0));

  it.each([
    ["empty", new Uint8Array(0), "signature", 0],
    ["text", new TextEncoder().encode("#!/bin/sh\n"), "signature", 0],
    ["older cell signature", edited(0, ...text("JHCELL")), "revision", 0],
    ["older system signature", edited(0, ...text("JHSYST")), "revision", 0],
    ["revision 13", edited(abi.CONFIG_REVISION_OFFSET, 13), "revision", abi.CONFIG_REVISION_OFFSET],
    ["architecture 3", edited(abi.CONFIG_ARCHITECTURE, 3), "architecture", abi.CONFIG_ARCHITECTURE],
    ["unterminated name", edited(abi.CELL_NAME, ...Array(32).fill(0x61)), "name", abi.CELL_NAME],
    [
      "absurd CPU set",
      edited(abi.CELL_CPU_SET_SIZE, 0xff, 0xff, 0xff, 0xff),
      "count",
      abi.CELL_CPU_SET_SIZE,
    ],
    [
      "absurd number of regions",
      edited(abi.CELL_NUM_MEMORY, 0, 0, 0, 0x10),
      "count",
      abi.CELL_NUM_MEMORY,
    ],
  ])("%s", (_, bytes, code, offset) => {
    const error = refusal(bytes);
    expect(error).toMatchObject({ code, offset });
    expect(error.hint).not.toBe("");
  });

  it("names the older signatures", () => {
    expect(refusal(edited(0, ...text("JHCELL"))).message).toContain("JHCELL");
    expect(refusal(edited(0, ...text("JHSYST"))).message).toContain("JHSYST");
  });

  it.each(["cell", "system"] as const)("bytes after the end of a %s are none of it", (kind) => {
    const bytes = sample(kind);
    const longer = new Uint8Array(bytes.length + 3).fill(0xff);
    longer.set(bytes);
    expect(decodeFile(longer)).toEqual({ config: decode(bytes), size: bytes.length });
  });

  it("a file that ends inside a list names the entry", () => {
    const config = { ...(decode(sample("cell")) as Config & { kind: "cell" }) };
    config.cpuSetSize = 8;
    config.cpus = [];
    config.memory = [0n, 1n, 2n].map((start) => ({
      physicalStart: start,
      virtualStart: start,
      size: 1n,
      flags: 1n,
    }));
    const end = abi.CELL_HEADER_SIZE + 8 + 2 * abi.MEM_SIZE + 5;
    const error = refusal(encode(config).subarray(0, end));
    expect(error.code).toBe("truncated");
    expect(error.message).toContain("memory region 2 of 3");
    expect(error.offset).toBe(end - 5);
  });
});

describe("encode", () => {
  const config = decode(sample("cell")) as Config & { kind: "cell" };

  it.each<[string, unknown, string]>([
    ["not a configuration", { kind: "pizza" }, "neither a cell nor a system"],
    ["null", null, "neither a cell nor a system"],
    ["architecture", { ...config, architecture: "mips" }, 'architecture is "mips"'],
    ["a number too large", { ...config, flags: 2 ** 32 }, "flags is 4294967296"],
    ["a negative bigint", { ...config, cpuResetAddress: -1n }, "cpuResetAddress is -1"],
    ["a number for a bigint", { ...config, cpuResetAddress: 5 }, "cpuResetAddress is 5"],
    ["a fraction", { ...config, id: 0.5 }, "id is 0.5"],
    ["a list that is none", { ...config, memory: {} }, "memory is not a list"],
    ["an entry that is none", { ...config, memory: [7] }, "memory[0] is not a memory region"],
    ["a field missing", { ...config, memory: [{}] }, "memory[0].physicalStart"],
    ["a CPU outside its set", { ...config, cpuSetSize: 1, cpus: [8] }, "cpus: 8"],
    ["a long name", { ...config, name: "x".repeat(32) }, "longer than 31 bytes"],
    ["a name with NUL", { ...config, name: "a\0b" }, "NUL"],
    ["a console that is none", { ...config, console: null }, "console is not a console"],
  ])("refuses %s by its path", (_, value, message) => {
    expect(() => encode(value as Config)).toThrow(ConfigError);
    expect(() => encode(value as Config)).toThrow(message);
  });

  it("refuses the part of another architecture", () => {
    const system = decode(sample("system")) as Config & { kind: "system" };
    const both = {
      ...system,
      architecture: "x86" as const,
      x86: { pmTimerAddress: 0, apicMode: 0, vtdInterruptLimit: 0, tscKhz: 0, apicKhz: 0 },
      arm: {} as never,
    };
    expect(() => encode(both)).toThrow("arm does not belong");
  });
});

describe("field tables", () => {
  const tables = Object.entries({ ...cellTables, ...systemTables }).flatMap(([key, table]) =>
    typeof table === "object" && "fields" in table ? [[key, table] as const] : [],
  );
  /** Bytes of a structure that other tables cover. */
  const elsewhere: Record<string, [number, number][]> = {
    CELL_HEADER: [
      [0, systemTables.FILE_HEADER_SIZE],
      [abi.CELL_NUM_MEMORY, abi.CELL_VPCI_IRQ_BASE],
    ],
    SYSTEM_HEADER: [
      [0, systemTables.FILE_HEADER_SIZE],
      [abi.SYS_IOMMU, abi.SYS_IOMMU + abi.SYS_IOMMU_COUNT * abi.IOMMU_SIZE],
    ],
  };

  it("there are all of them", () => {
    expect(tables.length).toBe(15);
  });

  it.each(tables)("%s covers every byte once, or once per member of a union", (key, table) => {
    const owners = new Array<number>(table.size).fill(0);
    const unions = new Array<boolean>(table.size).fill(false);
    for (const field of Object.values<Field<unknown>>(table.fields))
      for (let byte = field.offset; byte < field.offset + field.size; byte++) {
        owners[byte] = owners[byte]! + 1;
        if (field.applies) unions[byte] = true;
      }
    for (const [start, end] of elsewhere[key] ?? [])
      for (let byte = start; byte < end; byte++) owners[byte] = owners[byte]! + 1;
    owners.forEach((count, byte) => {
      if (unions[byte]) expect(count, `byte ${byte}`).toBeGreaterThanOrEqual(2);
      else expect(count, `byte ${byte}`).toBe(1);
    });
  });
});
