// Made by tools/operations.ts from operations.txt. Do not edit.
import * as atomic from "./instructions/atomic.ts";
import * as bits from "./instructions/bits.ts";
import * as branches from "./instructions/branches.ts";
import * as control from "./system/control.ts";
import * as cpuid from "./system/cpuid.ts";
import * as decimal from "./instructions/decimal.ts";
import * as divide from "./instructions/divide.ts";
import * as fault from "./system/fault.ts";
import * as flagControl from "./instructions/flag-control.ts";
import * as instructions from "./system/instructions.ts";
import * as interrupts from "./system/interrupts.ts";
import * as iret from "./system/iret.ts";
import * as memory from "./instructions/memory.ts";
import * as msr from "./system/msr.ts";
import * as rflags from "./system/flags.ts";
import * as rotate from "./instructions/rotate.ts";
import * as sized from "./instructions/sized.ts";
import * as slow from "./instructions/slow-memory.ts";
import * as stack from "./instructions/stack.ts";
import * as syscall from "./system/syscall.ts";
import * as system from "./instructions/system.ts";
import * as tables from "./system/tables.ts";
import * as transfer from "./system/transfer.ts";
import * as unimplemented from "./instructions/unimplemented.ts";
import { R_IMM } from "./records.ts";

/** Executes an operation on registers and temporaries alone. Returns whether it is one. */
export function compute(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case 273: // LEA16
      memory.leaNarrow(record);
      return true;
    case 274: // BIT_ADDRESS
      bits.bitAddress(record);
      return true;
    case 290: // MUL
      divide.mul(s, record);
      return true;
    case 291: // IMUL1
      divide.imulWide(s, record);
      return true;
    case 294: // RCL
      rotate.rcl(s, record);
      return true;
    case 295: // RCR
      rotate.rcr(s, record);
      return true;
    case 296: // SHLD
      rotate.shld(s, record);
      return true;
    case 297: // SHRD
      rotate.shrd(s, record);
      return true;
    case 298: // BT
      bits.bt(s, record);
      return true;
    case 299: // BTS
      bits.bts(s, record);
      return true;
    case 300: // BTR
      bits.btr(s, record);
      return true;
    case 301: // BTC
      bits.btc(s, record);
      return true;
    case 302: // BSF
      bits.bsf(s, record);
      return true;
    case 303: // BSR
      bits.bsr(s, record);
      return true;
    case 304: // LZCNT
      bits.lzcnt(s, record);
      return true;
    case 305: // TZCNT
      bits.tzcnt(s, record);
      return true;
    case 306: // POPCNT
      bits.popcntOf(s, record);
      return true;
    case 307: // BSWAP
      bits.bswapOf(record);
      return true;
    case 308: // MOVBE
      bits.movbe(record);
      return true;
    case 309: // CMPXCHG
      atomic.cmpxchg(s, record);
      return true;
    case 310: // XADD
      atomic.xadd(s, record);
      return true;
    case 312: // CMC
    case 313: // CLC
    case 314: // STC
    case 315: // CLD
    case 316: // STD
    case 317: // SAHF
    case 318: // LAHF
    case 325: // SALC
      flagControl.flagControl(s, operation);
      return true;
    case 319: // DAA
      decimal.adjustPacked(s, 1);
      return true;
    case 320: // DAS
      decimal.adjustPacked(s, -1);
      return true;
    case 321: // AAA
      decimal.adjustUnpacked(s, 1);
      return true;
    case 322: // AAS
      decimal.adjustUnpacked(s, -1);
      return true;
    case 324: // AAD
      decimal.aad(s, record);
      return true;
    default:
      return false;
  }
}

