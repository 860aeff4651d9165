// Made by tools/operations.ts from operations.txt. Do not edit.
import * as arithmetic128 from "./instructions/vector/arithmetic.ts";
import * as atomic from "./instructions/atomic.ts";
import * as bits from "./instructions/bits.ts";
import * as branches from "./instructions/branches.ts";
import * as control from "./system/control.ts";
import * as conversions from "./instructions/vector/conversions.ts";
import * as cpuid from "./system/cpuid.ts";
import * as decimal from "./instructions/decimal.ts";
import * as divide from "./instructions/divide.ts";
import * as fault from "./system/fault.ts";
import * as flagControl from "./instructions/flag-control.ts";
import * as float from "./instructions/vector/float.ts";
import * as instructions from "./system/instructions.ts";
import * as interrupts from "./system/interrupts.ts";
import * as iret from "./system/iret.ts";
import * as memory from "./instructions/memory.ts";
import * as mmx from "./instructions/vector/mmx.ts";
import * as msr from "./system/msr.ts";
import * as rflags from "./system/flags.ts";
import * as rotate from "./instructions/rotate.ts";
import * as save from "./instructions/vector/save.ts";
import * as sized from "./instructions/sized.ts";
import * as shuffles from "./instructions/vector/shuffles.ts";
import * as slow from "./instructions/slow-memory.ts";
import * as sse from "./instructions/vector/control.ts";
import * as stack from "./instructions/stack.ts";
import * as syscall from "./system/syscall.ts";
import * as system from "./instructions/system.ts";
import * as tables from "./system/tables.ts";
import * as transfer from "./system/transfer.ts";
import * as unimplemented from "./instructions/unimplemented.ts";
import * as vector from "./instructions/vector/operands.ts";
import * as x87arithmetic from "./instructions/x87/arithmetic.ts";
import * as x87compare from "./instructions/x87/compare.ts";
import * as x87environment from "./instructions/x87/environment.ts";
import * as x87functions from "./instructions/x87/functions.ts";
import * as x87moves from "./instructions/x87/moves.ts";
import * as x87stores from "./instructions/x87/stores.ts";
import * as x87unit from "./instructions/x87/unit.ts";
import { R_DST, R_IMM, R_SRC } from "./records.ts";

