import { describe, expect, test } from "vitest";
import { isLapicMsr, readMsr, readPage, writeMsr, writePage } from "./access.ts";
import { Lapic } from "./lapic.ts";

const BASE_MSR = 0x1b;
const X2APIC = 0xfee00c00n;

/** A local APIC whose pins lead nowhere. */
function make({ extended }: { readonly extended: boolean }): Lapic {
  const options = { id: 5, bootstrap: false, x2apic: true, tscDeadline: true, cmci: false };
  const nothing = () => {};
  return new Lapic(
    { ...options, extended },
    {
      ...{ now: 0, tscOffset: 0n, interrupt: nothing, nmi: nothing, init: nothing },
      ...{ startUp: nothing, send: nothing, endOfInterrupt: nothing, timerChanged: nothing },
      acknowledgeExternal: () => 0,
    },
  );
}

describe("AMD's extended registers", () => {
  const LVT = 0x500;
  test("tell how many local vectors there are, which are kept, and masked while the APIC is off", () => {
    const lapic = make({ extended: true });
    expect(readPage(lapic, 0x30, 4) >>> 31).toBe(1);
    expect(readPage(lapic, 0x400, 4)).toBe(4 << 16);
    expect([0, 1, 2, 3].map((index) => readPage(lapic, LVT + index * 16, 4))).toEqual(
      Array(4).fill(0x10000),
    );
    writePage(lapic, 0xf0, 4, 0x1ff);
    writePage(lapic, LVT + 16, 4, 0x400f9);
    expect(readPage(lapic, LVT + 16, 4)).toBe(0xf9);
    writePage(lapic, 0xf0, 4, 0xff);
    expect(readPage(lapic, LVT + 16, 4)).toBe(0x100f9);
    expect(readPage(lapic, 0x280, 4)).toBe(0);
  });

  test("are MSRs in x2APIC mode", () => {
    const lapic = make({ extended: true });
    writeMsr(lapic, BASE_MSR, X2APIC);
    expect(isLapicMsr(0x853)).toBe(true);
    writeMsr(lapic, 0x80f, 0x1ffn);
    expect(writeMsr(lapic, 0x853, 0xf9n)).toBe(true);
    expect([readMsr(lapic, 0x840), readMsr(lapic, 0x853)]).toEqual([0x40000n, 0xf9n]);
    expect(readMsr(make({ extended: false }), 0x840)).toBeUndefined();
  });

  test("are not there without", () => {
    const lapic = make({ extended: false });
    expect(readPage(lapic, 0x30, 4) >>> 31).toBe(0);
    writePage(lapic, LVT, 4, 0xf9);
    expect(readPage(lapic, LVT, 4)).toBe(0);
    writePage(lapic, 0x280, 4, 0);
    expect(readPage(lapic, 0x280, 4)).toBe(0x80);
  });
});
