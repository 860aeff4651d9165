// Made by tools/operations.ts from operations.txt. Do not edit.
import * as aes from "./instructions/vector/aes.ts";
import * as arithmetic128 from "./instructions/vector/arithmetic.ts";
import * as atomic from "./instructions/atomic.ts";
import * as bits from "./instructions/bits.ts";
import * as bmi from "./instructions/bmi.ts";
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
import * as lanes from "./instructions/vector/lanes.ts";
import * as memory from "./instructions/memory.ts";
import * as mmx from "./instructions/vector/mmx.ts";
import * as msr from "./system/msr.ts";
import * as rflags from "./system/flags.ts";
import * as rotate from "./instructions/rotate.ts";
import * as save from "./instructions/vector/save.ts";
import * as sha from "./instructions/vector/sha.ts";
import * as sized from "./instructions/sized.ts";
import * as shuffles from "./instructions/vector/shuffles.ts";
import * as slow from "./instructions/slow-memory.ts";
import * as sse from "./instructions/vector/control.ts";
import * as stack from "./instructions/stack.ts";
import * as syscall from "./system/syscall.ts";
import * as system from "./instructions/system.ts";
import * as tables from "./system/tables.ts";
import * as text from "./instructions/vector/text.ts";
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
    case 419: // ANDN
      bmi.andn(s, record);
      return true;
    case 420: // BEXTR
      bmi.bextr(s, record);
      return true;
    case 421: // BLSI
      bmi.blsi(s, record);
      return true;
    case 422: // BLSMSK
      bmi.blsmsk(s, record);
      return true;
    case 423: // BLSR
      bmi.blsr(s, record);
      return true;
    case 424: // BZHI
      bmi.bzhi(s, record);
      return true;
    case 425: // PDEP
      bmi.pdep(record);
      return true;
    case 426: // PEXT
      bmi.pext(record);
      return true;
    case 427: // SARX
      bmi.sarx(record);
      return true;
    case 428: // SHLX
      bmi.shlx(record);
      return true;
    case 429: // SHRX
      bmi.shrx(record);
      return true;
    case 430: // RORX
      bmi.rorx(record);
      return true;
    case 431: // MULX
      bmi.mulx(s, record);
      return true;
    case 432: // ADCX
      bmi.adcx(s, record);
      return true;
    case 433: // ADOX
      bmi.adox(s, record);
      return true;
    case 434: // RDPID
      store<u64>(load<u32>(record, R_DST), syscall.tscAux(s));
      return true;
    case 435: // PSHUFB
      lanes.pshufb(record);
      return true;
    case 436: // PHADDW
      vector.put(record, arithmetic128.phaddw(vector.first(record), vector.second(record)));
      return true;
    case 437: // PHADDD
      vector.put(record, arithmetic128.phaddd(vector.first(record), vector.second(record)));
      return true;
    case 438: // PHADDSW
      vector.put(record, arithmetic128.phaddsw(vector.first(record), vector.second(record)));
      return true;
    case 439: // PHSUBW
      vector.put(record, arithmetic128.phsubw(vector.first(record), vector.second(record)));
      return true;
    case 440: // PHSUBD
      vector.put(record, arithmetic128.phsubd(vector.first(record), vector.second(record)));
      return true;
    case 441: // PHSUBSW
      vector.put(record, arithmetic128.phsubsw(vector.first(record), vector.second(record)));
      return true;
    case 442: // PMADDUBSW
      vector.put(record, arithmetic128.pmaddubsw(vector.first(record), vector.second(record)));
      return true;
    case 443: // PMULHRSW
      vector.put(record, arithmetic128.pmulhrsw(vector.first(record), vector.second(record)));
      return true;
    case 444: // PSIGNB
      vector.put(record, arithmetic128.psignb(vector.first(record), vector.second(record)));
      return true;
    case 445: // PSIGNW
      vector.put(record, arithmetic128.psignw(vector.first(record), vector.second(record)));
      return true;
    case 446: // PSIGND
      vector.put(record, arithmetic128.psignd(vector.first(record), vector.second(record)));
      return true;
    case 447: // PABSB
      vector.put(record, i8x16.abs(vector.second(record)));
      return true;
    case 448: // PABSW
      vector.put(record, i16x8.abs(vector.second(record)));
      return true;
    case 449: // PABSD
      vector.put(record, i32x4.abs(vector.second(record)));
      return true;
    case 450: // PALIGNR
      lanes.palignr(record);
      return true;
    case 451: // PCMPEQQ
      vector.put(record, i64x2.eq(vector.first(record), vector.second(record)));
      return true;
    case 452: // PACKUSDW
      vector.put(record, i16x8.narrow_i32x4_u(vector.first(record), vector.second(record)));
      return true;
    case 453: // PMINSB
      vector.put(record, i8x16.min_s(vector.first(record), vector.second(record)));
      return true;
    case 454: // PMINSD
      vector.put(record, i32x4.min_s(vector.first(record), vector.second(record)));
      return true;
    case 455: // PMINUW
      vector.put(record, i16x8.min_u(vector.first(record), vector.second(record)));
      return true;
    case 456: // PMINUD
      vector.put(record, i32x4.min_u(vector.first(record), vector.second(record)));
      return true;
    case 457: // PMAXSB
      vector.put(record, i8x16.max_s(vector.first(record), vector.second(record)));
      return true;
    case 458: // PMAXSD
      vector.put(record, i32x4.max_s(vector.first(record), vector.second(record)));
      return true;
    case 459: // PMAXUW
      vector.put(record, i16x8.max_u(vector.first(record), vector.second(record)));
      return true;
    case 460: // PMAXUD
      vector.put(record, i32x4.max_u(vector.first(record), vector.second(record)));
      return true;
    case 461: // PMULLD
      vector.put(record, i32x4.mul(vector.first(record), vector.second(record)));
      return true;
    case 462: // PCMPGTQ
      vector.put(record, i64x2.gt_s(vector.first(record), vector.second(record)));
      return true;
    case 463: // PMULDQ
      vector.put(record, arithmetic128.pmuldq(vector.first(record), vector.second(record)));
      return true;
    case 464: // PHMINPOSUW
      lanes.phminposuw(record);
      return true;
    case 465: // PMOVSXBW
      vector.put(record, i16x8.extend_low_i8x16_s(vector.second(record)));
      return true;
    case 466: // PMOVSXBD
      vector.put(record, i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(vector.second(record))));
      return true;
    case 467: // PMOVSXBQ
      vector.put(record, i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(vector.second(record)))));
      return true;
    case 468: // PMOVSXWD
      vector.put(record, i32x4.extend_low_i16x8_s(vector.second(record)));
      return true;
    case 469: // PMOVSXWQ
      vector.put(record, i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(vector.second(record))));
      return true;
    case 470: // PMOVSXDQ
      vector.put(record, i64x2.extend_low_i32x4_s(vector.second(record)));
      return true;
    case 471: // PMOVZXBW
      vector.put(record, i16x8.extend_low_i8x16_u(vector.second(record)));
      return true;
    case 472: // PMOVZXBD
      vector.put(record, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(vector.second(record))));
      return true;
    case 473: // PMOVZXBQ
      vector.put(record, i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(vector.second(record)))));
      return true;
    case 474: // PMOVZXWD
      vector.put(record, i32x4.extend_low_i16x8_u(vector.second(record)));
      return true;
    case 475: // PMOVZXWQ
      vector.put(record, i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(vector.second(record))));
      return true;
    case 476: // PMOVZXDQ
      vector.put(record, i64x2.extend_low_i32x4_u(vector.second(record)));
      return true;
    case 477: // PTEST
      lanes.ptest(s, record);
      return true;
    case 478: // PBLENDVB
      vector.blend(record, i8x16.shr_s(vector.selector(s), 7));
      return true;
    case 479: // BLENDVPS
      vector.blend(record, i32x4.shr_s(vector.selector(s), 31));
      return true;
    case 480: // BLENDVPD
      vector.blend(record, i64x2.shr_s(vector.selector(s), 63));
      return true;
    case 481: // BLENDPS
      lanes.blendps(record);
      return true;
    case 482: // BLENDPD
      lanes.blendpd(record);
      return true;
    case 483: // PBLENDW
      lanes.pblendw(record);
      return true;
    case 484: // INSERTPS
      lanes.insertps(record);
      return true;
    case 485: // MPSADBW
      lanes.mpsadbw(record);
      return true;
    case 486: // PEXTRB
      lanes.pextrb(record);
      return true;
    case 487: // PEXTRD
      lanes.pextrd(record);
      return true;
    case 488: // EXTRACTPS
      lanes.extractps(record);
      return true;
    case 489: // PINSRB
      lanes.pinsrb(record);
      return true;
    case 490: // PINSRD
      lanes.pinsrd(record);
      return true;
    case 491: // PINSRQ
      lanes.pinsrq(record);
      return true;
    case 492: // CRC32
      bits.crc32(record);
      return true;
    case 493: // PCMPESTRM
      text.compareExplicit(s, record, true);
      return true;
    case 494: // PCMPESTRI
      text.compareExplicit(s, record, false);
      return true;
    case 495: // PCMPISTRM
      text.compareImplicit(s, record, true);
      return true;
    case 496: // PCMPISTRI
      text.compareImplicit(s, record, false);
      return true;
    case 497: // AESENC
      aes.aesRound(record, false, false);
      return true;
    case 498: // AESENCLAST
      aes.aesRound(record, false, true);
      return true;
    case 499: // AESDEC
      aes.aesRound(record, true, false);
      return true;
    case 500: // AESDECLAST
      aes.aesRound(record, true, true);
      return true;
    case 501: // AESIMC
      aes.aesInverseMix(record);
      return true;
    case 502: // AESKEYGENASSIST
      aes.aesKeyAssist(record);
      return true;
    case 503: // PCLMULQDQ
      arithmetic128.multiplyWithoutCarry(record);
      return true;
    case 504: // SHA1NEXTE
      sha.sha1NextE(record);
      return true;
    case 505: // SHA1MSG1
      sha.sha1Message1(record);
      return true;
    case 506: // SHA1MSG2
      sha.sha1Message2(record);
      return true;
    case 507: // SHA256RNDS2
      sha.sha256Rounds(record, vector.selectorPlace(s));
      return true;
    case 508: // SHA256MSG1
      sha.sha256Message1(record);
      return true;
    case 509: // SHA256MSG2
      sha.sha256Message2(record);
      return true;
    case 510: // SHA1RNDS4
      sha.sha1Rounds(record);
      return true;
    case 523: // VRCP
    case 524: // VRSQRT
      float.approximate(record, operation);
      return true;
    case 534: // CVTDQ2PD
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
    case 511: // VROUND
      float.roundLanes(s, record);
      return true;
    case 512: // VDP
      float.dotProduct(s, record);
      return true;
    case 513: // VADD
    case 514: // VSUB
    case 515: // VMUL
    case 516: // VDIV
    case 517: // VMIN
    case 518: // VMAX
    case 519: // VSQRT
      float.lanewise(s, record, operation);
      return true;
    case 520: // VHADD
    case 521: // VHSUB
      float.horizontal(s, record, operation);
      return true;
    case 522: // VADDSUB
      float.alternate(s, record);
      return true;
    case 525: // VCMP
      float.compareLanes(s, record);
      return true;
    case 526: // VCOMI
    case 527: // VUCOMI
      float.compareScalars(s, record, operation);
      return true;
    case 528: // CVTPS2PD
    case 529: // CVTPD2PS
    case 530: // CVTSS2SD
    case 531: // CVTSD2SS
      conversions.changePrecision(s, record, operation);
      return true;
    case 532: // CVTDQ2PS
      conversions.integersToSingles(s, record, 4);
      return true;
    case 533: // CVTPI2PS
      conversions.integersToSingles(s, record, 2);
      return true;
    case 535: // CVTPS2DQ
      conversions.singlesToIntegers(s, record, 4, false);
      return true;
    case 536: // CVTPS2PI
      conversions.singlesToIntegers(s, record, 2, false);
      return true;
    case 537: // CVTPD2DQ
      conversions.doublesToIntegers(s, record, false);
      return true;
    case 538: // CVTS2SI
      conversions.scalarToInteger(s, record, false);
      return true;
    case 539: // CVTTPS2DQ
      conversions.singlesToIntegers(s, record, 4, true);
      return true;
    case 540: // CVTTPS2PI
      conversions.singlesToIntegers(s, record, 2, true);
      return true;
    case 541: // CVTTPD2DQ
      conversions.doublesToIntegers(s, record, true);
      return true;
    case 542: // CVTTS2SI
      conversions.scalarToInteger(s, record, true);
      return true;
    case 543: // CVTSI2S
      conversions.integerToScalar(s, record);
      return true;
    case 544: // MXCSR_LOAD
      sse.loadControl(s, record);
      return true;
    case 552: // BOUND
      branches.bound(s, record);
      return true;
    case 553: // FARITHMETIC_MEMORY
      x87arithmetic.arithmeticWithMemory(s, record);
      return true;
    case 554: // FARITHMETIC
      x87arithmetic.arithmetic(s, record);
      return true;
    case 555: // FCOM_MEMORY
      x87compare.compareMemory(s, record);
      return true;
    case 556: // FCOM
      x87compare.compareRegister(s, record);
      return true;
    case 557: // FTST
      x87compare.compareZero(s, record);
      return true;
    case 558: // FCOMI
      x87compare.compareToFlags(s, record);
      return true;
    case 559: // FXAM
      x87compare.examine(s, record);
      return true;
    case 560: // FLD_FLOAT
      x87moves.loadFloat(s, record);
      return true;
    case 561: // FILD
      x87moves.loadInteger(s, record);
      return true;
    case 562: // FLD_EXTENDED
      x87moves.loadExtended(s, record);
      return true;
    case 563: // FLD
      x87moves.loadRegister(s, record);
      return true;
    case 564: // FLD_CONSTANT
      x87moves.loadConstant(s, record);
      return true;
    case 565: // FXCH
      x87moves.exchange(s, record);
      return true;
    case 566: // FCMOV
      x87moves.moveIf(s, record);
      return true;
    case 567: // FFREE
      x87moves.freeRegister(s, record);
      return true;
    case 568: // FST_FLOAT
      x87stores.storeFloat(s, record);
      return true;
    case 569: // FIST
      x87stores.storeInteger(s, record);
      return true;
    case 570: // FBSTP
      x87stores.storeDecimal(s, record);
      return true;
    case 571: // FSTP_EXTENDED
      x87stores.storeExtended(s, record);
      return true;
    case 572: // FST
      x87stores.storeRegister(s, record);
      return true;
    case 573: // FSIGN
      x87functions.changeSign(s, record);
      return true;
    case 574: // FUNARY
      x87functions.unary(s, record);
      return true;
    case 575: // FBINARY
      x87functions.binary(s, record);
      return true;
    case 576: // FSCALE
      x87functions.scaleBy(s, record);
      return true;
    case 577: // FPREM
      x87functions.divideRest(s, record);
      return true;
    case 578: // FXTRACT
      x87functions.extract(s, record);
      return true;
    case 579: // FPTAN
      x87functions.tangent(s, record);
      return true;
    case 580: // FSINCOS
      x87functions.sineAndCosine(s, record);
      return true;
    case 581: // FTURN
      x87functions.turn(s, record);
      return true;
    case 582: // FNOP
      x87functions.nothing(s, record);
      return true;
    case 583: // FWAIT
      x87unit.wait(s);
      return true;
    case 584: // FLDCW
      x87environment.loadControl(s, record);
      return true;
    case 585: // FNSTCW
      x87environment.storeControl(s, record);
      return true;
    case 586: // FNSTSW
      x87environment.storeStatus(s, record);
      return true;
    case 587: // FNSTSW_AX
      x87environment.moveStatus(s);
      return true;
    case 588: // FNCLEX
      x87environment.clearExceptions(s);
      return true;
    case 589: // FNINIT
      x87environment.initialize(s);
      return true;
    case 590: // FOBSOLETE
      x87environment.obsolete();
      return true;
    case 591: // FLDENV
      x87environment.loadEnvironment(s, record);
      return true;
    case 592: // FNSTENV
      x87environment.storeEnvironment(s, record);
      return true;
    case 593: // FRSTOR
      x87environment.restoreState(s, record);
      return true;
    case 594: // FNSAVE
      x87environment.saveState(s, record);
      return true;
    default:
      return false;
  }
}

