// A cell's CPU in x2APIC mode beside a Linux in xAPIC mode: there and back, on a stand-in for the processor whose modes follow each
// other as the manual has them (AMD64 Architecture Programmer's Manual, volume 2, section 16.9).
import { beforeEach, describe, expect, it } from "vitest";
import { IPI_NMI } from "../../abi/platform.ts";
import * as apic from "../../abi/x86/apic.ts";
import * as svm from "../../abi/x86/svm.ts";
import { FakeMetal } from "./fake-metal.ts";

const BASE = 0x1b;
const XAPIC = 0xfee00900n;
const X2APIC = 0xfee00d00n;
const OFF = 0xfee00100n;
const CELL = 1;
const NMI = { code: svm.EXIT_NMI };
const EVENT_NMI = 0x80000202n;

let metal: FakeMetal;
let modes: bigint[];

beforeEach(() => {
  metal = new FakeMetal({ msrs: { [BASE]: XAPIC } });
  metal.enter();
  expect(metal.exports.reserve!(CELL, 0, 0)).toBe(0);
  modes = [];
  metal.onApicBase = (value) => modes.push(value);
});

const assign = (cell: number) => {
  metal.exports.assignCpu!(0, cell);
  metal.apicWrites.length = 0;
  modes.length = 0;
  metal.play();
};
const written = (register: number) =>
  metal.apicWrites.filter(([each]) => each === register).map(([, value]) => value);
const lastMsr = (register: number) => metal.msrs.get(0x800 + register);

describe("a CPU that goes to a cell in x2APIC mode", () => {
  beforeEach(() => {
    metal.exports.useX2apic!(CELL);
    assign(CELL);
  });

  it("is put into that mode once it is clean, and is clean there", () => {
    expect(modes).toEqual([X2APIC]);
    expect(written(apic.APIC_SVR).at(-1)).toBe(0xffn);
    expect(lastMsr(apic.APIC_SVR)).toBe(0xffn);
    expect(lastMsr(apic.APIC_TIMER_DIVIDE)).toBe(3n);
  });

  it("stays in it when it is reset", () => {
    metal.exports.resetCpu!(0, 0n);
    metal.play();
    expect(modes).toEqual([X2APIC]);
    expect(lastMsr(apic.APIC_LVT_TIMER)).toBe(0x10000n);
  });

  it("comes back to xAPIC mode by way of none, and is clean there", () => {
    assign(0);
    expect(modes).toEqual([OFF, XAPIC]);
    expect(written(apic.APIC_LDR)).toEqual([0n]);
    expect(written(apic.APIC_ICR_HIGH)).toEqual([0n]);
    expect(written(apic.APIC_TIMER_DIVIDE)).toEqual([3n]);
    expect(written(apic.APIC_SVR)).toEqual([0xffn]);
    assign(CELL);
    expect(modes).toEqual([X2APIC]);
  });

  it("comes back with an id as wide as the firmware has made it", () => {
    metal.msrs.set(0x800 + apic.APIC_VERSION, 0x80050010n);
    metal.msrs.set(0x800 + apic.APIC_EXT_CONTROL, 0x7n);
    assign(0);
    expect(written(apic.APIC_EXT_CONTROL)).toEqual([4n]);
  });

  it("goes to the next cell of its number in that one's mode", () => {
    assign(0);
    metal.exports.release!(CELL);
    expect(metal.exports.reserve!(CELL, 0, 0)).toBe(0);
    assign(CELL);
    expect(modes).toEqual([]);
  });

  it("waits for an NMI that is on its way before its APIC is off", () => {
    metal.exports.sendIpi!(0, IPI_NMI, 0);
    metal.exports.assignCpu!(0, 0);
    modes.length = 0;
    const seen: number[] = [];
    metal.onGuest = () => seen.push(modes.length);
    metal.play(NMI);
    expect(seen).toEqual([0, 2]);
  });

  it("gets no NMI while its APIC is off, and its guest has it afterwards", () => {
    metal.exports.assignCpu!(0, 0);
    metal.onApicBase = (value) => {
      if (value === OFF) metal.exports.sendIpi!(0, IPI_NMI, 0);
    };
    metal.apicWrites.length = 0;
    metal.play();
    expect(written(apic.APIC_ICR)).toEqual([]);
    const event = metal.view.getBigUint64(metal.control + svm.VMCB_EVENT, true);
    expect(event & 0xffffffffn).toBe(EVENT_NMI);
  });

  it("can be sent NMIs again afterwards", () => {
    assign(0);
    metal.exports.sendIpi!(0, IPI_NMI, 0);
    expect(written(apic.APIC_ICR)).toHaveLength(1);
  });
});

describe("a CPU", () => {
  it("keeps its mode where the cell is not to have another", () => {
    assign(CELL);
    expect(modes).toEqual([]);
    assign(0);
    expect(modes).toEqual([]);
  });

  it("keeps x2APIC mode where Linux has chosen it", () => {
    metal = new FakeMetal({ msrs: { [BASE]: X2APIC } });
    metal.enter();
    metal.onApicBase = (value) => modes.push(value);
    metal.exports.reserve!(CELL, 0, 0);
    assign(CELL);
    assign(0);
    expect(modes).toEqual([]);
  });
});
