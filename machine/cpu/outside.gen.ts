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
import * as random from "./system/random.ts";
import * as rflags from "./system/flags.ts";
import * as rotate from "./instructions/rotate.ts";
import * as save from "./instructions/vector/save.ts";
import * as sha from "./instructions/vector/sha.ts";
import * as sized from "./instructions/sized.ts";
import * as shuffles from "./instructions/vector/shuffles.ts";
import * as slow from "./instructions/slow-memory.ts";
import * as sse from "./instructions/vector/control.ts";
import * as stack from "./instructions/stack.ts";
import * as broadcast from "./svm/broadcast.ts";
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
    case 339: // LEA16
      memory.leaNarrow(record);
      return true;
    case 340: // BIT_ADDRESS
      bits.bitAddress(record);
      return true;
    case 356: // MUL
      divide.mul(s, record);
      return true;
    case 357: // IMUL1
      divide.imulWide(s, record);
      return true;
    case 360: // RCL
      rotate.rcl(s, record);
      return true;
    case 361: // RCR
      rotate.rcr(s, record);
      return true;
    case 362: // SHLD
      rotate.shld(s, record);
      return true;
    case 363: // SHRD
      rotate.shrd(s, record);
      return true;
    case 364: // BT
      bits.bt(s, record);
      return true;
    case 365: // BTS
      bits.bts(s, record);
      return true;
    case 366: // BTR
      bits.btr(s, record);
      return true;
    case 367: // BTC
      bits.btc(s, record);
      return true;
    case 368: // BSF
      bits.bsf(s, record);
      return true;
    case 369: // BSR
      bits.bsr(s, record);
      return true;
    case 370: // LZCNT
      bits.lzcnt(s, record);
      return true;
    case 371: // TZCNT
      bits.tzcnt(s, record);
      return true;
    case 372: // POPCNT
      bits.popcntOf(s, record);
      return true;
    case 373: // BSWAP
      bits.bswapOf(record);
      return true;
    case 374: // MOVBE
      bits.movbe(record);
      return true;
    case 375: // CMPXCHG
      atomic.cmpxchg(s, record);
      return true;
    case 376: // XADD
      atomic.xadd(s, record);
      return true;
    case 378: // CMC
    case 379: // CLC
    case 380: // STC
    case 381: // CLD
    case 382: // STD
    case 383: // SAHF
    case 384: // LAHF
    case 391: // SALC
      flagControl.flagControl(s, operation);
      return true;
    case 385: // DAA
      decimal.adjustPacked(s, 1);
      return true;
    case 386: // DAS
      decimal.adjustPacked(s, -1);
      return true;
    case 387: // AAA
      decimal.adjustUnpacked(s, 1);
      return true;
    case 388: // AAS
      decimal.adjustUnpacked(s, -1);
      return true;
    case 390: // AAD
      decimal.aad(s, record);
      return true;
    case 394: // PSLLDQ
      shuffles.pslldq(record);
      return true;
    case 395: // PSRLDQ
      shuffles.psrldq(record);
      return true;
    case 396: // PADDSB
      vector.put(record, i8x16.add_sat_s(vector.first(record), vector.second(record)));
      return true;
    case 397: // PADDSW
      vector.put(record, i16x8.add_sat_s(vector.first(record), vector.second(record)));
      return true;
    case 398: // PADDUSB
      vector.put(record, i8x16.add_sat_u(vector.first(record), vector.second(record)));
      return true;
    case 399: // PADDUSW
      vector.put(record, i16x8.add_sat_u(vector.first(record), vector.second(record)));
      return true;
    case 400: // PSUBSB
      vector.put(record, i8x16.sub_sat_s(vector.first(record), vector.second(record)));
      return true;
    case 401: // PSUBSW
      vector.put(record, i16x8.sub_sat_s(vector.first(record), vector.second(record)));
      return true;
    case 402: // PSUBUSB
      vector.put(record, i8x16.sub_sat_u(vector.first(record), vector.second(record)));
      return true;
    case 403: // PSUBUSW
      vector.put(record, i16x8.sub_sat_u(vector.first(record), vector.second(record)));
      return true;
    case 404: // PAVGB
      vector.put(record, i8x16.avgr_u(vector.first(record), vector.second(record)));
      return true;
    case 405: // PAVGW
      vector.put(record, i16x8.avgr_u(vector.first(record), vector.second(record)));
      return true;
    case 406: // PMULHW
      vector.put(record, arithmetic128.pmulhw(vector.first(record), vector.second(record)));
      return true;
    case 407: // PMULHUW
      vector.put(record, arithmetic128.pmulhuw(vector.first(record), vector.second(record)));
      return true;
    case 408: // PSADBW
      vector.put(record, arithmetic128.psadbw(vector.first(record), vector.second(record)));
      return true;
    case 409: // PSHUFW
      shuffles.pshufw(record);
      return true;
    case 410: // PSHUFLW
      shuffles.pshuflw(record);
      return true;
    case 411: // PSHUFHW
      shuffles.pshufhw(record);
      return true;
    case 412: // SHUFPD
      shuffles.shufpd(record);
      return true;
    case 413: // PINSRW
      shuffles.pinsrw(record);
      return true;
    case 414: // PEXTRW
      shuffles.pextrw(record);
      return true;
    case 415: // MOVMSKPS
      store<u64>(load<u32>(record, R_DST), <u64>(<u32>i32x4.bitmask(vector.second(record))));
      return true;
    case 416: // MOVMSKPD
      store<u64>(load<u32>(record, R_DST), <u64>(<u32>i64x2.bitmask(vector.second(record))));
      return true;
    case 417: // MMX_SET
      mmx.use(s);
      return true;
    case 418: // MMX_PUT
      mmx.put(s, record);
      return true;
    case 419: // EMMS
      mmx.empty(s);
      return true;
    case 424: // MOVSLDUP
      vector.put(record, v128.shuffle<u32>(vector.second(record), vector.second(record), 0, 0, 2, 2));
      return true;
    case 425: // MOVSHDUP
      vector.put(record, v128.shuffle<u32>(vector.second(record), vector.second(record), 1, 1, 3, 3));
      return true;
    case 426: // MOVDDUP
      vector.put(record, v128.load64_splat(load<u32>(record, R_SRC)));
      return true;
    case 427: // ANDN
      bmi.andn(s, record);
      return true;
    case 428: // BEXTR
      bmi.bextr(s, record);
      return true;
    case 429: // BLSI
      bmi.blsi(s, record);
      return true;
    case 430: // BLSMSK
      bmi.blsmsk(s, record);
      return true;
    case 431: // BLSR
      bmi.blsr(s, record);
      return true;
    case 432: // BZHI
      bmi.bzhi(s, record);
      return true;
    case 433: // PDEP
      bmi.pdep(record);
      return true;
    case 434: // PEXT
      bmi.pext(record);
      return true;
    case 435: // SARX
      bmi.sarx(record);
      return true;
    case 436: // SHLX
      bmi.shlx(record);
      return true;
    case 437: // SHRX
      bmi.shrx(record);
      return true;
    case 438: // RORX
      bmi.rorx(record);
      return true;
    case 439: // MULX
      bmi.mulx(s, record);
      return true;
    case 440: // ADCX
      bmi.adcx(s, record);
      return true;
    case 441: // ADOX
      bmi.adox(s, record);
      return true;
    case 442: // RDPID
      store<u64>(load<u32>(record, R_DST), syscall.tscAux(s));
      return true;
    case 443: // RDRAND
      random.drawInto(s, record, random.RANDOM_NUMBER);
      return true;
    case 444: // RDSEED
      random.drawInto(s, record, random.RANDOM_SEED);
      return true;
    case 445: // PSHUFB
      lanes.pshufb(record);
      return true;
    case 446: // PHADDW
      vector.put(record, arithmetic128.phaddw(vector.first(record), vector.second(record)));
      return true;
    case 447: // PHADDD
      vector.put(record, arithmetic128.phaddd(vector.first(record), vector.second(record)));
      return true;
    case 448: // PHADDSW
      vector.put(record, arithmetic128.phaddsw(vector.first(record), vector.second(record)));
      return true;
    case 449: // PHSUBW
      vector.put(record, arithmetic128.phsubw(vector.first(record), vector.second(record)));
      return true;
    case 450: // PHSUBD
      vector.put(record, arithmetic128.phsubd(vector.first(record), vector.second(record)));
      return true;
    case 451: // PHSUBSW
      vector.put(record, arithmetic128.phsubsw(vector.first(record), vector.second(record)));
      return true;
    case 452: // PMADDUBSW
      vector.put(record, arithmetic128.pmaddubsw(vector.first(record), vector.second(record)));
      return true;
    case 453: // PMULHRSW
      vector.put(record, arithmetic128.pmulhrsw(vector.first(record), vector.second(record)));
      return true;
    case 454: // PSIGNB
      vector.put(record, arithmetic128.psignb(vector.first(record), vector.second(record)));
      return true;
    case 455: // PSIGNW
      vector.put(record, arithmetic128.psignw(vector.first(record), vector.second(record)));
      return true;
    case 456: // PSIGND
      vector.put(record, arithmetic128.psignd(vector.first(record), vector.second(record)));
      return true;
    case 457: // PABSB
      vector.put(record, i8x16.abs(vector.second(record)));
      return true;
    case 458: // PABSW
      vector.put(record, i16x8.abs(vector.second(record)));
      return true;
    case 459: // PABSD
      vector.put(record, i32x4.abs(vector.second(record)));
      return true;
    case 460: // PALIGNR
      lanes.palignr(record);
      return true;
    case 461: // PCMPEQQ
      vector.put(record, i64x2.eq(vector.first(record), vector.second(record)));
      return true;
    case 462: // PACKUSDW
      vector.put(record, i16x8.narrow_i32x4_u(vector.first(record), vector.second(record)));
      return true;
    case 463: // PMINSB
      vector.put(record, i8x16.min_s(vector.first(record), vector.second(record)));
      return true;
    case 464: // PMINSD
      vector.put(record, i32x4.min_s(vector.first(record), vector.second(record)));
      return true;
    case 465: // PMINUW
      vector.put(record, i16x8.min_u(vector.first(record), vector.second(record)));
      return true;
    case 466: // PMINUD
      vector.put(record, i32x4.min_u(vector.first(record), vector.second(record)));
      return true;
    case 467: // PMAXSB
      vector.put(record, i8x16.max_s(vector.first(record), vector.second(record)));
      return true;
    case 468: // PMAXSD
      vector.put(record, i32x4.max_s(vector.first(record), vector.second(record)));
      return true;
    case 469: // PMAXUW
      vector.put(record, i16x8.max_u(vector.first(record), vector.second(record)));
      return true;
    case 470: // PMAXUD
      vector.put(record, i32x4.max_u(vector.first(record), vector.second(record)));
      return true;
    case 471: // PMULLD
      vector.put(record, i32x4.mul(vector.first(record), vector.second(record)));
      return true;
    case 472: // PCMPGTQ
      vector.put(record, i64x2.gt_s(vector.first(record), vector.second(record)));
      return true;
    case 473: // PMULDQ
      vector.put(record, arithmetic128.pmuldq(vector.first(record), vector.second(record)));
      return true;
    case 474: // PHMINPOSUW
      lanes.phminposuw(record);
      return true;
    case 475: // PMOVSXBW
      vector.put(record, i16x8.extend_low_i8x16_s(vector.second(record)));
      return true;
    case 476: // PMOVSXBD
      vector.put(record, i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(vector.second(record))));
      return true;
    case 477: // PMOVSXBQ
      vector.put(record, i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(i16x8.extend_low_i8x16_s(vector.second(record)))));
      return true;
    case 478: // PMOVSXWD
      vector.put(record, i32x4.extend_low_i16x8_s(vector.second(record)));
      return true;
    case 479: // PMOVSXWQ
      vector.put(record, i64x2.extend_low_i32x4_s(i32x4.extend_low_i16x8_s(vector.second(record))));
      return true;
    case 480: // PMOVSXDQ
      vector.put(record, i64x2.extend_low_i32x4_s(vector.second(record)));
      return true;
    case 481: // PMOVZXBW
      vector.put(record, i16x8.extend_low_i8x16_u(vector.second(record)));
      return true;
    case 482: // PMOVZXBD
      vector.put(record, i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(vector.second(record))));
      return true;
    case 483: // PMOVZXBQ
      vector.put(record, i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(vector.second(record)))));
      return true;
    case 484: // PMOVZXWD
      vector.put(record, i32x4.extend_low_i16x8_u(vector.second(record)));
      return true;
    case 485: // PMOVZXWQ
      vector.put(record, i64x2.extend_low_i32x4_u(i32x4.extend_low_i16x8_u(vector.second(record))));
      return true;
    case 486: // PMOVZXDQ
      vector.put(record, i64x2.extend_low_i32x4_u(vector.second(record)));
      return true;
    case 487: // PTEST
      lanes.ptest(s, record);
      return true;
    case 488: // PBLENDVB
      vector.blend(record, i8x16.shr_s(vector.selector(s), 7));
      return true;
    case 489: // BLENDVPS
      vector.blend(record, i32x4.shr_s(vector.selector(s), 31));
      return true;
    case 490: // BLENDVPD
      vector.blend(record, i64x2.shr_s(vector.selector(s), 63));
      return true;
    case 491: // BLENDPS
      lanes.blendps(record);
      return true;
    case 492: // BLENDPD
      lanes.blendpd(record);
      return true;
    case 493: // PBLENDW
      lanes.pblendw(record);
      return true;
    case 494: // INSERTPS
      lanes.insertps(record);
      return true;
    case 495: // MPSADBW
      lanes.mpsadbw(record);
      return true;
    case 496: // PEXTRB
      lanes.pextrb(record);
      return true;
    case 497: // PEXTRD
      lanes.pextrd(record);
      return true;
    case 498: // EXTRACTPS
      lanes.extractps(record);
      return true;
    case 499: // PINSRB
      lanes.pinsrb(record);
      return true;
    case 500: // PINSRD
      lanes.pinsrd(record);
      return true;
    case 501: // PINSRQ
      lanes.pinsrq(record);
      return true;
    case 502: // CRC32
      bits.crc32(record);
      return true;
    case 503: // PCMPESTRM
      text.compareExplicit(s, record, true);
      return true;
    case 504: // PCMPESTRI
      text.compareExplicit(s, record, false);
      return true;
    case 505: // PCMPISTRM
      text.compareImplicit(s, record, true);
      return true;
    case 506: // PCMPISTRI
      text.compareImplicit(s, record, false);
      return true;
    case 507: // AESENC
      aes.aesRound(record, false, false);
      return true;
    case 508: // AESENCLAST
      aes.aesRound(record, false, true);
      return true;
    case 509: // AESDEC
      aes.aesRound(record, true, false);
      return true;
    case 510: // AESDECLAST
      aes.aesRound(record, true, true);
      return true;
    case 511: // AESIMC
      aes.aesInverseMix(record);
      return true;
    case 512: // AESKEYGENASSIST
      aes.aesKeyAssist(record);
      return true;
    case 513: // PCLMULQDQ
      arithmetic128.multiplyWithoutCarry(record);
      return true;
    case 514: // SHA1NEXTE
      sha.sha1NextE(record);
      return true;
    case 515: // SHA1MSG1
      sha.sha1Message1(record);
      return true;
    case 516: // SHA1MSG2
      sha.sha1Message2(record);
      return true;
    case 517: // SHA256RNDS2
      sha.sha256Rounds(record, vector.selectorPlace(s));
      return true;
    case 518: // SHA256MSG1
      sha.sha256Message1(record);
      return true;
    case 519: // SHA256MSG2
      sha.sha256Message2(record);
      return true;
    case 520: // SHA1RNDS4
      sha.sha1Rounds(record);
      return true;
    case 533: // VRCP
    case 534: // VRSQRT
      float.approximate(record, operation);
      return true;
    case 544: // CVTDQ2PD
      conversions.integersToDoubles(s, record);
      return true;
    default:
      return false;
  }
}

