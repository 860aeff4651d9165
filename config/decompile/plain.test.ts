import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { anyConfig } from "../arbitrary.ts";
import { type Decoded, decode, decodeFile } from "../decode.ts";
import { encode } from "../encode.ts";
import { compile, decompileToDefinition } from "./plain.ts";

const CONFIGS = new URL("../../configs/", import.meta.url);
const shipped = readdirSync(CONFIGS).filter((name) => name.endsWith(".cell"));

it("any configuration has a definition that compiles to its bytes", () => {
  fc.assert(
    fc.property(anyConfig, (config) => {
      expect(compile(decompileToDefinition(config))).toEqual(encode(config));
    }),
    { seed: 7, numRuns: 300 },
  );
});

it("so has any file that can be decoded", () => {
  let decoded = 0;
  const noise = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 0xff })), { maxLength: 8 });
  fc.assert(
    fc.property(anyConfig, noise, (config, changes) => {
      const bytes = encode(config);
      for (const [at, value] of changes) bytes[8 + (at % (bytes.length - 8))] = value;
      let changed: Decoded;
      try {
        changed = decodeFile(bytes);
      } catch {
        return;
      }
      decoded++;
      const whole = bytes.subarray(0, changed.size);
      expect(compile(decompileToDefinition(changed.config))).toEqual(whole);
    }),
    { seed: 7, numRuns: 300 },
  );
  expect(decoded).toBeGreaterThan(100);
});

it.each(shipped)("%s needs neither bytes nor indices", (name) => {
  const bytes = new Uint8Array(readFileSync(new URL(name, CONFIGS)));
  const definition = decompileToDefinition(decode(bytes));
  expect(compile(definition)).toEqual(bytes);
  expect(definition).not.toHaveProperty("bytes");
  expect(JSON.stringify(definition, (_, one) => (typeof one === "bigint" ? 0 : one))).not.toMatch(
    /"pciCapabilities"|"start":\d+,"count"/,
  );
});
