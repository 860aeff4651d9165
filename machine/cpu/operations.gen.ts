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
/** Nothing. */
export const NOP: u32 = 169;
/** dst = memory at base + displacement, 64-bit linear. */
export const LOAD: u32 = 170;
/** dst = memory at base + (index << scale) + displacement, 64-bit linear. */
export const LOAD_INDEXED: u32 = 174;
/** The same with 32-bit linear addresses. */
export const LOAD_FLAT: u32 = 178;
/** dst (64 bits) = memory, zero-extended from 8, 16 bits; addressed as LOAD. */
export const LOADZX: u32 = 182;
/** The same, addressed as LOAD_INDEXED. */
export const LOADZX_INDEXED: u32 = 184;
/** The same, addressed as LOAD_FLAT. */
export const LOADZX_FLAT: u32 = 186;
/** memory = src; addressed as LOAD. */
export const STORE: u32 = 188;
/** memory = src; addressed as LOAD_INDEXED. */
export const STORE_INDEXED: u32 = 192;
/** memory = src; addressed as LOAD_FLAT. */
export const STORE_FLAT: u32 = 196;
/** LOAD of what a STORE to the same place will replace. */
export const MODIFY: u32 = 200;
/** The same, addressed as LOAD_INDEXED. */
export const MODIFY_INDEXED: u32 = 204;
/** The same, addressed as LOAD_FLAT. */
export const MODIFY_FLAT: u32 = 208;
/** Pushes src, 64-bit stack. */
export const PUSH64: u32 = 212;
/** Pushes src, flat 32-bit stack. */
export const PUSH32: u32 = 213;
/** Pops into dst, 64-bit stack. */
export const POP64: u32 = 214;
/** Pops into dst, flat 32-bit stack. */
export const POP32: u32 = 215;
/** RSP = RBP, then pops RBP. */
export const LEAVE64: u32 = 216;
/** The same, flat 32-bit stack. */
export const LEAVE32: u32 = 217;
/** Pushes the next RIP, jumps by displacement. */
export const CALL64: u32 = 218;
/** The same, flat 32-bit stack. */
export const CALL32: u32 = 219;
/** Pushes the next RIP, jumps to src. */
export const CALL_TO64: u32 = 220;
/** The same, flat 32-bit stack. */
export const CALL_TO32: u32 = 221;
/** Pops RIP, then adds `imm` to RSP. */
export const RET64: u32 = 222;
/** The same, flat 32-bit stack. */
export const RET32: u32 = 223;
/** Jumps to src. */
export const JMP_TO64: u32 = 224;
/** Jumps to src, 32 bits. */
export const JMP_TO32: u32 = 225;
/** Jumps by displacement, relative to the block. */
export const JMP: u32 = 226;
/** Jumps where the condition set in `imm` holds. */
export const JCC: u32 = 227;
/** Jumps if ZF. */
export const JE: u32 = 228;
/** Jumps if CF. */
export const JB: u32 = 229;
/** CMP, then jumps if below. */
export const CMP_JB: u32 = 230;
/** CMP, then jumps if equal. */
export const CMP_JE: u32 = 234;
/** CMP, then jumps if below or equal. */
export const CMP_JBE: u32 = 238;
/** CMP, then jumps if the difference is negative. */
export const CMP_JS: u32 = 242;
/** CMP, then jumps if less. */
export const CMP_JL: u32 = 246;
/** CMP, then jumps if less or equal. */
export const CMP_JLE: u32 = 250;
/** TEST, then jumps if zero. */
export const TEST_JE: u32 = 254;
/** TEST, then jumps if negative. */
export const TEST_JS: u32 = 258;
/** TEST, then jumps if negative or zero. */
export const TEST_JLE: u32 = 262;
/** DEC, then jumps if zero. */
export const DEC_JE: u32 = 266;
/** dst = memory at segment:dst offset in base. */
export const LOADX: u32 = 270;
/** memory = src. */
export const STOREX: u32 = 271;
/** LOADX of what a STOREX will replace. */
export const MODIFYX: u32 = 272;
/** dst = (base + index + displacement) cut to 16 bits. */
export const LEA16: u32 = 273;
/** Moves the offset in dst by the bit offset in src. */
export const BIT_ADDRESS: u32 = 274;
/** Pushes src, any stack. */
export const PUSHX: u32 = 275;
/** Pops into dst, any stack. */
export const POPX: u32 = 276;
/** Pops into memory. */
export const POP_MEMORY: u32 = 277;
/** ENTER. */
export const ENTER: u32 = 278;
/** LEAVE, any stack. */
export const LEAVEX: u32 = 279;
/** Near call by displacement, any mode. */
export const CALLX: u32 = 280;
/** Near call to src, any mode. */
export const CALL_TOX: u32 = 281;
/** Near return, any mode. */
export const RETX: u32 = 282;
/** Jump by displacement with truncation of IP. */
export const JMPX: u32 = 283;
/** Jump to src with truncation of IP. */
export const JMP_TOX: u32 = 284;
/** Conditional jump with truncation of IP. */
export const JCCX: u32 = 285;
/** LOOP. */
export const LOOP: u32 = 286;
/** LOOPE. */
export const LOOPE: u32 = 287;
/** LOOPNE. */
export const LOOPNE: u32 = 288;
/** JCXZ, JECXZ, JRCXZ. */
export const JCXZ: u32 = 289;
/** MUL. */
export const MUL: u32 = 290;
/** IMUL with one operand. */
export const IMUL1: u32 = 291;
/** DIV. */
export const DIV: u32 = 292;
/** IDIV. */
export const IDIV: u32 = 293;
/** RCL. */
export const RCL: u32 = 294;
/** RCR. */
export const RCR: u32 = 295;
/** SHLD. */
export const SHLD: u32 = 296;
/** SHRD. */
export const SHRD: u32 = 297;
/** BT. */
export const BT: u32 = 298;
/** BTS. */
export const BTS: u32 = 299;
/** BTR. */
export const BTR: u32 = 300;
/** BTC. */
export const BTC: u32 = 301;
/** BSF. */
export const BSF: u32 = 302;
/** BSR. */
export const BSR: u32 = 303;
/** LZCNT. */
export const LZCNT: u32 = 304;
/** TZCNT. */
export const TZCNT: u32 = 305;
/** POPCNT. */
export const POPCNT: u32 = 306;
/** BSWAP. */
export const BSWAP: u32 = 307;
/** MOVBE. */
export const MOVBE: u32 = 308;
/** CMPXCHG. */
export const CMPXCHG: u32 = 309;
/** XADD. */
export const XADD: u32 = 310;
/** CMPXCHG8B and CMPXCHG16B. */
export const CMPXCHG8B: u32 = 311;
/** CMC. */
export const CMC: u32 = 312;
/** CLC. */
export const CLC: u32 = 313;
/** STC. */
export const STC: u32 = 314;
/** CLD. */
export const CLD: u32 = 315;
/** STD. */
export const STD: u32 = 316;
/** SAHF. */
export const SAHF: u32 = 317;
/** LAHF. */
export const LAHF: u32 = 318;
/** DAA. */
export const DAA: u32 = 319;
/** DAS. */
export const DAS: u32 = 320;
/** AAA. */
export const AAA: u32 = 321;
/** AAS. */
export const AAS: u32 = 322;
/** AAM. */
export const AAM: u32 = 323;
/** AAD. */
export const AAD: u32 = 324;
/** SALC. */
export const SALC: u32 = 325;
/** CBW, CWDE, CDQE (emits MOVSX). */
export const CBW: u32 = 326;
/** CWD, CDQ, CQO (emits SIGN). */
export const CWD: u32 = 327;
/** MOVS. */
export const MOVS: u32 = 328;
/** CMPS. */
export const CMPS: u32 = 329;
/** STOS. */
export const STOS: u32 = 330;
/** LODS. */
export const LODS: u32 = 331;
/** SCAS. */
export const SCAS: u32 = 332;
/** INS. */
export const INS: u32 = 333;
/** OUTS. */
export const OUTS: u32 = 334;
/** BOUND. */
export const BOUND: u32 = 335;
/** PUSHA. */
export const PUSHA: u32 = 336;
/** POPA. */
export const POPA: u32 = 337;
/** PUSHF. */
export const PUSHF: u32 = 338;
/** POPF. */
export const POPF: u32 = 339;
/** Far call. */
export const CALLF: u32 = 340;
/** Far jump. */
export const JMPF: u32 = 341;
/** Far return. */
export const RETF: u32 = 342;
/** IRET. */
export const IRET: u32 = 343;
/** INT3. */
export const INT3: u32 = 344;
/** INT n. */
export const INT: u32 = 345;
/** INTO. */
export const INTO: u32 = 346;
/** INT1. */
export const INT1: u32 = 347;
/** IN. */
export const IN: u32 = 348;
/** OUT. */
export const OUT: u32 = 349;
/** MOV to a segment register. */
export const MOV_TO_SEGMENT: u32 = 350;
/** POP of a segment register. */
export const POP_SEGMENT: u32 = 351;
/** LES, LDS, LSS, LFS, LGS. */
export const LOAD_FAR: u32 = 352;
/** CLI. */
export const CLI: u32 = 353;
/** STI. */
export const STI: u32 = 354;
/** HLT. */
export const HLT: u32 = 355;
/** ARPL. */
export const ARPL: u32 = 356;
/** SLDT. */
export const SLDT: u32 = 357;
/** STR. */
export const STR: u32 = 358;
/** LLDT. */
export const LLDT: u32 = 359;
/** LTR. */
export const LTR: u32 = 360;
/** VERR. */
export const VERR: u32 = 361;
/** VERW. */
export const VERW: u32 = 362;
/** LAR. */
export const LAR: u32 = 363;
/** LSL. */
export const LSL: u32 = 364;
/** VMCALL. */
export const VMCALL: u32 = 365;
/** VMCLEAR. */
export const VMCLEAR: u32 = 366;
/** VMLAUNCH. */
export const VMLAUNCH: u32 = 367;
/** VMPTRLD. */
export const VMPTRLD: u32 = 368;
/** VMPTRST. */
export const VMPTRST: u32 = 369;
/** VMREAD. */
export const VMREAD: u32 = 370;
/** VMRESUME. */
export const VMRESUME: u32 = 371;
/** VMWRITE. */
export const VMWRITE: u32 = 372;
/** VMXOFF. */
export const VMXOFF: u32 = 373;
/** VMXON. */
export const VMXON: u32 = 374;
/** INVEPT. */
export const INVEPT: u32 = 375;
/** INVVPID. */
export const INVVPID: u32 = 376;
/** CLAC. */
export const CLAC: u32 = 377;
/** STAC. */
export const STAC: u32 = 378;
/** XGETBV. */
export const XGETBV: u32 = 379;
/** XSETBV. */
export const XSETBV: u32 = 380;
/** VMRUN. */
export const VMRUN: u32 = 381;
/** VMMCALL. */
export const VMMCALL: u32 = 382;
/** VMLOAD. */
export const VMLOAD: u32 = 383;
/** VMSAVE. */
export const VMSAVE: u32 = 384;
/** STGI. */
export const STGI: u32 = 385;
/** CLGI. */
export const CLGI: u32 = 386;
/** SKINIT. */
export const SKINIT: u32 = 387;
/** INVLPGA. */
export const INVLPGA: u32 = 388;
/** SWAPGS. */
export const SWAPGS: u32 = 389;
/** RDTSCP. */
export const RDTSCP: u32 = 390;
/** SGDT. */
export const SGDT: u32 = 391;
/** SIDT. */
export const SIDT: u32 = 392;
/** LGDT. */
export const LGDT: u32 = 393;
/** LIDT. */
export const LIDT: u32 = 394;
/** SMSW. */
export const SMSW: u32 = 395;
/** LMSW. */
export const LMSW: u32 = 396;
/** INVLPG. */
export const INVLPG: u32 = 397;
/** SYSCALL. */
export const SYSCALL: u32 = 398;
/** CLTS. */
export const CLTS: u32 = 399;
/** SYSRET. */
export const SYSRET: u32 = 400;
/** INVD. */
export const INVD: u32 = 401;
/** WBINVD. */
export const WBINVD: u32 = 402;
/** MOV from a control register. */
export const FROMCR: u32 = 403;
/** MOV from a debug register. */
export const FROMDR: u32 = 404;
/** MOV to a control register. */
export const TOCR: u32 = 405;
/** MOV to a debug register. */
export const TODR: u32 = 406;
/** WRMSR. */
export const WRMSR: u32 = 407;
/** RDTSC. */
export const RDTSC: u32 = 408;
/** RDMSR. */
export const RDMSR: u32 = 409;
/** RDPMC. */
export const RDPMC: u32 = 410;
/** SYSENTER. */
export const SYSENTER: u32 = 411;
/** SYSEXIT. */
export const SYSEXIT: u32 = 412;
/** CPUID. */
export const CPUID: u32 = 413;
/** RDFSBASE. */
export const RDFSBASE: u32 = 414;
/** RDGSBASE. */
export const RDGSBASE: u32 = 415;
/** WRFSBASE. */
export const WRFSBASE: u32 = 416;
/** WRGSBASE. */
export const WRGSBASE: u32 = 417;
/** #UD. */
export const UNDEFINED: u32 = 418;
/** The instruction cannot be fetched: the fault is found anew and raised. */
export const FETCH_FAULT: u32 = 419;
/** EXIT_UNIMPLEMENTED. */
export const UNIMPLEMENTED: u32 = 420;
/** End of a block that was cut short: back to the run loop. */
export const STOP: u32 = 421;
/** From an operation that writes flags to its twin that does not. */
export const QUIET: u32 = 68;
/** First operation that is executed outside the inner loop. */
export const COLD: u32 = 270;
/** First operation that needs S_RIP, S_NEXT and exact RFLAGS, and ends its block. */
export const SYSTEM: u32 = 336;
/** Number of operations. */
export const OP_COUNT: u32 = 422;