/** Executes an operation that may fault. Returns whether it is one. */
export function access(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case 221: // ADDSS
    case 222: // ADDSD
      float.addScalar(s, record);
      return true;
    case 223: // SUBSS
    case 224: // SUBSD
      float.subScalar(s, record);
      return true;
    case 225: // MULSS
    case 226: // MULSD
      float.mulScalar(s, record);
      return true;
    case 227: // DIVSS
    case 228: // DIVSD
      float.divScalar(s, record);
      return true;
    case 230: // LOAD
    case 231: // LOAD
    case 232: // LOAD
    case 233: // LOAD
    case 234: // LOAD_INDEXED
    case 235: // LOAD_INDEXED
    case 236: // LOAD_INDEXED
    case 237: // LOAD_INDEXED
    case 238: // LOAD_FLAT
    case 239: // LOAD_FLAT
    case 240: // LOAD_FLAT
    case 241: // LOAD_FLAT
    case 242: // LOADZX
    case 243: // LOADZX
    case 244: // LOADZX_INDEXED
    case 245: // LOADZX_INDEXED
    case 246: // LOADZX_FLAT
    case 247: // LOADZX_FLAT
    case 336: // LOADX
      slow.slowLoad(s, record);
      return true;
    case 248: // STORE
    case 249: // STORE
    case 250: // STORE
    case 251: // STORE
    case 252: // STORE_INDEXED
    case 253: // STORE_INDEXED
    case 254: // STORE_INDEXED
    case 255: // STORE_INDEXED
    case 256: // STORE_FLAT
    case 257: // STORE_FLAT
    case 258: // STORE_FLAT
    case 259: // STORE_FLAT
    case 337: // STOREX
      slow.slowStore(s, record);
      return true;
    case 260: // MODIFY
    case 261: // MODIFY
    case 262: // MODIFY
    case 263: // MODIFY
    case 264: // MODIFY_INDEXED
    case 265: // MODIFY_INDEXED
    case 266: // MODIFY_INDEXED
    case 267: // MODIFY_INDEXED
    case 268: // MODIFY_FLAT
    case 269: // MODIFY_FLAT
    case 270: // MODIFY_FLAT
    case 271: // MODIFY_FLAT
    case 338: // MODIFYX
      slow.slowModify(s, record);
      return true;
    case 272: // LOADV
    case 273: // LOADV_INDEXED
    case 274: // LOADV_FLAT
    case 420: // LOADVX
      slow.slowLoadVector(s, record);
      return true;
    case 275: // STOREV
    case 276: // STOREV_INDEXED
    case 277: // STOREV_FLAT
    case 421: // STOREVX
      slow.slowStoreVector(s, record);
      return true;
    case 278: // PUSH64
    case 279: // PUSH32
    case 341: // PUSHX
      stack.pushAny(s, record);
      return true;
    case 280: // POP64
    case 281: // POP32
    case 342: // POPX
      stack.popAny(s, record);
      return true;
    case 282: // LEAVE64
    case 283: // LEAVE32
    case 345: // LEAVEX
      stack.leaveAny(s, record);
      return true;
    case 343: // POP_MEMORY
      stack.popMemory(s, record);
      return true;
    case 344: // ENTER
      stack.enter(s, record);
      return true;
    case 358: // DIV
      divide.div(s, record);
      return true;
    case 359: // IDIV
      divide.idiv(s, record);
      return true;
    case 377: // CMPXCHG8B
      atomic.cmpxchgPair(s, record);
      return true;
    case 389: // AAM
      decimal.aam(s, record);
      return true;
    case 422: // MMX_CHECK
      mmx.check(s);
      return true;
    case 423: // MASKMOV
      mmx.maskedStore(s, record);
      return true;
    case 521: // VROUND
      float.roundLanes(s, record);
      return true;
    case 522: // VDP
      float.dotProduct(s, record);
      return true;
    case 523: // VADD
    case 524: // VSUB
    case 525: // VMUL
    case 526: // VDIV
    case 527: // VMIN
    case 528: // VMAX
    case 529: // VSQRT
      float.lanewise(s, record, operation);
      return true;
    case 530: // VHADD
    case 531: // VHSUB
      float.horizontal(s, record, operation);
      return true;
    case 532: // VADDSUB
      float.alternate(s, record);
      return true;
    case 535: // VCMP
      float.compareLanes(s, record);
      return true;
    case 536: // VCOMI
    case 537: // VUCOMI
      float.compareScalars(s, record, operation);
      return true;
    case 538: // CVTPS2PD
    case 539: // CVTPD2PS
    case 540: // CVTSS2SD
    case 541: // CVTSD2SS
      conversions.changePrecision(s, record, operation);
      return true;
    case 542: // CVTDQ2PS
      conversions.integersToSingles(s, record, 4);
      return true;
    case 543: // CVTPI2PS
      conversions.integersToSingles(s, record, 2);
      return true;
    case 545: // CVTPS2DQ
      conversions.singlesToIntegers(s, record, 4, false);
      return true;
    case 546: // CVTPS2PI
      conversions.singlesToIntegers(s, record, 2, false);
      return true;
    case 547: // CVTPD2DQ
      conversions.doublesToIntegers(s, record, false);
      return true;
    case 548: // CVTS2SI
      conversions.scalarToInteger(s, record, false);
      return true;
    case 549: // CVTTPS2DQ
      conversions.singlesToIntegers(s, record, 4, true);
      return true;
    case 550: // CVTTPS2PI
      conversions.singlesToIntegers(s, record, 2, true);
      return true;
    case 551: // CVTTPD2DQ
      conversions.doublesToIntegers(s, record, true);
      return true;
    case 552: // CVTTS2SI
      conversions.scalarToInteger(s, record, true);
      return true;
    case 553: // CVTSI2S
      conversions.integerToScalar(s, record);
      return true;
    case 554: // MXCSR_LOAD
      sse.loadControl(s, record);
      return true;
    case 562: // BOUND
      branches.bound(s, record);
      return true;
    case 563: // FARITHMETIC_MEMORY
      x87arithmetic.arithmeticWithMemory(s, record);
      return true;
    case 564: // FARITHMETIC
      x87arithmetic.arithmetic(s, record);
      return true;
    case 565: // FCOM_MEMORY
      x87compare.compareMemory(s, record);
      return true;
    case 566: // FCOM
      x87compare.compareRegister(s, record);
      return true;
    case 567: // FTST
      x87compare.compareZero(s, record);
      return true;
    case 568: // FCOMI
      x87compare.compareToFlags(s, record);
      return true;
    case 569: // FXAM
      x87compare.examine(s, record);
      return true;
    case 570: // FLD_FLOAT
      x87moves.loadFloat(s, record);
      return true;
    case 571: // FILD
      x87moves.loadInteger(s, record);
      return true;
    case 572: // FLD_EXTENDED
      x87moves.loadExtended(s, record);
      return true;
    case 573: // FLD
      x87moves.loadRegister(s, record);
      return true;
    case 574: // FLD_CONSTANT
      x87moves.loadConstant(s, record);
      return true;
    case 575: // FXCH
      x87moves.exchange(s, record);
      return true;
    case 576: // FCMOV
      x87moves.moveIf(s, record);
      return true;
    case 577: // FFREE
      x87moves.freeRegister(s, record);
      return true;
    case 578: // FST_FLOAT
      x87stores.storeFloat(s, record);
      return true;
    case 579: // FIST
      x87stores.storeInteger(s, record);
      return true;
    case 580: // FBSTP
      x87stores.storeDecimal(s, record);
      return true;
    case 581: // FSTP_EXTENDED
      x87stores.storeExtended(s, record);
      return true;
    case 582: // FST
      x87stores.storeRegister(s, record);
      return true;
    case 583: // FSIGN
      x87functions.changeSign(s, record);
      return true;
    case 584: // FUNARY
      x87functions.unary(s, record);
      return true;
    case 585: // FBINARY
      x87functions.binary(s, record);
      return true;
    case 586: // FSCALE
      x87functions.scaleBy(s, record);
      return true;
    case 587: // FPREM
      x87functions.divideRest(s, record);
      return true;
    case 588: // FXTRACT
      x87functions.extract(s, record);
      return true;
    case 589: // FPTAN
      x87functions.tangent(s, record);
      return true;
    case 590: // FSINCOS
      x87functions.sineAndCosine(s, record);
      return true;
    case 591: // FTURN
      x87functions.turn(s, record);
      return true;
    case 592: // FNOP
      x87functions.nothing(s, record);
      return true;
    case 593: // FWAIT
      x87unit.wait(s);
      return true;
    case 594: // FLDCW
      x87environment.loadControl(s, record);
      return true;
    case 595: // FNSTCW
      x87environment.storeControl(s, record);
      return true;
    case 596: // FNSTSW
      x87environment.storeStatus(s, record);
      return true;
    case 597: // FNSTSW_AX
      x87environment.moveStatus(s);
      return true;
    case 598: // FNCLEX
      x87environment.clearExceptions(s);
      return true;
    case 599: // FNINIT
      x87environment.initialize(s);
      return true;
    case 600: // FOBSOLETE
      x87environment.obsolete();
      return true;
    case 601: // FLDENV
      x87environment.loadEnvironment(s, record);
      return true;
    case 602: // FNSTENV
      x87environment.storeEnvironment(s, record);
      return true;
    case 603: // FRSTOR
      x87environment.restoreState(s, record);
      return true;
    case 604: // FNSAVE
      x87environment.saveState(s, record);
      return true;
    default:
      return false;
  }
}

