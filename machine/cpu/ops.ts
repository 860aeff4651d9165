// Operations of the records that the decoder writes (records.ts) and the interpreter executes; numbers only. A family with widths
// occupies four numbers: + 0 for 8, 1 for 16, 2 for 32, 3 for 64 bits. Below COLD the interpreter's inner loop executes them itself.

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
/** From an operation that writes flags (ADD to IMUL + 3) to its twin that does not. */
export const QUIET: u32 = 68;
/** dst = ~dst. */
export const NOT: u32 = 136;
/** Flags of dst & src. */
export const TEST: u32 = 140;
/** dst = src. */
export const MOV: u32 = 144;
/** Zero extension: + 0 8 to 16 bits, 1 8 to 32 and 64, 2 unused, 3 16 to 32 and 64. */
export const MOVZX: u32 = 148;
/** Sign extension: + 0 8 to 16, 1 8 to 32, 2 8 to 64, 4 16 to 32, 5 16 to 64, 6 32 to 64. */
export const MOVSX: u32 = 156;
/** dst = all ones if src is negative, else 0 (CWD, CDQ, CQO). */
export const SIGN: u32 = 164;
/** dst = src where the condition set in `imm` holds. */
export const CMOV: u32 = 168;
/** dst (8 bits) = whether the condition set in `imm` holds. */
export const SETCC: u32 = 172;
/** dst = base + (index << scale) + displacement. */
export const LEA64: u32 = 173;
/** The same, cut to 32 bits. */
export const LEA32: u32 = 174;
/** LEA64 plus the segment base at src. */
export const LEA_SEGMENT: u32 = 175;
/** Nothing. */
export const NOP: u32 = 176;
/** dst = memory at base + displacement, 64-bit linear. */
export const LOAD: u32 = 177;
/** dst = memory at base + (index << scale) + displacement, 64-bit linear. */
export const LOAD_INDEXED: u32 = 181;
/** The same with 32-bit linear addresses. */
export const LOAD_FLAT: u32 = 185;
/** dst (64 bits) = memory, zero-extended from 8, 16 bits; addressed as LOAD. */
export const LOADZX: u32 = 189;
/** The same, addressed as LOAD_INDEXED. */
export const LOADZX_INDEXED: u32 = 191;
/** The same, addressed as LOAD_FLAT. */
export const LOADZX_FLAT: u32 = 193;
/** memory = src; addressed as LOAD. */
export const STORE: u32 = 195;
/** memory = src; addressed as LOAD_INDEXED. */
export const STORE_INDEXED: u32 = 199;
/** memory = src; addressed as LOAD_FLAT. */
export const STORE_FLAT: u32 = 203;
/** LOAD of what a STORE to the same place will replace. */
export const MODIFY: u32 = 207;
/** The same, addressed as LOAD_INDEXED. */
export const MODIFY_INDEXED: u32 = 211;
/** The same, addressed as LOAD_FLAT. */
export const MODIFY_FLAT: u32 = 215;
/** Pushes src, 64-bit stack. */
export const PUSH64: u32 = 219;
/** Pushes src, flat 32-bit stack. */
export const PUSH32: u32 = 220;
/** Pops into dst, 64-bit stack. */
export const POP64: u32 = 221;
/** Pops into dst, flat 32-bit stack. */
export const POP32: u32 = 222;
/** RSP = RBP, then pops RBP. */
export const LEAVE64: u32 = 223;
/** The same, flat 32-bit stack. */
export const LEAVE32: u32 = 224;
/** Pushes the next RIP, jumps by displacement. */
export const CALL64: u32 = 225;
/** The same, flat 32-bit stack. */
export const CALL32: u32 = 226;
/** Pushes the next RIP, jumps to src. */
export const CALL_TO64: u32 = 227;
/** The same, flat 32-bit stack. */
export const CALL_TO32: u32 = 228;
/** Pops RIP, then adds `imm` to RSP. */
export const RET64: u32 = 229;
/** The same, flat 32-bit stack. */
export const RET32: u32 = 230;
/** Jumps to src. */
export const JMP_TO64: u32 = 231;
/** Jumps to src, 32 bits. */
export const JMP_TO32: u32 = 232;
/** Jumps by displacement, relative to the block. */
export const JMP: u32 = 233;
/** Jumps where the condition set in `imm` holds. */
export const JCC: u32 = 234;
/** Jumps if ZF. */
export const JE: u32 = 235;
/** Jumps if CF. */
export const JB: u32 = 236;
/** CMP, then jumps if below. */
export const CMP_JB: u32 = 237;
/** CMP, then jumps if equal. */
export const CMP_JE: u32 = 241;
/** CMP, then jumps if below or equal. */
export const CMP_JBE: u32 = 245;
/** CMP, then jumps if the difference is negative. */
export const CMP_JS: u32 = 249;
/** CMP, then jumps if less. */
export const CMP_JL: u32 = 253;
/** CMP, then jumps if less or equal. */
export const CMP_JLE: u32 = 257;
/** TEST, then jumps if zero. */
export const TEST_JE: u32 = 261;
/** TEST, then jumps if negative. */
export const TEST_JS: u32 = 265;
/** TEST, then jumps if negative or zero. */
export const TEST_JLE: u32 = 269;
/** DEC, then jumps if zero. */
export const DEC_JE: u32 = 273;
/** First operation that is executed outside the inner loop */
export const COLD: u32 = 277;
/** dst = memory at segment:dst offset in base. */
export const LOADX: u32 = 277;
/** memory = src. */
export const STOREX: u32 = 278;
/** LOADX of what a STOREX will replace. */
export const MODIFYX: u32 = 279;
/** dst = (base + index + displacement) cut to 16 bits. */
export const LEA16: u32 = 280;
/** Moves the offset in dst by the bit offset in src. */
export const BIT_ADDRESS: u32 = 281;
/** Reads a byte and forgets it. */
export const TOUCH: u32 = 282;
/** Pushes src, any stack. */
export const PUSHX: u32 = 283;
/** Pops into dst, any stack. */
export const POPX: u32 = 284;
/** Pops into memory. */
export const POP_MEMORY: u32 = 285;
/** ENTER. */
export const ENTER: u32 = 286;
/** LEAVE, any stack. */
export const LEAVEX: u32 = 287;
/** Near call by displacement, any mode. */
export const CALLX: u32 = 288;
/** Near call to src, any mode. */
export const CALL_TOX: u32 = 289;
/** Near return, any mode. */
export const RETX: u32 = 290;
/** Jump by displacement with truncation of IP. */
export const JMPX: u32 = 291;
/** Jump to src with truncation of IP. */
export const JMP_TOX: u32 = 292;
/** Conditional jump with truncation of IP. */
export const JCCX: u32 = 293;
/** LOOP. */
export const LOOP: u32 = 294;
/** LOOPE. */
export const LOOPE: u32 = 295;
/** LOOPNE. */
export const LOOPNE: u32 = 296;
/** JCXZ, JECXZ, JRCXZ. */
export const JCXZ: u32 = 297;
/** MUL. */
export const MUL: u32 = 298;
/** IMUL with one operand. */
export const IMUL1: u32 = 299;
/** DIV. */
export const DIV: u32 = 300;
/** IDIV. */
export const IDIV: u32 = 301;
/** RCL. */
export const RCL: u32 = 302;
/** RCR. */
export const RCR: u32 = 303;
/** SHLD. */
export const SHLD: u32 = 304;
/** SHRD. */
export const SHRD: u32 = 305;
/** BT. */
export const BT: u32 = 306;
/** BTS. */
export const BTS: u32 = 307;
/** BTR. */
export const BTR: u32 = 308;
/** BTC. */
export const BTC: u32 = 309;
/** BSF. */
export const BSF: u32 = 310;
/** BSR. */
export const BSR: u32 = 311;
/** LZCNT. */
export const LZCNT: u32 = 312;
/** TZCNT. */
export const TZCNT: u32 = 313;
/** POPCNT. */
export const POPCNT: u32 = 314;
/** BSWAP. */
export const BSWAP: u32 = 315;
/** MOVBE. */
export const MOVBE: u32 = 316;
/** CMPXCHG. */
export const CMPXCHG: u32 = 317;
/** XADD. */
export const XADD: u32 = 318;
/** CMPXCHG8B and CMPXCHG16B. */
export const CMPXCHG8B: u32 = 319;
/** XLAT. */
export const XLAT: u32 = 320;
/** CMC. */
export const CMC: u32 = 321;
/** CLC. */
export const CLC: u32 = 322;
/** STC. */
export const STC: u32 = 323;
/** CLD. */
export const CLD: u32 = 324;
/** STD. */
export const STD: u32 = 325;
/** SAHF. */
export const SAHF: u32 = 326;
/** LAHF. */
export const LAHF: u32 = 327;
/** DAA. */
export const DAA: u32 = 328;
/** DAS. */
export const DAS: u32 = 329;
/** AAA. */
export const AAA: u32 = 330;
/** AAS. */
export const AAS: u32 = 331;
/** AAM. */
export const AAM: u32 = 332;
/** AAD. */
export const AAD: u32 = 333;
/** SALC. */
export const SALC: u32 = 334;
/** ANDN. */
export const ANDN: u32 = 335;
/** BEXTR. */
export const BEXTR: u32 = 336;
/** BLSI. */
export const BLSI: u32 = 337;
/** BLSMSK. */
export const BLSMSK: u32 = 338;
/** BLSR. */
export const BLSR: u32 = 339;
/** BZHI. */
export const BZHI: u32 = 340;
/** PDEP. */
export const PDEP: u32 = 341;
/** PEXT. */
export const PEXT: u32 = 342;
/** SARX. */
export const SARX: u32 = 343;
/** SHLX. */
export const SHLX: u32 = 344;
/** SHRX. */
export const SHRX: u32 = 345;
/** RORX. */
export const RORX: u32 = 346;
/** MULX. */
export const MULX: u32 = 347;
/** ADCX. */
export const ADCX: u32 = 348;
/** ADOX. */
export const ADOX: u32 = 349;
/** CBW, CWDE, CDQE (emits MOVSX). */
export const CBW: u32 = 350;
/** CWD, CDQ, CQO (emits SIGN). */
export const CWD: u32 = 351;
/** MOVS. */
export const MOVS: u32 = 352;
/** CMPS. */
export const CMPS: u32 = 353;
/** STOS. */
export const STOS: u32 = 354;
/** LODS. */
export const LODS: u32 = 355;
/** SCAS. */
export const SCAS: u32 = 356;
/** INS. */
export const INS: u32 = 357;
/** OUTS. */
export const OUTS: u32 = 358;
/** BOUND. */
export const BOUND: u32 = 359;
/** First operation that needs S_RIP, S_NEXT and exact RFLAGS, and ends its block. */
export const SYSTEM: u32 = 360;
/** PUSHA. */
export const PUSHA: u32 = 360;
/** POPA. */
export const POPA: u32 = 361;
/** PUSHF. */
export const PUSHF: u32 = 362;
/** POPF. */
export const POPF: u32 = 363;
/** Far call. */
export const CALLF: u32 = 364;
/** Far jump. */
export const JMPF: u32 = 365;
/** Far return. */
export const RETF: u32 = 366;
/** IRET. */
export const IRET: u32 = 367;
/** INT3. */
export const INT3: u32 = 368;
/** INT n. */
export const INT: u32 = 369;
/** INTO. */
export const INTO: u32 = 370;
/** INT1. */
export const INT1: u32 = 371;
/** IN. */
export const IN: u32 = 372;
/** OUT. */
export const OUT: u32 = 373;
/** MOV from a segment register. */
export const MOV_FROM_SEGMENT: u32 = 374;
/** MOV to a segment register. */
export const MOV_TO_SEGMENT: u32 = 375;
/** POP of a segment register. */
export const POP_SEGMENT: u32 = 376;
/** LES, LDS, LSS, LFS, LGS. */
export const LOAD_FAR: u32 = 377;
/** CLI. */
export const CLI: u32 = 378;
/** STI. */
export const STI: u32 = 379;
/** HLT. */
export const HLT: u32 = 380;
/** ARPL. */
export const ARPL: u32 = 381;
/** SLDT. */
export const SLDT: u32 = 382;
/** STR. */
export const STR: u32 = 383;
/** LLDT. */
export const LLDT: u32 = 384;
/** LTR. */
export const LTR: u32 = 385;
/** VERR. */
export const VERR: u32 = 386;
/** VERW. */
export const VERW: u32 = 387;
/** LAR. */
export const LAR: u32 = 388;
/** LSL. */
export const LSL: u32 = 389;
/** VMCALL. */
export const VMCALL: u32 = 390;
/** VMCLEAR. */
export const VMCLEAR: u32 = 391;
/** VMLAUNCH. */
export const VMLAUNCH: u32 = 392;
/** VMPTRLD. */
export const VMPTRLD: u32 = 393;
/** VMPTRST. */
export const VMPTRST: u32 = 394;
/** VMREAD. */
export const VMREAD: u32 = 395;
/** VMRESUME. */
export const VMRESUME: u32 = 396;
/** VMWRITE. */
export const VMWRITE: u32 = 397;
/** VMXOFF. */
export const VMXOFF: u32 = 398;
/** VMXON. */
export const VMXON: u32 = 399;
/** INVEPT. */
export const INVEPT: u32 = 400;
/** INVVPID. */
export const INVVPID: u32 = 401;
/** CLAC. */
export const CLAC: u32 = 402;
/** STAC. */
export const STAC: u32 = 403;
/** XGETBV. */
export const XGETBV: u32 = 404;
/** XSETBV. */
export const XSETBV: u32 = 405;
/** VMRUN. */
export const VMRUN: u32 = 406;
/** VMMCALL. */
export const VMMCALL: u32 = 407;
/** VMLOAD. */
export const VMLOAD: u32 = 408;
/** VMSAVE. */
export const VMSAVE: u32 = 409;
/** STGI. */
export const STGI: u32 = 410;
/** CLGI. */
export const CLGI: u32 = 411;
/** SKINIT. */
export const SKINIT: u32 = 412;
/** INVLPGA. */
export const INVLPGA: u32 = 413;
/** SWAPGS. */
export const SWAPGS: u32 = 414;
/** RDTSCP. */
export const RDTSCP: u32 = 415;
/** SGDT. */
export const SGDT: u32 = 416;
/** SIDT. */
export const SIDT: u32 = 417;
/** LGDT. */
export const LGDT: u32 = 418;
/** LIDT. */
export const LIDT: u32 = 419;
/** SMSW. */
export const SMSW: u32 = 420;
/** LMSW. */
export const LMSW: u32 = 421;
/** INVLPG. */
export const INVLPG: u32 = 422;
/** SYSCALL. */
export const SYSCALL: u32 = 423;
/** CLTS. */
export const CLTS: u32 = 424;
/** SYSRET. */
export const SYSRET: u32 = 425;
/** INVD. */
export const INVD: u32 = 426;
/** WBINVD. */
export const WBINVD: u32 = 427;
/** MOV from a control register. */
export const FROMCR: u32 = 428;
/** MOV from a debug register. */
export const FROMDR: u32 = 429;
/** MOV to a control register. */
export const TOCR: u32 = 430;
/** MOV to a debug register. */
export const TODR: u32 = 431;
/** WRMSR. */
export const WRMSR: u32 = 432;
/** RDTSC. */
export const RDTSC: u32 = 433;
/** RDMSR. */
export const RDMSR: u32 = 434;
/** RDPMC. */
export const RDPMC: u32 = 435;
/** SYSENTER. */
export const SYSENTER: u32 = 436;
/** SYSEXIT. */
export const SYSEXIT: u32 = 437;
/** CPUID. */
export const CPUID: u32 = 438;
/** RDFSBASE. */
export const RDFSBASE: u32 = 439;
/** RDGSBASE. */
export const RDGSBASE: u32 = 440;
/** WRFSBASE. */
export const WRFSBASE: u32 = 441;
/** WRGSBASE. */
export const WRGSBASE: u32 = 442;
/** #UD. */
export const UNDEFINED: u32 = 443;
/** The instruction cannot be fetched: the fault is found anew and raised. */
export const FETCH_FAULT: u32 = 444;
/** EXIT_UNIMPLEMENTED. */
export const UNIMPLEMENTED: u32 = 445;
/** End of a block that was cut short: back to the run loop. */
export const STOP: u32 = 446;
/** Number of operations. */
export const OP_COUNT: u32 = 447;