/** Executes an operation that may fault. Returns whether it is one. */
export function access(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case 170: // LOAD
    case 171: // LOAD
    case 172: // LOAD
    case 173: // LOAD
    case 174: // LOAD_INDEXED
    case 175: // LOAD_INDEXED
    case 176: // LOAD_INDEXED
    case 177: // LOAD_INDEXED
    case 178: // LOAD_FLAT
    case 179: // LOAD_FLAT
    case 180: // LOAD_FLAT
    case 181: // LOAD_FLAT
    case 182: // LOADZX
    case 183: // LOADZX
    case 184: // LOADZX_INDEXED
    case 185: // LOADZX_INDEXED
    case 186: // LOADZX_FLAT
    case 187: // LOADZX_FLAT
    case 270: // LOADX
      slow.slowLoad(s, record);
      return true;
    case 188: // STORE
    case 189: // STORE
    case 190: // STORE
    case 191: // STORE
    case 192: // STORE_INDEXED
    case 193: // STORE_INDEXED
    case 194: // STORE_INDEXED
    case 195: // STORE_INDEXED
    case 196: // STORE_FLAT
    case 197: // STORE_FLAT
    case 198: // STORE_FLAT
    case 199: // STORE_FLAT
    case 271: // STOREX
      slow.slowStore(s, record);
      return true;
    case 200: // MODIFY
    case 201: // MODIFY
    case 202: // MODIFY
    case 203: // MODIFY
    case 204: // MODIFY_INDEXED
    case 205: // MODIFY_INDEXED
    case 206: // MODIFY_INDEXED
    case 207: // MODIFY_INDEXED
    case 208: // MODIFY_FLAT
    case 209: // MODIFY_FLAT
    case 210: // MODIFY_FLAT
    case 211: // MODIFY_FLAT
    case 272: // MODIFYX
      slow.slowModify(s, record);
      return true;
    case 212: // PUSH64
    case 213: // PUSH32
    case 275: // PUSHX
      stack.pushAny(s, record);
      return true;
    case 214: // POP64
    case 215: // POP32
    case 276: // POPX
      stack.popAny(s, record);
      return true;
    case 216: // LEAVE64
    case 217: // LEAVE32
    case 279: // LEAVEX
      stack.leaveAny(s, record);
      return true;
    case 277: // POP_MEMORY
      stack.popMemory(s, record);
      return true;
    case 278: // ENTER
      stack.enter(s, record);
      return true;
    case 292: // DIV
      divide.div(s, record);
      return true;
    case 293: // IDIV
      divide.idiv(s, record);
      return true;
    case 311: // CMPXCHG8B
      atomic.cmpxchgPair(s, record);
      return true;
    case 323: // AAM
      decimal.aam(s, record);
      return true;
    case 335: // BOUND
      branches.bound(s, record);
      return true;
    default:
      return false;
  }
}