/** Executes an operation of the system. Returns whether it is one. */
export function systemInstruction(s: u32, record: u32, operation: u32): bool {
  switch (operation) {
    case 605: // PUSHA
      stack.pusha(s, record);
      return true;
    case 606: // POPA
      stack.popa(s, record);
      return true;
    case 607: // PUSHF
      system.pushf(s, record);
      return true;
    case 608: // POPF
      system.popf(s, record);
      return true;
    case 609: // CALLF
      system.farTransfer(s, record, true);
      return true;
    case 610: // JMPF
      system.farTransfer(s, record, false);
      return true;
    case 611: // RETF
      transfer.farReturn(s, sized.sizeOf(record), load<u16>(record, R_IMM));
      return true;
    case 612: // IRET
      iret.interruptReturn(s, sized.sizeOf(record));
      return true;
    case 613: // INT3
      interrupts.softwareException(s, 3);
      return true;
    case 614: // INT
      interrupts.softwareInterrupt(s, load<u8>(record, R_IMM));
      return true;
    case 615: // INTO
      system.interruptOnOverflow(s);
      return true;
    case 616: // INT1
      interrupts.debugInterrupt(s);
      return true;
    case 617: // IN
      system.input(s, record);
      return true;
    case 618: // OUT
      system.output(s, record);
      return true;
    case 619: // MOV_TO_SEGMENT
      system.moveToSegment(s, record);
      return true;
    case 620: // POP_SEGMENT
      system.popSegment(s, record);
      return true;
    case 621: // LOAD_FAR
      system.loadFar(s, record);
      return true;
    case 622: // CLI
      rflags.cli(s);
      return true;
    case 623: // STI
      rflags.sti(s);
      return true;
    case 624: // HLT
      instructions.hlt(s);
      return true;
    case 625: // PAUSE
      instructions.pause(s);
      return true;
    case 626: // ARPL
      system.adjustLevel(s, record);
      return true;
    case 627: // SLDT
    case 628: // STR
      system.storeSelector(s, record, operation);
      return true;
    case 629: // LLDT
      tables.lldt(s, sized.selectorOf(record));
      return true;
    case 630: // LTR
      tables.ltr(s, sized.selectorOf(record));
      return true;
    case 631: // VERR
    case 632: // VERW
    case 633: // LAR
    case 634: // LSL
      system.probe(s, record, operation);
      return true;
    case 635: // VMCALL
      instructions.hypercall(s, false);
      return true;
    case 636: // VMCLEAR
    case 637: // VMLAUNCH
    case 638: // VMPTRLD
    case 639: // VMPTRST
    case 640: // VMREAD
    case 641: // VMRESUME
    case 642: // VMWRITE
    case 643: // VMXOFF
    case 644: // VMXON
    case 645: // INVEPT
    case 646: // INVVPID
      system.vmxInstruction(s, operation);
      return true;
    case 647: // CLAC
    case 648: // STAC
    case 695: // UNDEFINED
      fault.raiseUd(s);
      return true;
    case 649: // XGETBV
      instructions.xgetbv(s);
      return true;
    case 650: // XSETBV
      instructions.xsetbv(s);
      return true;
    case 651: // VMRUN
    case 653: // VMLOAD
    case 654: // VMSAVE
    case 655: // STGI
    case 656: // CLGI
    case 657: // SKINIT
    case 658: // INVLPGA
      system.svmInstruction(s, operation);
      return true;
    case 652: // VMMCALL
      system.vmmcallInstruction(s);
      return true;
    case 659: // RSM
      instructions.rsm(s);
      return true;
    case 660: // INVLPGB
      broadcast.invlpgb(s);
      return true;
    case 661: // TLBSYNC
      broadcast.tlbsync(s);
      return true;
    case 662: // SWAPGS
      syscall.swapgs(s);
      return true;
    case 663: // RDTSCP
      instructions.rdtscp(s);
      return true;
    case 664: // SGDT
      system.storeTable(s, record, true);
      return true;
    case 665: // SIDT
      system.storeTable(s, record, false);
      return true;
    case 666: // LGDT
      system.loadTable(s, record, true);
      return true;
    case 667: // LIDT
      system.loadTable(s, record, false);
      return true;
    case 668: // SMSW
      system.storeStatusWord(s, record);
      return true;
    case 669: // LMSW
      control.lmsw(s, sized.selectorOf(record));
      return true;
    case 670: // INVLPG
      system.invalidate(s, record);
      return true;
    case 671: // SYSCALL
      syscall.syscall(s);
      return true;
    case 672: // CLTS
      control.clts(s);
      return true;
    case 673: // SYSRET
      syscall.sysret(s, system.wordSizeOf(record));
      return true;
    case 674: // INVD
      instructions.invd(s);
      return true;
    case 675: // WBINVD
      instructions.wbinvd(s);
      return true;
    case 676: // FROMCR
    case 677: // FROMDR
    case 678: // TOCR
    case 679: // TODR
      system.moveControl(s, record, operation);
      return true;
    case 680: // WRMSR
      msr.wrmsr(s);
      return true;
    case 681: // RDTSC
      instructions.rdtsc(s);
      return true;
    case 682: // RDMSR
      msr.rdmsr(s);
      return true;
    case 683: // RDPMC
      instructions.rdpmc(s);
      return true;
    case 684: // SYSENTER
      syscall.sysenter(s);
      return true;
    case 685: // SYSEXIT
      syscall.sysexit(s, system.wordSizeOf(record));
      return true;
    case 686: // CPUID
      cpuid.cpuid(s);
      return true;
    case 687: // RDFSBASE
    case 688: // RDGSBASE
    case 689: // WRFSBASE
    case 690: // WRGSBASE
      system.moveBase(s, record, operation);
      return true;
    case 691: // FXSAVE
      save.fxsave(s, record);
      return true;
    case 692: // FXRSTOR
      save.fxrstor(s, record);
      return true;
    case 693: // XSAVE
      save.xsave(s, record);
      return true;
    case 694: // XRSTOR
      save.xrstor(s, record);
      return true;
    case 696: // FETCH_FAULT
      fault.raiseGp(s, 0);
      return true;
    case 697: // UNIMPLEMENTED
      unimplemented.stopUnimplemented(s, record);
      return true;
    default:
      return false;
  }
}