/** Executes an operation on registers and temporaries alone. Returns whether it is one. */
export function compute(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case 331: // LEA16
      memory.leaNarrow(record);
      return true;
    case 332: // BIT_ADDRESS
      bits.bitAddress(record);
      return true;
    case 348: // MUL
      divide.mul(s, record);
      return true;
    case 349: // IMUL1
      divide.imulWide(s, record);
      return true;
    case 352: // RCL
      rotate.rcl(s, record);
      return true;
    case 353: // RCR
      rotate.rcr(s, record);
      return true;
    case 354: // SHLD
      rotate.shld(s, record);
      return true;
    case 355: // SHRD
      rotate.shrd(s, record);
      return true;
    case 356: // BT
      bits.bt(s, record);
      return true;
    case 357: // BTS
      bits.bts(s, record);
      return true;
    case 358: // BTR
      bits.btr(s, record);
      return true;
    case 359: // BTC
      bits.btc(s, record);
      return true;
    case 360: // BSF
      bits.bsf(s, record);
      return true;
    case 361: // BSR
      bits.bsr(s, record);
      return true;
    case 362: // LZCNT
      bits.lzcnt(s, record);
      return true;
    case 363: // TZCNT
      bits.tzcnt(s, record);
      return true;
    case 364: // POPCNT
      bits.popcntOf(s, record);
      return true;
    case 365: // BSWAP
      bits.bswapOf(record);
      return true;
    case 366: // MOVBE
      bits.movbe(record);
      return true;
    case 367: // CMPXCHG
      atomic.cmpxchg(s, record);
      return true;
    case 368: // XADD
      atomic.xadd(s, record);
      return true;
    case 370: // CMC
    case 371: // CLC
    case 372: // STC
    case 373: // CLD
    case 374: // STD
    case 375: // SAHF
    case 376: // LAHF
    case 383: // SALC
      flagControl.flagControl(s, operation);
      return true;
    case 377: // DAA
      decimal.adjustPacked(s, 1);
      return true;
    case 378: // DAS
      decimal.adjustPacked(s, -1);
      return true;
    case 379: // AAA
      decimal.adjustUnpacked(s, 1);
      return true;
    case 380: // AAS
      decimal.adjustUnpacked(s, -1);
      return true;
    case 382: // AAD
      decimal.aad(s, record);
      return true;
    case 386: // PSLLDQ
      shuffles.pslldq(record);
      return true;
    case 387: // PSRLDQ
      shuffles.psrldq(record);
      return true;
    case 388: // PADDSB
      vector.put(record, i8x16.add_sat_s(vector.first(record), vector.second(record)));
      return true;
    case 389: // PADDSW
      vector.put(record, i16x8.add_sat_s(vector.first(record), vector.second(record)));
      return true;
    case 390: // PADDUSB
      vector.put(record, i8x16.add_sat_u(vector.first(record), vector.second(record)));
      return true;
    case 391: // PADDUSW
      vector.put(record, i16x8.add_sat_u(vector.first(record), vector.second(record)));
      return true;
    case 392: // PSUBSB
      vector.put(record, i8x16.sub_sat_s(vector.first(record), vector.second(record)));
      return true;
    case 393: // PSUBSW
      vector.put(record, i16x8.sub_sat_s(vector.first(record), vector.second(record)));
      return true;
    case 394: // PSUBUSB
      vector.put(record, i8x16.sub_sat_u(vector.first(record), vector.second(record)));
      return true;
    case 395: // PSUBUSW
      vector.put(record, i16x8.sub_sat_u(vector.first(record), vector.second(record)));
      return true;
    case 396: // PAVGB
      vector.put(record, i8x16.avgr_u(vector.first(record), vector.second(record)));
      return true;
    case 397: // PAVGW
      vector.put(record, i16x8.avgr_u(vector.first(record), vector.second(record)));
      return true;
    case 398: // PMULHW
      vector.put(record, arithmetic128.pmulhw(vector.first(record), vector.second(record)));
      return true;
    case 399: // PMULHUW
      vector.put(record, arithmetic128.pmulhuw(vector.first(record), vector.second(record)));
      return true;
    case 400: // PSADBW
      vector.put(record, arithmetic128.psadbw(vector.first(record), vector.second(record)));
      return true;
    case 401: // PSHUFW
      shuffles.pshufw(record);
      return true;
    case 402: // PSHUFLW
      shuffles.pshuflw(record);
      return true;
    case 403: // PSHUFHW
      shuffles.pshufhw(record);
      return true;
    case 404: // SHUFPD
      shuffles.shufpd(record);
      return true;
    case 405: // PINSRW
      shuffles.pinsrw(record);
      return true;
    case 406: // PEXTRW
      shuffles.pextrw(record);
      return true;
    case 407: // MOVMSKPS
      store<u64>(load<u32>(record, R_DST), <u64>(<u32>i32x4.bitmask(vector.second(record))));
      return true;
    case 408: // MOVMSKPD
      store<u64>(load<u32>(record, R_DST), <u64>(<u32>i64x2.bitmask(vector.second(record))));
      return true;
    case 409: // MMX_SET
      mmx.use(s);
      return true;
    case 410: // MMX_PUT
      mmx.put(s, record);
      return true;
    case 411: // EMMS
      mmx.empty(s);
      return true;
    case 416: // MOVSLDUP
      vector.put(record, v128.shuffle<u32>(vector.second(record), vector.second(record), 0, 0, 2, 2));
      return true;
    case 417: // MOVSHDUP
      vector.put(record, v128.shuffle<u32>(vector.second(record), vector.second(record), 1, 1, 3, 3));
      return true;
    case 418: // MOVDDUP
      vector.put(record, v128.load64_splat(load<u32>(record, R_SRC)));
      return true;
    case 429: // VRCP
    case 430: // VRSQRT
      float.approximate(record, operation);
      return true;
    case 440: // CVTDQ2PD
      conversions.integersToDoubles(s, record);
      return true;
    default:
      return false;
  }
}