/** Executes an operation of the system. Returns whether it is one. */
export function systemInstruction(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case 595: // PUSHA
      stack.pusha(s, record);
      return true;
    case 596: // POPA
      stack.popa(s, record);
      return true;
    case 597: // PUSHF
      system.pushf(s, record);
      return true;
    case 598: // POPF
      system.popf(s, record);
      return true;
    case 599: // CALLF
      system.farTransfer(s, record, true);
      return true;
    case 600: // JMPF
      system.farTransfer(s, record, false);
      return true;
    case 601: // RETF
      transfer.farReturn(s, sized.sizeOf(record), load<u16>(record, R_IMM));
      return true;
    case 602: // IRET
      iret.interruptReturn(s, sized.sizeOf(record));
      return true;
    case 603: // INT3
      interrupts.softwareInterrupt(s, 3);
      return true;
    case 604: // INT
      interrupts.softwareInterrupt(s, load<u8>(record, R_IMM));
      return true;
    case 605: // INTO
      system.interruptOnOverflow(s);
      return true;
    case 606: // INT1
      interrupts.softwareInterrupt(s, 1);
      return true;
    case 607: // IN
      system.input(s, record);
      return true;
    case 608: // OUT
      system.output(s, record);
      return true;
    case 609: // MOV_TO_SEGMENT
      system.moveToSegment(s, record);
      return true;
    case 610: // POP_SEGMENT
      system.popSegment(s, record);
      return true;
    case 611: // LOAD_FAR
      system.loadFar(s, record);
      return true;
    case 612: // CLI
      rflags.cli(s);
      return true;
    case 613: // STI
      rflags.sti(s);
      return true;
    case 614: // HLT
      instructions.hlt(s);
      return true;
    case 615: // ARPL
      system.adjustLevel(s, record);
      return true;
    case 616: // SLDT
    case 617: // STR
      system.storeSelector(s, record, operation);
      return true;
    case 618: // LLDT
      tables.lldt(s, sized.selectorOf(record));
      return true;
    case 619: // LTR
      tables.ltr(s, sized.selectorOf(record));
      return true;
    case 620: // VERR
    case 621: // VERW
    case 622: // LAR
    case 623: // LSL
      system.probe(s, record, operation);
      return true;
    case 624: // VMCALL
      instructions.hypercall(s, false);
      return true;
    case 625: // VMCLEAR
    case 626: // VMLAUNCH
    case 627: // VMPTRLD
    case 628: // VMPTRST
    case 629: // VMREAD
    case 630: // VMRESUME
    case 631: // VMWRITE
    case 632: // VMXOFF
    case 633: // VMXON
    case 634: // INVEPT
    case 635: // INVVPID
      system.vmxInstruction(s, operation);
      return true;
    case 636: // CLAC
    case 637: // STAC
    case 681: // UNDEFINED
      fault.raiseUd(s);
      return true;
    case 638: // XGETBV
      instructions.xgetbv(s);
      return true;
    case 639: // XSETBV
      instructions.xsetbv(s);
      return true;
    case 640: // VMRUN
    case 642: // VMLOAD
    case 643: // VMSAVE
    case 644: // STGI
    case 645: // CLGI
    case 646: // SKINIT
    case 647: // INVLPGA
      system.svmInstruction(s, operation);
      return true;
    case 641: // VMMCALL
      instructions.hypercall(s, true);
      return true;
    case 648: // SWAPGS
      syscall.swapgs(s);
      return true;
    case 649: // RDTSCP
      instructions.rdtscp(s);
      return true;
    case 650: // SGDT
      system.storeTable(s, record, true);
      return true;
    case 651: // SIDT
      system.storeTable(s, record, false);
      return true;
    case 652: // LGDT
      system.loadTable(s, record, true);
      return true;
    case 653: // LIDT
      system.loadTable(s, record, false);
      return true;
    case 654: // SMSW
      system.storeStatusWord(s, record);
      return true;
    case 655: // LMSW
      control.lmsw(s, sized.selectorOf(record));
      return true;
    case 656: // INVLPG
      system.invalidate(s, record);
      return true;
    case 657: // SYSCALL
      syscall.syscall(s);
      return true;
    case 658: // CLTS
      control.clts(s);
      return true;
    case 659: // SYSRET
      syscall.sysret(s, system.wordSizeOf(record));
      return true;
    case 660: // INVD
      instructions.invd(s);
      return true;
    case 661: // WBINVD
      instructions.wbinvd(s);
      return true;
    case 662: // FROMCR
    case 663: // FROMDR
    case 664: // TOCR
    case 665: // TODR
      system.moveControl(s, record, operation);
      return true;
    case 666: // WRMSR
      msr.wrmsr(s);
      return true;
    case 667: // RDTSC
      instructions.rdtsc(s);
      return true;
    case 668: // RDMSR
      msr.rdmsr(s);
      return true;
    case 669: // RDPMC
      instructions.rdpmc(s);
      return true;
    case 670: // SYSENTER
      syscall.sysenter(s);
      return true;
    case 671: // SYSEXIT
      syscall.sysexit(s, system.wordSizeOf(record));
      return true;
    case 672: // CPUID
      cpuid.cpuid(s);
      return true;
    case 673: // RDFSBASE
    case 674: // RDGSBASE
    case 675: // WRFSBASE
    case 676: // WRGSBASE
      system.moveBase(s, record, operation);
      return true;
    case 677: // FXSAVE
      save.fxsave(s, record);
      return true;
    case 678: // FXRSTOR
      save.fxrstor(s, record);
      return true;
    case 679: // XSAVE
      save.xsave(s, record);
      return true;
    case 680: // XRSTOR
      save.xrstor(s, record);
      return true;
    case 682: // FETCH_FAULT
      fault.raiseGp(s, 0);
      return true;
    case 683: // UNIMPLEMENTED
      unimplemented.stopUnimplemented(s, record);
      return true;
    default:
      return false;
  }
}
