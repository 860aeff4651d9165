import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack, unpack } from "./pack.ts";

describe("packing of a module's data", () => {
  const byte = fc.oneof(fc.constant(0), fc.nat(255));

  it("loses nothing", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), fc.array(byte, { maxLength: 600 }), (a, b) => {
        const data = Uint8Array.of(...a, ...b);
        expect(unpack(pack(data))).toEqual(data);
      }),
    );
  });

  it("halves text", () => {
    const text = Buffer.from("Initializing Jailhouse hypervisor", "utf16le");
    expect(pack(text)).toHaveLength(text.length / 2 + 1);
  });

  it("has two bytes for a lot of zeros, and as many tokens as they need", () => {
    expect(pack(new Uint8Array(10_000))).toHaveLength(2);
    expect(unpack(pack(new Uint8Array(40_000)))).toEqual(new Uint8Array(40_000));
  });
});