/** Executes an operation that may fault. Returns whether it is one. */
export function access(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case 222: // LOAD
    case 223: // LOAD
    case 224: // LOAD
    case 225: // LOAD
    case 226: // LOAD_INDEXED
    case 227: // LOAD_INDEXED
    case 228: // LOAD_INDEXED
    case 229: // LOAD_INDEXED
    case 230: // LOAD_FLAT
    case 231: // LOAD_FLAT
    case 232: // LOAD_FLAT
    case 233: // LOAD_FLAT
    case 234: // LOADZX
    case 235: // LOADZX
    case 236: // LOADZX_INDEXED
    case 237: // LOADZX_INDEXED
    case 238: // LOADZX_FLAT
    case 239: // LOADZX_FLAT
    case 328: // LOADX
      slow.slowLoad(s, record);
      return true;
    case 240: // STORE
    case 241: // STORE
    case 242: // STORE
    case 243: // STORE
    case 244: // STORE_INDEXED
    case 245: // STORE_INDEXED
    case 246: // STORE_INDEXED
    case 247: // STORE_INDEXED
    case 248: // STORE_FLAT
    case 249: // STORE_FLAT
    case 250: // STORE_FLAT
    case 251: // STORE_FLAT
    case 329: // STOREX
      slow.slowStore(s, record);
      return true;
    case 252: // MODIFY
    case 253: // MODIFY
    case 254: // MODIFY
    case 255: // MODIFY
    case 256: // MODIFY_INDEXED
    case 257: // MODIFY_INDEXED
    case 258: // MODIFY_INDEXED
    case 259: // MODIFY_INDEXED
    case 260: // MODIFY_FLAT
    case 261: // MODIFY_FLAT
    case 262: // MODIFY_FLAT
    case 263: // MODIFY_FLAT
    case 330: // MODIFYX
      slow.slowModify(s, record);
      return true;
    case 264: // LOADV
    case 265: // LOADV_INDEXED
    case 266: // LOADV_FLAT
    case 412: // LOADVX
      slow.slowLoadVector(s, record);
      return true;
    case 267: // STOREV
    case 268: // STOREV_INDEXED
    case 269: // STOREV_FLAT
    case 413: // STOREVX
      slow.slowStoreVector(s, record);
      return true;
    case 270: // PUSH64
    case 271: // PUSH32
    case 333: // PUSHX
      stack.pushAny(s, record);
      return true;
    case 272: // POP64
    case 273: // POP32
    case 334: // POPX
      stack.popAny(s, record);
      return true;
    case 274: // LEAVE64
    case 275: // LEAVE32
    case 337: // LEAVEX
      stack.leaveAny(s, record);
      return true;
    case 335: // POP_MEMORY
      stack.popMemory(s, record);
      return true;
    case 336: // ENTER
      stack.enter(s, record);
      return true;
    case 350: // DIV
      divide.div(s, record);
      return true;
    case 351: // IDIV
      divide.idiv(s, record);
      return true;
    case 369: // CMPXCHG8B
      atomic.cmpxchgPair(s, record);
      return true;
    case 381: // AAM
      decimal.aam(s, record);
      return true;
    case 414: // MMX_CHECK
      mmx.check(s);
      return true;
    case 415: // MASKMOV
      mmx.maskedStore(s, record);
      return true;
    case 419: // VADD
    case 420: // VSUB
    case 421: // VMUL
    case 422: // VDIV
    case 423: // VMIN
    case 424: // VMAX
    case 425: // VSQRT
      float.lanewise(s, record, operation);
      return true;
    case 426: // VHADD
    case 427: // VHSUB
      float.horizontal(s, record, operation);
      return true;
    case 428: // VADDSUB
      float.alternate(s, record);
      return true;
    case 431: // VCMP
      float.compareLanes(s, record);
      return true;
    case 432: // VCOMI
    case 433: // VUCOMI
      float.compareScalars(s, record, operation);
      return true;
    case 434: // CVTPS2PD
    case 435: // CVTPD2PS
    case 436: // CVTSS2SD
    case 437: // CVTSD2SS
      conversions.changePrecision(s, record, operation);
      return true;
    case 438: // CVTDQ2PS
      conversions.integersToSingles(s, record, 4);
      return true;
    case 439: // CVTPI2PS
      conversions.integersToSingles(s, record, 2);
      return true;
    case 441: // CVTPS2DQ
      conversions.singlesToIntegers(s, record, 4, false);
      return true;
    case 442: // CVTPS2PI
      conversions.singlesToIntegers(s, record, 2, false);
      return true;
    case 443: // CVTPD2DQ
      conversions.doublesToIntegers(s, record, false);
      return true;
    case 444: // CVTS2SI
      conversions.scalarToInteger(s, record, false);
      return true;
    case 445: // CVTTPS2DQ
      conversions.singlesToIntegers(s, record, 4, true);
      return true;
    case 446: // CVTTPS2PI
      conversions.singlesToIntegers(s, record, 2, true);
      return true;
    case 447: // CVTTPD2DQ
      conversions.doublesToIntegers(s, record, true);
      return true;
    case 448: // CVTTS2SI
      conversions.scalarToInteger(s, record, true);
      return true;
    case 449: // CVTSI2S
      conversions.integerToScalar(s, record);
      return true;
    case 450: // MXCSR_LOAD
      sse.loadControl(s, record);
      return true;
    case 458: // BOUND
      branches.bound(s, record);
      return true;
    case 459: // FARITHMETIC_MEMORY
      x87arithmetic.arithmeticWithMemory(s, record);
      return true;
    case 460: // FARITHMETIC
      x87arithmetic.arithmetic(s, record);
      return true;
    case 461: // FCOM_MEMORY
      x87compare.compareMemory(s, record);
      return true;
    case 462: // FCOM
      x87compare.compareRegister(s, record);
      return true;
    case 463: // FTST
      x87compare.compareZero(s, record);
      return true;
    case 464: // FCOMI
      x87compare.compareToFlags(s, record);
      return true;
    case 465: // FXAM
      x87compare.examine(s, record);
      return true;
    case 466: // FLD_FLOAT
      x87moves.loadFloat(s, record);
      return true;
    case 467: // FILD
      x87moves.loadInteger(s, record);
      return true;
    case 468: // FLD_EXTENDED
      x87moves.loadExtended(s, record);
      return true;
    case 469: // FLD
      x87moves.loadRegister(s, record);
      return true;
    case 470: // FLD_CONSTANT
      x87moves.loadConstant(s, record);
      return true;
    case 471: // FXCH
      x87moves.exchange(s, record);
      return true;
    case 472: // FCMOV
      x87moves.moveIf(s, record);
      return true;
    case 473: // FFREE
      x87moves.freeRegister(s, record);
      return true;
    case 474: // FST_FLOAT
      x87stores.storeFloat(s, record);
      return true;
    case 475: // FIST
      x87stores.storeInteger(s, record);
      return true;
    case 476: // FBSTP
      x87stores.storeDecimal(s, record);
      return true;
    case 477: // FSTP_EXTENDED
      x87stores.storeExtended(s, record);
      return true;
    case 478: // FST
      x87stores.storeRegister(s, record);
      return true;
    case 479: // FSIGN
      x87functions.changeSign(s, record);
      return true;
    case 480: // FUNARY
      x87functions.unary(s, record);
      return true;
    case 481: // FBINARY
      x87functions.binary(s, record);
      return true;
    case 482: // FSCALE
      x87functions.scaleBy(s, record);
      return true;
    case 483: // FPREM
      x87functions.divideRest(s, record);
      return true;
    case 484: // FXTRACT
      x87functions.extract(s, record);
      return true;
    case 485: // FPTAN
      x87functions.tangent(s, record);
      return true;
    case 486: // FSINCOS
      x87functions.sineAndCosine(s, record);
      return true;
    case 487: // FTURN
      x87functions.turn(s, record);
      return true;
    case 488: // FNOP
      x87functions.nothing(s, record);
      return true;
    case 489: // FWAIT
      x87unit.wait(s);
      return true;
    case 490: // FLDCW
      x87environment.loadControl(s, record);
      return true;
    case 491: // FNSTCW
      x87environment.storeControl(s, record);
      return true;
    case 492: // FNSTSW
      x87environment.storeStatus(s, record);
      return true;
    case 493: // FNSTSW_AX
      x87environment.moveStatus(s);
      return true;
    case 494: // FNCLEX
      x87environment.clearExceptions(s);
      return true;
    case 495: // FNINIT
      x87environment.initialize(s);
      return true;
    case 496: // FOBSOLETE
      x87environment.obsolete();
      return true;
    case 497: // FLDENV
      x87environment.loadEnvironment(s, record);
      return true;
    case 498: // FNSTENV
      x87environment.storeEnvironment(s, record);
      return true;
    case 499: // FRSTOR
      x87environment.restoreState(s, record);
      return true;
    case 500: // FNSAVE
      x87environment.saveState(s, record);
      return true;
    default:
      return false;
  }
}

