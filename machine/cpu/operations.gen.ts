// Made by tools/operations.ts from operations.txt. Do not edit.
// Numbers of the operations of records. One with widths occupies four numbers: + 0 for 8, 1 for 16, 2 for 32, 3 for 64 bits.

/** dst += src. */
export const ADD: u32 = 0;
/** dst |= src. */
export const OR: u32 = 4;
/** dst += src + CF. */
export const ADC: u32 = 8;
/** dst -= src + CF. */
export const SBB: u32 = 12;
/** dst &= src. */
export const AND: u32 = 16;
/** dst -= src. */
export const SUB: u32 = 20;
/** dst ^= src. */
export const XOR: u32 = 24;
/** flags of dst - src. */
export const CMP: u32 = 28;
/** dst += 1, CF kept. */
export const INC: u32 = 32;
/** dst -= 1, CF kept. */
export const DEC: u32 = 36;
/** dst = -dst. */
export const NEG: u32 = 40;
/** dst <<= src. */
export const SHL: u32 = 44;
/** dst >>= src. */
export const SHR: u32 = 48;
/** dst >>= src, signed. */
export const SAR: u32 = 52;
/** Rotates dst left by src. */
export const ROL: u32 = 56;
/** Rotates dst right by src. */
export const ROR: u32 = 60;
/** dst *= src, signed. */
export const IMUL: u32 = 64;
/** dst = ~dst. */
export const NOT: u32 = 136;
/** Flags of dst & src. */
export const TEST: u32 = 140;
/** dst = src. */
export const MOV: u32 = 144;
/** 16 bits = src, 8 bits, zero-extended. */
export const MOVZX_8_16: u32 = 148;
/** 64 bits = src, 8 bits, zero-extended. */
export const MOVZX_8_64: u32 = 149;
/** 64 bits = src, 16 bits, zero-extended. */
export const MOVZX_16_64: u32 = 150;
/** 16 bits = src, 8 bits, sign-extended. */
export const MOVSX_8_16: u32 = 151;
/** 32 bits = src, 8 bits, sign-extended. */
export const MOVSX_8_32: u32 = 152;
/** 64 bits = src, 8 bits, sign-extended. */
export const MOVSX_8_64: u32 = 153;
/** 32 bits = src, 16 bits, sign-extended. */
export const MOVSX_16_32: u32 = 154;
/** 64 bits = src, 16 bits, sign-extended. */
export const MOVSX_16_64: u32 = 155;
/** 64 bits = src, 32 bits, sign-extended. */
export const MOVSX_32_64: u32 = 156;
/** dst = all ones if src is negative, else 0 (CWD, CDQ, CQO). */
export const SIGN: u32 = 157;
/** dst = src where the condition set in `imm` holds. */
export const CMOV: u32 = 161;
/** dst (8 bits) = whether the condition set in `imm` holds. */
export const SETCC: u32 = 165;
/** dst = base + (index << scale) + displacement. */
export const LEA64: u32 = 166;
/** The same, cut to 32 bits. */
export const LEA32: u32 = 167;
/** LEA64 plus the segment base at src. */
export const LEA_SEGMENT: u32 = 168;
/** dst (128 bits) = src. */
export const VMOV: u32 = 169;
/** dst (128 bits) = src, 64 bits, zero-extended. */
export const VMOVQ: u32 = 170;
/** dst (128 bits) = src, 32 bits, zero-extended. */
export const VMOVD: u32 = 171;
/** The low 32 bits of dst = src. */
export const VMERGE32: u32 = 172;
/** The high 64 bits of dst = 0. */
export const VCLEAR_HIGH: u32 = 173;
/** dst &= src, 128 bits. */
export const PAND: u32 = 174;
/** dst = ~dst & src, 128 bits. */
export const PANDN: u32 = 175;
/** dst |= src, 128 bits. */
export const POR: u32 = 176;
/** dst ^= src, 128 bits. */
export const PXOR: u32 = 177;
/** PADDB. */
export const PADDB: u32 = 178;
/** PSUBB. */
export const PSUBB: u32 = 179;
/** PADDW. */
export const PADDW: u32 = 180;
/** PSUBW. */
export const PSUBW: u32 = 181;
/** PADDD. */
export const PADDD: u32 = 182;
/** PSUBD. */
export const PSUBD: u32 = 183;
/** PADDQ. */
export const PADDQ: u32 = 184;
/** PSUBQ. */
export const PSUBQ: u32 = 185;
/** PCMPEQB. */
export const PCMPEQB: u32 = 186;
/** PCMPGTB. */
export const PCMPGTB: u32 = 187;
/** PCMPEQW. */
export const PCMPEQW: u32 = 188;
/** PCMPGTW. */
export const PCMPGTW: u32 = 189;
/** PCMPEQD. */
export const PCMPEQD: u32 = 190;
/** PCMPGTD. */
export const PCMPGTD: u32 = 191;
/** PMINUB. */
export const PMINUB: u32 = 192;
/** PMAXUB. */
export const PMAXUB: u32 = 193;
/** PMINSW. */
export const PMINSW: u32 = 194;
/** PMAXSW. */
export const PMAXSW: u32 = 195;
/** PMULLW. */
export const PMULLW: u32 = 196;
/** PMADDWD. */
export const PMADDWD: u32 = 197;
/** PMULUDQ. */
export const PMULUDQ: u32 = 198;
/** PACKSSWB. */
export const PACKSSWB: u32 = 199;
/** PACKUSWB. */
export const PACKUSWB: u32 = 200;
/** PACKSSDW. */
export const PACKSSDW: u32 = 201;
/** PUNPCKLBW. */
export const PUNPCKLBW: u32 = 202;
/** PUNPCKHBW. */
export const PUNPCKHBW: u32 = 203;
/** PUNPCKLWD. */
export const PUNPCKLWD: u32 = 204;
/** PUNPCKHWD. */
export const PUNPCKHWD: u32 = 205;
/** PUNPCKLDQ. */
export const PUNPCKLDQ: u32 = 206;
/** PUNPCKHDQ. */
export const PUNPCKHDQ: u32 = 207;
/** PUNPCKLQDQ. */
export const PUNPCKLQDQ: u32 = 208;
/** PUNPCKHQDQ. */
export const PUNPCKHQDQ: u32 = 209;
/** PMOVMSKB. */
export const PMOVMSKB: u32 = 210;
/** PSHUFD. */
export const PSHUFD: u32 = 211;
/** SHUFPS. */
export const SHUFPS: u32 = 212;
/** PSLLW. */
export const PSLLW: u32 = 213;
/** PSLLD. */
export const PSLLD: u32 = 214;
/** PSLLQ. */
export const PSLLQ: u32 = 215;
/** PSRLW. */
export const PSRLW: u32 = 216;
/** PSRLD. */
export const PSRLD: u32 = 217;
/** PSRLQ. */
export const PSRLQ: u32 = 218;
/** PSRAW. */
export const PSRAW: u32 = 219;
/** PSRAD. */
export const PSRAD: u32 = 220;
/** ADDSS. */
export const ADDSS: u32 = 221;
/** ADDSD. */
export const ADDSD: u32 = 222;
/** SUBSS. */
export const SUBSS: u32 = 223;
/** SUBSD. */
export const SUBSD: u32 = 224;
/** MULSS. */
export const MULSS: u32 = 225;
/** MULSD. */
export const MULSD: u32 = 226;
/** DIVSS. */
export const DIVSS: u32 = 227;
/** DIVSD. */
export const DIVSD: u32 = 228;
/** Nothing. */
export const NOP: u32 = 229;
/** dst = memory at base + displacement, 64-bit linear. */
export const LOAD: u32 = 230;
/** dst = memory at base + (index << scale) + displacement, 64-bit linear. */
export const LOAD_INDEXED: u32 = 234;
/** The same with 32-bit linear addresses. */
export const LOAD_FLAT: u32 = 238;
/** dst (64 bits) = memory, zero-extended from 8, 16 bits; addressed as LOAD. */
export const LOADZX: u32 = 242;
/** The same, addressed as LOAD_INDEXED. */
export const LOADZX_INDEXED: u32 = 244;
/** The same, addressed as LOAD_FLAT. */
export const LOADZX_FLAT: u32 = 246;
/** memory = src; addressed as LOAD. */
export const STORE: u32 = 248;
/** memory = src; addressed as LOAD_INDEXED. */
export const STORE_INDEXED: u32 = 252;
/** memory = src; addressed as LOAD_FLAT. */
export const STORE_FLAT: u32 = 256;
/** LOAD of what a STORE to the same place will replace. */
export const MODIFY: u32 = 260;
/** The same, addressed as LOAD_INDEXED. */
export const MODIFY_INDEXED: u32 = 264;
/** The same, addressed as LOAD_FLAT. */
export const MODIFY_FLAT: u32 = 268;
/** dst = memory, 128 bits, aligned as R_EXTRA says; addressed as LOAD. */
export const LOADV: u32 = 272;
/** dst = memory, 128 bits, aligned as R_EXTRA says; addressed as LOAD_INDEXED. */
export const LOADV_INDEXED: u32 = 273;
/** dst = memory, 128 bits, aligned as R_EXTRA says; addressed as LOAD_FLAT. */
export const LOADV_FLAT: u32 = 274;
/** memory = src, 128 bits, aligned as R_EXTRA says; addressed as LOAD. */
export const STOREV: u32 = 275;
/** memory = src, 128 bits, aligned as R_EXTRA says; addressed as LOAD_INDEXED. */
export const STOREV_INDEXED: u32 = 276;
/** memory = src, 128 bits, aligned as R_EXTRA says; addressed as LOAD_FLAT. */
export const STOREV_FLAT: u32 = 277;
/** Pushes src, 64-bit stack. */
export const PUSH64: u32 = 278;
/** Pushes src, flat 32-bit stack. */
export const PUSH32: u32 = 279;
/** Pops into dst, 64-bit stack. */
export const POP64: u32 = 280;
/** Pops into dst, flat 32-bit stack. */
export const POP32: u32 = 281;
/** RSP = RBP, then pops RBP. */
export const LEAVE64: u32 = 282;
/** The same, flat 32-bit stack. */
export const LEAVE32: u32 = 283;
/** Pushes the next RIP, jumps by displacement. */
export const CALL64: u32 = 284;
/** The same, flat 32-bit stack. */
export const CALL32: u32 = 285;
/** Pushes the next RIP, jumps to src. */
export const CALL_TO64: u32 = 286;
/** The same, flat 32-bit stack. */
export const CALL_TO32: u32 = 287;
/** Pops RIP, then adds `imm` to RSP. */
export const RET64: u32 = 288;
/** The same, flat 32-bit stack. */
export const RET32: u32 = 289;
/** Jumps to src. */
export const JMP_TO64: u32 = 290;
/** Jumps to src, 32 bits. */
export const JMP_TO32: u32 = 291;
/** Jumps by displacement, relative to the block. */
export const JMP: u32 = 292;
/** Jumps where the condition set in `imm` holds. */
export const JCC: u32 = 293;
/** Jumps if ZF. */
export const JE: u32 = 294;
/** Jumps if CF. */
export const JB: u32 = 295;
/** CMP, then jumps if below. */
export const CMP_JB: u32 = 296;
/** CMP, then jumps if equal. */
export const CMP_JE: u32 = 300;
/** CMP, then jumps if below or equal. */
export const CMP_JBE: u32 = 304;
/** CMP, then jumps if the difference is negative. */
export const CMP_JS: u32 = 308;
/** CMP, then jumps if less. */
export const CMP_JL: u32 = 312;
/** CMP, then jumps if less or equal. */
export const CMP_JLE: u32 = 316;
/** TEST, then jumps if zero. */
export const TEST_JE: u32 = 320;
/** TEST, then jumps if negative. */
export const TEST_JS: u32 = 324;
/** TEST, then jumps if negative or zero. */
export const TEST_JLE: u32 = 328;
/** DEC, then jumps if zero. */
export const DEC_JE: u32 = 332;
/** dst = memory at segment:dst offset in base. */
export const LOADX: u32 = 336;
/** memory = src. */
export const STOREX: u32 = 337;
/** LOADX of what a STOREX will replace. */
export const MODIFYX: u32 = 338;
/** dst = (base + index + displacement) cut to 16 bits. */
export const LEA16: u32 = 339;
/** Moves the offset in dst by the bit offset in src. */
export const BIT_ADDRESS: u32 = 340;
/** Pushes src, any stack. */
export const PUSHX: u32 = 341;
/** Pops into dst, any stack. */
export const POPX: u32 = 342;
/** Pops into memory. */
export const POP_MEMORY: u32 = 343;
/** ENTER. */
export const ENTER: u32 = 344;
/** LEAVE, any stack. */
export const LEAVEX: u32 = 345;
/** Near call by displacement, any mode. */
export const CALLX: u32 = 346;
/** Near call to src, any mode. */
export const CALL_TOX: u32 = 347;
/** Near return, any mode. */
export const RETX: u32 = 348;
/** Jump by displacement with truncation of IP. */
export const JMPX: u32 = 349;
/** Jump to src with truncation of IP. */
export const JMP_TOX: u32 = 350;
/** Conditional jump with truncation of IP. */
export const JCCX: u32 = 351;
/** LOOP. */
export const LOOP: u32 = 352;
/** LOOPE. */
export const LOOPE: u32 = 353;
/** LOOPNE. */
export const LOOPNE: u32 = 354;
/** JCXZ, JECXZ, JRCXZ. */
export const JCXZ: u32 = 355;
/** MUL. */
export const MUL: u32 = 356;
/** IMUL with one operand. */
export const IMUL1: u32 = 357;
/** DIV. */
export const DIV: u32 = 358;
/** IDIV. */
export const IDIV: u32 = 359;
/** RCL. */
export const RCL: u32 = 360;
/** RCR. */
export const RCR: u32 = 361;
/** SHLD. */
export const SHLD: u32 = 362;
/** SHRD. */
export const SHRD: u32 = 363;
/** BT. */
export const BT: u32 = 364;
/** BTS. */
export const BTS: u32 = 365;
/** BTR. */
export const BTR: u32 = 366;
/** BTC. */
export const BTC: u32 = 367;
/** BSF. */
export const BSF: u32 = 368;
/** BSR. */
export const BSR: u32 = 369;
/** LZCNT. */
export const LZCNT: u32 = 370;
/** TZCNT. */
export const TZCNT: u32 = 371;
/** POPCNT. */
export const POPCNT: u32 = 372;
/** BSWAP. */
export const BSWAP: u32 = 373;
/** MOVBE. */
export const MOVBE: u32 = 374;
/** CMPXCHG. */
export const CMPXCHG: u32 = 375;
/** XADD. */
export const XADD: u32 = 376;
/** CMPXCHG8B and CMPXCHG16B. */
export const CMPXCHG8B: u32 = 377;
/** CMC. */
export const CMC: u32 = 378;
/** CLC. */
export const CLC: u32 = 379;
/** STC. */
export const STC: u32 = 380;
/** CLD. */
export const CLD: u32 = 381;
/** STD. */
export const STD: u32 = 382;
/** SAHF. */
export const SAHF: u32 = 383;
/** LAHF. */
export const LAHF: u32 = 384;
/** DAA. */
export const DAA: u32 = 385;
/** DAS. */
export const DAS: u32 = 386;
/** AAA. */
export const AAA: u32 = 387;
/** AAS. */
export const AAS: u32 = 388;
/** AAM. */
export const AAM: u32 = 389;
/** AAD. */
export const AAD: u32 = 390;
/** SALC. */
export const SALC: u32 = 391;
/** CBW, CWDE, CDQE (emits MOVSX). */
export const CBW: u32 = 392;
/** CWD, CDQ, CQO (emits SIGN). */
export const CWD: u32 = 393;
/** PSLLDQ. */
export const PSLLDQ: u32 = 394;
/** PSRLDQ. */
export const PSRLDQ: u32 = 395;
/** PADDSB. */
export const PADDSB: u32 = 396;
/** PADDSW. */
export const PADDSW: u32 = 397;
/** PADDUSB. */
export const PADDUSB: u32 = 398;
/** PADDUSW. */
export const PADDUSW: u32 = 399;
/** PSUBSB. */
export const PSUBSB: u32 = 400;
/** PSUBSW. */
export const PSUBSW: u32 = 401;
/** PSUBUSB. */
export const PSUBUSB: u32 = 402;
/** PSUBUSW. */
export const PSUBUSW: u32 = 403;
/** PAVGB. */
export const PAVGB: u32 = 404;
/** PAVGW. */
export const PAVGW: u32 = 405;
/** PMULHW. */
export const PMULHW: u32 = 406;
/** PMULHUW. */
export const PMULHUW: u32 = 407;
/** PSADBW. */
export const PSADBW: u32 = 408;
/** PSHUFW. */
export const PSHUFW: u32 = 409;
/** PSHUFLW. */
export const PSHUFLW: u32 = 410;
/** PSHUFHW. */
export const PSHUFHW: u32 = 411;
/** SHUFPD. */
export const SHUFPD: u32 = 412;
/** PINSRW. */
export const PINSRW: u32 = 413;
/** PEXTRW. */
export const PEXTRW: u32 = 414;
/** MOVMSKPS. */
export const MOVMSKPS: u32 = 415;
/** MOVMSKPD. */
export const MOVMSKPD: u32 = 416;
/** Makes the x87 registers those of MMX. */
export const MMX_SET: u32 = 417;
/** The same, and MM register dst = src. */
export const MMX_PUT: u32 = 418;
/** EMMS. */
export const EMMS: u32 = 419;
/** LOADV at segment:offset. */
export const LOADVX: u32 = 420;
/** STOREV at segment:offset. */
export const STOREVX: u32 = 421;
/** #MF where an x87 exception waits. */
export const MMX_CHECK: u32 = 422;
/** MASKMOVQ, MASKMOVDQU. */
export const MASKMOV: u32 = 423;
/** MOVSLDUP. */
export const MOVSLDUP: u32 = 424;
/** MOVSHDUP. */
export const MOVSHDUP: u32 = 425;
/** MOVDDUP. */
export const MOVDDUP: u32 = 426;
/** ANDN. */
export const ANDN: u32 = 427;
/** BEXTR. */
export const BEXTR: u32 = 428;
/** BLSI. */
export const BLSI: u32 = 429;
/** BLSMSK. */
export const BLSMSK: u32 = 430;
/** BLSR. */
export const BLSR: u32 = 431;
/** BZHI. */
export const BZHI: u32 = 432;
/** PDEP. */
export const PDEP: u32 = 433;
/** PEXT. */
export const PEXT: u32 = 434;
/** SARX. */
export const SARX: u32 = 435;
/** SHLX. */
export const SHLX: u32 = 436;
/** SHRX. */
export const SHRX: u32 = 437;
/** RORX. */
export const RORX: u32 = 438;
/** MULX. */
export const MULX: u32 = 439;
/** ADCX. */
export const ADCX: u32 = 440;
/** ADOX. */
export const ADOX: u32 = 441;
/** RDPID. */
export const RDPID: u32 = 442;
/** RDRAND. */
export const RDRAND: u32 = 443;
/** RDSEED. */
export const RDSEED: u32 = 444;
/** PSHUFB. */
export const PSHUFB: u32 = 445;
/** PHADDW. */
export const PHADDW: u32 = 446;
/** PHADDD. */
export const PHADDD: u32 = 447;
/** PHADDSW. */
export const PHADDSW: u32 = 448;
/** PHSUBW. */
export const PHSUBW: u32 = 449;
/** PHSUBD. */
export const PHSUBD: u32 = 450;
/** PHSUBSW. */
export const PHSUBSW: u32 = 451;
/** PMADDUBSW. */
export const PMADDUBSW: u32 = 452;
/** PMULHRSW. */
export const PMULHRSW: u32 = 453;
/** PSIGNB. */
export const PSIGNB: u32 = 454;
/** PSIGNW. */
export const PSIGNW: u32 = 455;
/** PSIGND. */
export const PSIGND: u32 = 456;
/** PABSB. */
export const PABSB: u32 = 457;
/** PABSW. */
export const PABSW: u32 = 458;
/** PABSD. */
export const PABSD: u32 = 459;
/** PALIGNR. */
export const PALIGNR: u32 = 460;
/** PCMPEQQ. */
export const PCMPEQQ: u32 = 461;
/** PACKUSDW. */
export const PACKUSDW: u32 = 462;
/** PMINSB. */
export const PMINSB: u32 = 463;
/** PMINSD. */
export const PMINSD: u32 = 464;
/** PMINUW. */
export const PMINUW: u32 = 465;
/** PMINUD. */
export const PMINUD: u32 = 466;
/** PMAXSB. */
export const PMAXSB: u32 = 467;
/** PMAXSD. */
export const PMAXSD: u32 = 468;
/** PMAXUW. */
export const PMAXUW: u32 = 469;
/** PMAXUD. */
export const PMAXUD: u32 = 470;
/** PMULLD. */
export const PMULLD: u32 = 471;
/** PCMPGTQ. */
export const PCMPGTQ: u32 = 472;
/** PMULDQ. */
export const PMULDQ: u32 = 473;
/** PHMINPOSUW. */
export const PHMINPOSUW: u32 = 474;
/** PMOVSXBW. */
export const PMOVSXBW: u32 = 475;
/** PMOVSXBD. */
export const PMOVSXBD: u32 = 476;
/** PMOVSXBQ. */
export const PMOVSXBQ: u32 = 477;
/** PMOVSXWD. */
export const PMOVSXWD: u32 = 478;
/** PMOVSXWQ. */
export const PMOVSXWQ: u32 = 479;
/** PMOVSXDQ. */
export const PMOVSXDQ: u32 = 480;
/** PMOVZXBW. */
export const PMOVZXBW: u32 = 481;
/** PMOVZXBD. */
export const PMOVZXBD: u32 = 482;
/** PMOVZXBQ. */
export const PMOVZXBQ: u32 = 483;
/** PMOVZXWD. */
export const PMOVZXWD: u32 = 484;
/** PMOVZXWQ. */
export const PMOVZXWQ: u32 = 485;
/** PMOVZXDQ. */
export const PMOVZXDQ: u32 = 486;
/** PTEST. */
export const PTEST: u32 = 487;
/** PBLENDVB. */
export const PBLENDVB: u32 = 488;
/** BLENDVPS. */
export const BLENDVPS: u32 = 489;
/** BLENDVPD. */
export const BLENDVPD: u32 = 490;
/** BLENDPS. */
export const BLENDPS: u32 = 491;
/** BLENDPD. */
export const BLENDPD: u32 = 492;
/** PBLENDW. */
export const PBLENDW: u32 = 493;
/** INSERTPS. */
export const INSERTPS: u32 = 494;
/** MPSADBW. */
export const MPSADBW: u32 = 495;
/** PEXTRB. */
export const PEXTRB: u32 = 496;
/** PEXTRD, PEXTRQ. */
export const PEXTRD: u32 = 497;
/** EXTRACTPS. */
export const EXTRACTPS: u32 = 498;
/** PINSRB. */
export const PINSRB: u32 = 499;
/** PINSRD. */
export const PINSRD: u32 = 500;
/** PINSRQ. */
export const PINSRQ: u32 = 501;
/** CRC32. */
export const CRC32: u32 = 502;
/** PCMPESTRM. */
export const PCMPESTRM: u32 = 503;
/** PCMPESTRI. */
export const PCMPESTRI: u32 = 504;
/** PCMPISTRM. */
export const PCMPISTRM: u32 = 505;
/** PCMPISTRI. */
export const PCMPISTRI: u32 = 506;
/** AESENC. */
export const AESENC: u32 = 507;
/** AESENCLAST. */
export const AESENCLAST: u32 = 508;
/** AESDEC. */
export const AESDEC: u32 = 509;
/** AESDECLAST. */
export const AESDECLAST: u32 = 510;
/** AESIMC. */
export const AESIMC: u32 = 511;
/** AESKEYGENASSIST. */
export const AESKEYGENASSIST: u32 = 512;
/** PCLMULQDQ. */
export const PCLMULQDQ: u32 = 513;
/** SHA1NEXTE. */
export const SHA1NEXTE: u32 = 514;
/** SHA1MSG1. */
export const SHA1MSG1: u32 = 515;
/** SHA1MSG2. */
export const SHA1MSG2: u32 = 516;
/** SHA256RNDS2. */
export const SHA256RNDS2: u32 = 517;
/** SHA256MSG1. */
export const SHA256MSG1: u32 = 518;
/** SHA256MSG2. */
export const SHA256MSG2: u32 = 519;
/** SHA1RNDS4. */
export const SHA1RNDS4: u32 = 520;
/** ROUNDPS to ROUNDSD. */
export const VROUND: u32 = 521;
/** DPPS, DPPD. */
export const VDP: u32 = 522;
/** ADDPS to ADDSD. */
export const VADD: u32 = 523;
/** SUBPS to SUBSD. */
export const VSUB: u32 = 524;
/** MULPS to MULSD. */
export const VMUL: u32 = 525;
/** DIVPS to DIVSD. */
export const VDIV: u32 = 526;
/** MINPS to MINSD. */
export const VMIN: u32 = 527;
/** MAXPS to MAXSD. */
export const VMAX: u32 = 528;
/** SQRTPS to SQRTSD. */
export const VSQRT: u32 = 529;
/** HADDPS, HADDPD. */
export const VHADD: u32 = 530;
/** HSUBPS, HSUBPD. */
export const VHSUB: u32 = 531;
/** ADDSUBPS, ADDSUBPD. */
export const VADDSUB: u32 = 532;
/** RCPPS, RCPSS. */
export const VRCP: u32 = 533;
/** RSQRTPS, RSQRTSS. */
export const VRSQRT: u32 = 534;
/** CMPPS to CMPSD. */
export const VCMP: u32 = 535;
/** COMISS, COMISD. */
export const VCOMI: u32 = 536;
/** UCOMISS, UCOMISD. */
export const VUCOMI: u32 = 537;
/** CVTPS2PD. */
export const CVTPS2PD: u32 = 538;
/** CVTPD2PS. */
export const CVTPD2PS: u32 = 539;
/** CVTSS2SD. */
export const CVTSS2SD: u32 = 540;
/** CVTSD2SS. */
export const CVTSD2SS: u32 = 541;
/** CVTDQ2PS. */
export const CVTDQ2PS: u32 = 542;
/** CVTPI2PS. */
export const CVTPI2PS: u32 = 543;
/** CVTDQ2PD, CVTPI2PD. */
export const CVTDQ2PD: u32 = 544;
/** CVTPS2DQ. */
export const CVTPS2DQ: u32 = 545;
/** CVTPS2PI. */
export const CVTPS2PI: u32 = 546;
/** CVTPD2DQ, CVTPD2PI. */
export const CVTPD2DQ: u32 = 547;
/** CVTSS2SI, CVTSD2SI. */
export const CVTS2SI: u32 = 548;
/** CVTTPS2DQ. */
export const CVTTPS2DQ: u32 = 549;
/** CVTTPS2PI. */
export const CVTTPS2PI: u32 = 550;
/** CVTTPD2DQ, CVTTPD2PI. */
export const CVTTPD2DQ: u32 = 551;
/** CVTTSS2SI, CVTTSD2SI. */
export const CVTTS2SI: u32 = 552;
/** CVTSI2SS, CVTSI2SD. */
export const CVTSI2S: u32 = 553;
/** LDMXCSR. */
export const MXCSR_LOAD: u32 = 554;
/** MOVS. */
export const MOVS: u32 = 555;
/** CMPS. */
export const CMPS: u32 = 556;
/** STOS. */
export const STOS: u32 = 557;
/** LODS. */
export const LODS: u32 = 558;
/** SCAS. */
export const SCAS: u32 = 559;
/** INS. */
export const INS: u32 = 560;
/** OUTS. */
export const OUTS: u32 = 561;
/** BOUND. */
export const BOUND: u32 = 562;
/** FADD and its kin with memory. */
export const FARITHMETIC_MEMORY: u32 = 563;
/** FADD and its kin with registers. */
export const FARITHMETIC: u32 = 564;
/** FCOM and FCOMP with memory. */
export const FCOM_MEMORY: u32 = 565;
/** FCOM, FUCOM and their kin. */
export const FCOM: u32 = 566;
/** FTST. */
export const FTST: u32 = 567;
/** FCOMI and its kin. */
export const FCOMI: u32 = 568;
/** FXAM. */
export const FXAM: u32 = 569;
/** FLD of 32 and 64 bits. */
export const FLD_FLOAT: u32 = 570;
/** FILD. */
export const FILD: u32 = 571;
/** FLD of 80 bits, FBLD. */
export const FLD_EXTENDED: u32 = 572;
/** FLD of a register. */
export const FLD: u32 = 573;
/** FLD1 and its kin. */
export const FLD_CONSTANT: u32 = 574;
/** FXCH. */
export const FXCH: u32 = 575;
/** FCMOVcc. */
export const FCMOV: u32 = 576;
/** FFREE, FFREEP. */
export const FFREE: u32 = 577;
/** FST and FSTP of 32 and 64 bits. */
export const FST_FLOAT: u32 = 578;
/** FIST, FISTP, FISTTP. */
export const FIST: u32 = 579;
/** FBSTP. */
export const FBSTP: u32 = 580;
/** FSTP of 80 bits. */
export const FSTP_EXTENDED: u32 = 581;
/** FST and FSTP to a register. */
export const FST: u32 = 582;
/** FCHS, FABS. */
export const FSIGN: u32 = 583;
/** Functions of ST(0). */
export const FUNARY: u32 = 584;
/** FYL2X, FYL2XP1, FPATAN. */
export const FBINARY: u32 = 585;
/** FSCALE. */
export const FSCALE: u32 = 586;
/** FPREM, FPREM1. */
export const FPREM: u32 = 587;
/** FXTRACT. */
export const FXTRACT: u32 = 588;
/** FPTAN. */
export const FPTAN: u32 = 589;
/** FSINCOS. */
export const FSINCOS: u32 = 590;
/** FINCSTP, FDECSTP. */
export const FTURN: u32 = 591;
/** FNOP. */
export const FNOP: u32 = 592;
/** FWAIT. */
export const FWAIT: u32 = 593;
/** FLDCW. */
export const FLDCW: u32 = 594;
/** FNSTCW. */
export const FNSTCW: u32 = 595;
/** FNSTSW to memory. */
export const FNSTSW: u32 = 596;
/** FNSTSW AX. */
export const FNSTSW_AX: u32 = 597;
/** FNCLEX. */
export const FNCLEX: u32 = 598;
/** FNINIT. */
export const FNINIT: u32 = 599;
/** FNENI, FNDISI, FNSETPM. */
export const FOBSOLETE: u32 = 600;
/** FLDENV. */
export const FLDENV: u32 = 601;
/** FNSTENV. */
export const FNSTENV: u32 = 602;
/** FRSTOR. */
export const FRSTOR: u32 = 603;
/** FNSAVE. */
export const FNSAVE: u32 = 604;
/** PUSHA. */
export const PUSHA: u32 = 605;
/** POPA. */
export const POPA: u32 = 606;
/** PUSHF. */
export const PUSHF: u32 = 607;
/** POPF. */
export const POPF: u32 = 608;
/** Far call. */
export const CALLF: u32 = 609;
/** Far jump. */
export const JMPF: u32 = 610;
/** Far return. */
export const RETF: u32 = 611;
/** IRET. */
export const IRET: u32 = 612;
/** INT3. */
export const INT3: u32 = 613;
/** INT n. */
export const INT: u32 = 614;
/** INTO. */
export const INTO: u32 = 615;
/** INT1. */
export const INT1: u32 = 616;
/** IN. */
export const IN: u32 = 617;
/** OUT. */
export const OUT: u32 = 618;
/** MOV to a segment register. */
export const MOV_TO_SEGMENT: u32 = 619;
/** POP of a segment register. */
export const POP_SEGMENT: u32 = 620;
/** LES, LDS, LSS, LFS, LGS. */
export const LOAD_FAR: u32 = 621;
/** CLI. */
export const CLI: u32 = 622;
/** STI. */
export const STI: u32 = 623;
/** HLT. */
export const HLT: u32 = 624;
/** PAUSE of a guest that exits for it. */
export const PAUSE: u32 = 625;
/** ARPL. */
export const ARPL: u32 = 626;
/** SLDT. */
export const SLDT: u32 = 627;
/** STR. */
export const STR: u32 = 628;
/** LLDT. */
export const LLDT: u32 = 629;
/** LTR. */
export const LTR: u32 = 630;
/** VERR. */
export const VERR: u32 = 631;
/** VERW. */
export const VERW: u32 = 632;
/** LAR. */
export const LAR: u32 = 633;
/** LSL. */
export const LSL: u32 = 634;
/** VMCALL. */
export const VMCALL: u32 = 635;
/** VMCLEAR. */
export const VMCLEAR: u32 = 636;
/** VMLAUNCH. */
export const VMLAUNCH: u32 = 637;
/** VMPTRLD. */
export const VMPTRLD: u32 = 638;
/** VMPTRST. */
export const VMPTRST: u32 = 639;
/** VMREAD. */
export const VMREAD: u32 = 640;
/** VMRESUME. */
export const VMRESUME: u32 = 641;
/** VMWRITE. */
export const VMWRITE: u32 = 642;
/** VMXOFF. */
export const VMXOFF: u32 = 643;
/** VMXON. */
export const VMXON: u32 = 644;
/** INVEPT. */
export const INVEPT: u32 = 645;
/** INVVPID. */
export const INVVPID: u32 = 646;
/** CLAC. */
export const CLAC: u32 = 647;
/** STAC. */
export const STAC: u32 = 648;
/** XGETBV. */
export const XGETBV: u32 = 649;
/** XSETBV. */
export const XSETBV: u32 = 650;
/** VMRUN. */
export const VMRUN: u32 = 651;
/** VMMCALL. */
export const VMMCALL: u32 = 652;
/** VMLOAD. */
export const VMLOAD: u32 = 653;
/** VMSAVE. */
export const VMSAVE: u32 = 654;
/** STGI. */
export const STGI: u32 = 655;
/** CLGI. */
export const CLGI: u32 = 656;
/** SKINIT. */
export const SKINIT: u32 = 657;
/** INVLPGA. */
export const INVLPGA: u32 = 658;
/** RSM. */
export const RSM: u32 = 659;
/** INVLPGB. */
export const INVLPGB: u32 = 660;
/** TLBSYNC. */
export const TLBSYNC: u32 = 661;
/** SWAPGS. */
export const SWAPGS: u32 = 662;
/** RDTSCP. */
export const RDTSCP: u32 = 663;
/** SGDT. */
export const SGDT: u32 = 664;
/** SIDT. */
export const SIDT: u32 = 665;
/** LGDT. */
export const LGDT: u32 = 666;
/** LIDT. */
export const LIDT: u32 = 667;
/** SMSW. */
export const SMSW: u32 = 668;
/** LMSW. */
export const LMSW: u32 = 669;
/** INVLPG. */
export const INVLPG: u32 = 670;
/** SYSCALL. */
export const SYSCALL: u32 = 671;
/** CLTS. */
export const CLTS: u32 = 672;
/** SYSRET. */
export const SYSRET: u32 = 673;
/** INVD. */
export const INVD: u32 = 674;
/** WBINVD. */
export const WBINVD: u32 = 675;
/** MOV from a control register. */
export const FROMCR: u32 = 676;
/** MOV from a debug register. */
export const FROMDR: u32 = 677;
/** MOV to a control register. */
export const TOCR: u32 = 678;
/** MOV to a debug register. */
export const TODR: u32 = 679;
/** WRMSR. */
export const WRMSR: u32 = 680;
/** RDTSC. */
export const RDTSC: u32 = 681;
/** RDMSR. */
export const RDMSR: u32 = 682;
/** RDPMC. */
export const RDPMC: u32 = 683;
/** SYSENTER. */
export const SYSENTER: u32 = 684;
/** SYSEXIT. */
export const SYSEXIT: u32 = 685;
/** CPUID. */
export const CPUID: u32 = 686;
/** RDFSBASE. */
export const RDFSBASE: u32 = 687;
/** RDGSBASE. */
export const RDGSBASE: u32 = 688;
/** WRFSBASE. */
export const WRFSBASE: u32 = 689;
/** WRGSBASE. */
export const WRGSBASE: u32 = 690;
/** FXSAVE. */
export const FXSAVE: u32 = 691;
/** FXRSTOR. */
export const FXRSTOR: u32 = 692;
/** XSAVE. */
export const XSAVE: u32 = 693;
/** XRSTOR. */
export const XRSTOR: u32 = 694;
/** #UD. */
export const UNDEFINED: u32 = 695;
/** The instruction cannot be fetched: the fault is found anew and raised. */
export const FETCH_FAULT: u32 = 696;
/** EXIT_UNIMPLEMENTED. */
export const UNIMPLEMENTED: u32 = 697;
/** End of a block that was cut short: back to the run loop. */
export const STOP: u32 = 698;
/** From an operation that writes flags to its twin that does not. */
export const QUIET: u32 = 68;
/** First operation that is executed outside the inner loop. */
export const COLD: u32 = 336;
/** First operation that needs S_RIP, S_NEXT and exact RFLAGS, and ends its block. */
export const SYSTEM: u32 = 605;
/** Number of operations. */
export const OP_COUNT: u32 = 699;