/** Executes an operation of the system. Returns whether it is one. */
export function systemInstruction(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case 336: // PUSHA
      stack.pusha(s, record);
      return true;
    case 337: // POPA
      stack.popa(s, record);
      return true;
    case 338: // PUSHF
      system.pushf(s, record);
      return true;
    case 339: // POPF
      system.popf(s, record);
      return true;
    case 340: // CALLF
      system.farTransfer(s, record, true);
      return true;
    case 341: // JMPF
      system.farTransfer(s, record, false);
      return true;
    case 342: // RETF
      transfer.farReturn(s, sized.sizeOf(record), load<u16>(record, R_IMM));
      return true;
    case 343: // IRET
      iret.interruptReturn(s, sized.sizeOf(record));
      return true;
    case 344: // INT3
      interrupts.softwareInterrupt(s, 3);
      return true;
    case 345: // INT
      interrupts.softwareInterrupt(s, load<u8>(record, R_IMM));
      return true;
    case 346: // INTO
      system.interruptOnOverflow(s);
      return true;
    case 347: // INT1
      interrupts.softwareInterrupt(s, 1);
      return true;
    case 348: // IN
      system.input(s, record);
      return true;
    case 349: // OUT
      system.output(s, record);
      return true;
    case 350: // MOV_TO_SEGMENT
      system.moveToSegment(s, record);
      return true;
    case 351: // POP_SEGMENT
      system.popSegment(s, record);
      return true;
    case 352: // LOAD_FAR
      system.loadFar(s, record);
      return true;
    case 353: // CLI
      rflags.cli(s);
      return true;
    case 354: // STI
      rflags.sti(s);
      return true;
    case 355: // HLT
      instructions.hlt(s);
      return true;
    case 356: // ARPL
      system.adjustLevel(s, record);
      return true;
    case 357: // SLDT
    case 358: // STR
      system.storeSelector(s, record, operation);
      return true;
    case 359: // LLDT
      tables.lldt(s, sized.selectorOf(record));
      return true;
    case 360: // LTR
      tables.ltr(s, sized.selectorOf(record));
      return true;
    case 361: // VERR
    case 362: // VERW
    case 363: // LAR
    case 364: // LSL
      system.probe(s, record, operation);
      return true;
    case 365: // VMCALL
      instructions.hypercall(s, false);
      return true;
    case 366: // VMCLEAR
    case 367: // VMLAUNCH
    case 368: // VMPTRLD
    case 369: // VMPTRST
    case 370: // VMREAD
    case 371: // VMRESUME
    case 372: // VMWRITE
    case 373: // VMXOFF
    case 374: // VMXON
    case 375: // INVEPT
    case 376: // INVVPID
      system.vmxInstruction(s, operation);
      return true;
    case 377: // CLAC
    case 378: // STAC
    case 418: // UNDEFINED
      fault.raiseUd(s);
      return true;
    case 379: // XGETBV
      instructions.xgetbv(s);
      return true;
    case 380: // XSETBV
      instructions.xsetbv(s);
      return true;
    case 381: // VMRUN
    case 383: // VMLOAD
    case 384: // VMSAVE
    case 385: // STGI
    case 386: // CLGI
    case 387: // SKINIT
    case 388: // INVLPGA
      system.svmInstruction(s, operation);
      return true;
    case 382: // VMMCALL
      instructions.hypercall(s, true);
      return true;
    case 389: // SWAPGS
      syscall.swapgs(s);
      return true;
    case 390: // RDTSCP
      instructions.rdtscp(s);
      return true;
    case 391: // SGDT
      system.storeTable(s, record, true);
      return true;
    case 392: // SIDT
      system.storeTable(s, record, false);
      return true;
    case 393: // LGDT
      system.loadTable(s, record, true);
      return true;
    case 394: // LIDT
      system.loadTable(s, record, false);
      return true;
    case 395: // SMSW
      system.storeStatusWord(s, record);
      return true;
    case 396: // LMSW
      control.lmsw(s, sized.selectorOf(record));
      return true;
    case 397: // INVLPG
      system.invalidate(s, record);
      return true;
    case 398: // SYSCALL
      syscall.syscall(s);
      return true;
    case 399: // CLTS
      control.clts(s);
      return true;
    case 400: // SYSRET
      syscall.sysret(s, system.wordSizeOf(record));
      return true;
    case 401: // INVD
      instructions.invd(s);
      return true;
    case 402: // WBINVD
      instructions.wbinvd(s);
      return true;
    case 403: // FROMCR
    case 404: // FROMDR
    case 405: // TOCR
    case 406: // TODR
      system.moveControl(s, record, operation);
      return true;
    case 407: // WRMSR
      msr.wrmsr(s);
      return true;
    case 408: // RDTSC
      instructions.rdtsc(s);
      return true;
    case 409: // RDMSR
      msr.rdmsr(s);
      return true;
    case 410: // RDPMC
      instructions.rdpmc(s);
      return true;
    case 411: // SYSENTER
      syscall.sysenter(s);
      return true;
    case 412: // SYSEXIT
      syscall.sysexit(s, system.wordSizeOf(record));
      return true;
    case 413: // CPUID
      cpuid.cpuid(s);
      return true;
    case 414: // RDFSBASE
    case 415: // RDGSBASE
    case 416: // WRFSBASE
    case 417: // WRGSBASE
      system.moveBase(s, record, operation);
      return true;
    case 419: // FETCH_FAULT
      fault.raiseGp(s, 0);
      return true;
    case 420: // UNIMPLEMENTED
      unimplemented.stopUnimplemented(s, record);
      return true;
    default:
      return false;
  }
}