/** Executes an operation of the system. Returns whether it is one. */
export function systemInstruction(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case 501: // PUSHA
      stack.pusha(s, record);
      return true;
    case 502: // POPA
      stack.popa(s, record);
      return true;
    case 503: // PUSHF
      system.pushf(s, record);
      return true;
    case 504: // POPF
      system.popf(s, record);
      return true;
    case 505: // CALLF
      system.farTransfer(s, record, true);
      return true;
    case 506: // JMPF
      system.farTransfer(s, record, false);
      return true;
    case 507: // RETF
      transfer.farReturn(s, sized.sizeOf(record), load<u16>(record, R_IMM));
      return true;
    case 508: // IRET
      iret.interruptReturn(s, sized.sizeOf(record));
      return true;
    case 509: // INT3
      interrupts.softwareInterrupt(s, 3);
      return true;
    case 510: // INT
      interrupts.softwareInterrupt(s, load<u8>(record, R_IMM));
      return true;
    case 511: // INTO
      system.interruptOnOverflow(s);
      return true;
    case 512: // INT1
      interrupts.softwareInterrupt(s, 1);
      return true;
    case 513: // IN
      system.input(s, record);
      return true;
    case 514: // OUT
      system.output(s, record);
      return true;
    case 515: // MOV_TO_SEGMENT
      system.moveToSegment(s, record);
      return true;
    case 516: // POP_SEGMENT
      system.popSegment(s, record);
      return true;
    case 517: // LOAD_FAR
      system.loadFar(s, record);
      return true;
    case 518: // CLI
      rflags.cli(s);
      return true;
    case 519: // STI
      rflags.sti(s);
      return true;
    case 520: // HLT
      instructions.hlt(s);
      return true;
    case 521: // ARPL
      system.adjustLevel(s, record);
      return true;
    case 522: // SLDT
    case 523: // STR
      system.storeSelector(s, record, operation);
      return true;
    case 524: // LLDT
      tables.lldt(s, sized.selectorOf(record));
      return true;
    case 525: // LTR
      tables.ltr(s, sized.selectorOf(record));
      return true;
    case 526: // VERR
    case 527: // VERW
    case 528: // LAR
    case 529: // LSL
      system.probe(s, record, operation);
      return true;
    case 530: // VMCALL
      instructions.hypercall(s, false);
      return true;
    case 531: // VMCLEAR
    case 532: // VMLAUNCH
    case 533: // VMPTRLD
    case 534: // VMPTRST
    case 535: // VMREAD
    case 536: // VMRESUME
    case 537: // VMWRITE
    case 538: // VMXOFF
    case 539: // VMXON
    case 540: // INVEPT
    case 541: // INVVPID
      system.vmxInstruction(s, operation);
      return true;
    case 542: // CLAC
    case 543: // STAC
    case 587: // UNDEFINED
      fault.raiseUd(s);
      return true;
    case 544: // XGETBV
      instructions.xgetbv(s);
      return true;
    case 545: // XSETBV
      instructions.xsetbv(s);
      return true;
    case 546: // VMRUN
    case 548: // VMLOAD
    case 549: // VMSAVE
    case 550: // STGI
    case 551: // CLGI
    case 552: // SKINIT
    case 553: // INVLPGA
      system.svmInstruction(s, operation);
      return true;
    case 547: // VMMCALL
      instructions.hypercall(s, true);
      return true;
    case 554: // SWAPGS
      syscall.swapgs(s);
      return true;
    case 555: // RDTSCP
      instructions.rdtscp(s);
      return true;
    case 556: // SGDT
      system.storeTable(s, record, true);
      return true;
    case 557: // SIDT
      system.storeTable(s, record, false);
      return true;
    case 558: // LGDT
      system.loadTable(s, record, true);
      return true;
    case 559: // LIDT
      system.loadTable(s, record, false);
      return true;
    case 560: // SMSW
      system.storeStatusWord(s, record);
      return true;
    case 561: // LMSW
      control.lmsw(s, sized.selectorOf(record));
      return true;
    case 562: // INVLPG
      system.invalidate(s, record);
      return true;
    case 563: // SYSCALL
      syscall.syscall(s);
      return true;
    case 564: // CLTS
      control.clts(s);
      return true;
    case 565: // SYSRET
      syscall.sysret(s, system.wordSizeOf(record));
      return true;
    case 566: // INVD
      instructions.invd(s);
      return true;
    case 567: // WBINVD
      instructions.wbinvd(s);
      return true;
    case 568: // FROMCR
    case 569: // FROMDR
    case 570: // TOCR
    case 571: // TODR
      system.moveControl(s, record, operation);
      return true;
    case 572: // WRMSR
      msr.wrmsr(s);
      return true;
    case 573: // RDTSC
      instructions.rdtsc(s);
      return true;
    case 574: // RDMSR
      msr.rdmsr(s);
      return true;
    case 575: // RDPMC
      instructions.rdpmc(s);
      return true;
    case 576: // SYSENTER
      syscall.sysenter(s);
      return true;
    case 577: // SYSEXIT
      syscall.sysexit(s, system.wordSizeOf(record));
      return true;
    case 578: // CPUID
      cpuid.cpuid(s);
      return true;
    case 579: // RDFSBASE
    case 580: // RDGSBASE
    case 581: // WRFSBASE
    case 582: // WRGSBASE
      system.moveBase(s, record, operation);
      return true;
    case 583: // FXSAVE
      save.fxsave(s, record);
      return true;
    case 584: // FXRSTOR
      save.fxrstor(s, record);
      return true;
    case 585: // XSAVE
      save.xsave(s, record);
      return true;
    case 586: // XRSTOR
      save.xrstor(s, record);
      return true;
    case 588: // FETCH_FAULT
      fault.raiseGp(s, 0);
      return true;
    case 589: // UNIMPLEMENTED
      unimplemented.stopUnimplemented(s, record);
      return true;
    default:
      return false;
  }
}
