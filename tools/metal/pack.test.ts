import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pack, unpack } from "./pack.ts";

const bytes = (text: string) => Uint8Array.from(Buffer.from(text));

describe("packing of a module's data", () => {
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(fc.nat(3), { maxLength: 300 }),
    fc.nat(9000).map((count) => new Uint8Array(count)),
  );

  it("loses nothing", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 4 }), (pieces) => {
        const data = Uint8Array.from(pieces.flatMap((bytes) => [...bytes]));
        expect(unpack(pack(data), data.length)).toEqual(data);
      }),
      { numRuns: 30 },
    );
  });

  it("tells what was there before by its distance", () => {
    const text = bytes("WARNING: CPU 1 specified IPI destination; ");
    const again = bytes("WARNING: CPU 2 specified IOAPIC destination; ");
    expect(pack(Uint8Array.of(...text, ...again)).length).toBeLessThan(text.length + 20);
  });

  it("has a few bytes for a lot of zeros", () => {
    expect(pack(new Uint8Array(40_000)).length).toBeLessThan(50);
  });

  it("has runs, copies from the last distance, and copies from another one", () => {
    // Run of 1, then 3 more of the same.
    expect([...unpack([0b0011_0010, 0xaa], 4)]).toEqual([0xaa, 0xaa, 0xaa, 0xaa]);
    // Run of 2, then 4 from a distance of 2.
    expect([...unpack([0b1011_1000, 1, 2, 1, 1], 6)]).toEqual([1, 2, 1, 2, 1, 2]);
  });
});
