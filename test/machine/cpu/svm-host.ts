// A host of AMD-V with one guest, both in 64-bit mode, on a processor without a machine: what tests of guests have in common.
import * as V from "../../../abi/x86/svm.ts";
import * as S from "../../../machine/cpu/interface.ts";
import { missingWords } from "../../../machine/model.ts";
import { Guest } from "./interpreter/guest.ts";

export const HOST = 0x1000;
export const CODE = 0x2000;
export const DATA = 0x5000;
export const CONTROL = 0x10000;
export const HOST_SAVE = 0x11000;
export const IO_MAP = 0x12000;
export const MSR_MAP = 0x15000;
export const IDT = 0x18000;
export const HANDLER = 0x1800;
/** Nested tables: identity in pages of 4 KiB for the first 2 MiB. */
export const NESTED = 0x20000;
export const STACK = 0x7000n;
export const RAX = 0;
export const RBX = 3;
export const RSP = 4;
export const HLT = 0xf4;
export const VMRUN = [0x0f, 0x01, 0xd8];
export const VMMCALL = [0x0f, 0x01, 0xd9];
export const STGI = [0x0f, 0x01, 0xdc];
export const CLGI = [0x0f, 0x01, 0xdd];
export const STI = 0xfb;
export const NOP = 0x90;
export const EFER_GUEST = 0x1500n;
export const SVME = 0x1000n;
export const CR0 = 0x80000011n;
export const CR4 = 0x620n;
export const FLAG_IF = 0x200n;
/** The general tables of Guest.long. */
export const CR3 = 0x8000n;
export const BASE = 0x40000000 - 0x200000;
/** Exit codes. */
export const [INTR, NMI, INIT, ICEBP] = [0x60, 0x61, 0x63, 0x88] as const;
export const VMMCALL_EXIT = 0x81n;

export class Host extends Guest {
  /** What the control block at CONTROL says. */
  field(offset: number): bigint {
    return new DataView(this.read(CONTROL + offset, 8).buffer).getBigUint64(0, true);
  }

  put(offset: number, value: bigint): void {
    this.write(CONTROL + offset, new Uint8Array(new BigUint64Array([value]).buffer));
  }

  word(at: number, value: bigint): void {
    this.write(at, new Uint8Array(new BigUint64Array([value]).buffer));
  }

  segment64(offset: number, selector: number, attributes: number): void {
    this.put(offset, BigInt(selector) | (BigInt(attributes) << 16n) | (0xffffffffn << 32n));
    this.put(offset + 8, 0n);
  }

  /** Has an exit code intercepted. */
  want(code: number): void {
    const at = Math.floor(code / 32) * 4;
    const view = new DataView(this.read(CONTROL + at, 4).buffer);
    view.setUint32(0, view.getUint32(0, true) | (2 ** (code % 32)), true);
    this.write(CONTROL + at, new Uint8Array(view.buffer));
  }

  /** Without some of the processor's features. */
  without(...names: string[]): void {
    for (const [word, bits] of missingWords(names).entries())
      this.exports.setMissingFeatures!(word, bits);
  }

  /** The host's code: VMRUN, then what is given, then HLT. `code` is the guest's, which ends with VMMCALL. */
  enter(code: readonly number[], after: readonly number[] = []): number {
    this.write(CODE, [...code, ...VMMCALL]);
    this.write(HOST, [...VMRUN, ...after, HLT]);
    this.setGpr(RAX, BigInt(CONTROL));
    return this.run(BigInt(HOST));
  }
}

/** A host whose guest is at CODE, in 64-bit mode with the host's tables, and has nothing intercepted but what ends it. */
export function makeHost(): Host {
  const host = new Host();
  host.long(BASE);
  host.set(S.S_EFER, host.get(S.S_EFER) | SVME);
  host.exports.sync!(0);
  host.set(S.S_HOST_SAVE, BigInt(HOST_SAVE));
  host.setGpr(RSP, STACK);
  host.want(0x80);
  host.want(0x81);
  host.want(0x7f);
  host.put(V.VMCB_IOPM, BigInt(IO_MAP));
  host.put(V.VMCB_MSRPM, BigInt(MSR_MAP));
  host.put(V.VMCB_ASID, 1n);
  host.segment64(V.VMCB_CS, 8, 0xa9b);
  for (const at of [V.VMCB_SS, V.VMCB_DS, V.VMCB_ES]) host.segment64(at, 16, 0xc93);
  host.put(V.VMCB_EFER, EFER_GUEST);
  host.put(V.VMCB_CR0, CR0);
  host.put(V.VMCB_CR3, CR3);
  host.put(V.VMCB_CR4, CR4);
  host.put(V.VMCB_DR6, 0xffff0ff0n);
  host.put(V.VMCB_DR7, 0x400n);
  host.put(V.VMCB_RFLAGS, 2n);
  host.put(V.VMCB_RIP, BigInt(CODE));
  host.put(V.VMCB_RSP, STACK - 0x800n);
  host.put(V.VMCB_PAT, 0x0007040600070406n);
  // A handler for everything that the host takes.
  for (let vector = 0; vector < 256; vector++)
    host.word(IDT + vector * 16, (BigInt(HANDLER) & 0xffffn) | (8n << 16n) | (0x8en << 40n));
  host.set(S.S_IDT_BASE, BigInt(IDT));
  host.set32(S.S_IDT_LIMIT, 0xfff);
  host.write(HANDLER, [0xff, 0xc3, 0x48, 0xcf]); // inc ebx; iretq
  host.word(0x4008, 0x00af9b000000ffffn); // the code segment that gates name, and the stack's
  host.word(0x4010, 0x00cf93000000ffffn);
  host.set(S.S_GDT_BASE, 0x4000n);
  host.set32(S.S_GDT_LIMIT, 0xfff);
  host.setGpr(RBX, 0n);
  return host;
}
