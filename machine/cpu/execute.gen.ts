// Made by tools/operations.ts from operations.txt. Do not edit.
// The inner loop: executes records until something needs more than this function has. It calls nothing: whatever would need a
// call (a translation cache's miss, a rare instruction, an unknown block) makes it save its few variables and return. Its cases
// are literal numbers without gaps, because only then the compiler makes one jump table of them.

import * as arithmetic from "./instructions/arithmetic.ts";
import * as arithmetic128 from "./instructions/vector/arithmetic.ts";
import * as flags from "./flags.ts";
import * as fused from "./instructions/fused.ts";
import * as memory from "./instructions/memory.ts";
import * as moves from "./instructions/moves.ts";
import * as multiply from "./instructions/multiply.ts";
import * as quick from "./instructions/vector/quick.ts";
import * as shifts from "./instructions/shifts.ts";
import * as shuffles from "./instructions/vector/shuffles.ts";
import * as vector from "./instructions/vector/operands.ts";
import {
  J_BLOCK,
  J_LINEAR,
  J_MODE,
  S_BLOCK_RIP,
  S_CODE_BASE,
  S_LEFT,
  S_LINK,
  S_RECORD,
  S_RESULT,
  S_RIP_MASK,
  S_SINK,
} from "./interpreter-state.ts";
import { jumpEntry } from "./jumps.ts";
import { S_MODE } from "./memory/layout.ts";
import {
  B_COUNT,
  B_RECORDS,
  R_DISPLACEMENT,
  R_DST,
  R_FALLEN,
  R_FALLEN_DISPLACEMENT,
  R_IMM,
  R_NEXT,
  R_SRC,
  R_TAKEN,
  RECORD_SIZE,
} from "./records.ts";

/** After a record: the jump falls through. */
const FALLEN: u32 = 0;
/** After a record: the jump is taken. */
const TAKEN: u32 = 1;
/** After a record: RIP was set. */
const INDIRECT: u32 = 2;
/** After a record: nothing of it was done; leave the inner loop. */
const LEAVE: u32 = 3;

/**
 * Executes from S_RECORD on. Returns with S_RECORD at a record that must be executed outside, or 0 where the block at
 * S_BLOCK_RIP must be found or does not fit into S_LEFT; S_LINK is then where its address may be stored.
 */
export function execute(s: u32): void {
  let record = load<u32>(s, S_RECORD);
  let left = load<i32>(s, S_LEFT);
  let rip = load<u64>(s, S_BLOCK_RIP);
  for (;;) {
    let then = FALLEN;
    switch (<u32>load<u16>(record)) {
      case 0: // ADD
        arithmetic.add<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 1: // ADD + 1
        arithmetic.add<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 2: // ADD + 2
        arithmetic.add<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 3: // ADD + 3
        arithmetic.add<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 4: // OR
        arithmetic.or<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 5: // OR + 1
        arithmetic.or<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 6: // OR + 2
        arithmetic.or<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 7: // OR + 3
        arithmetic.or<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 8: // ADC
        arithmetic.adc<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 9: // ADC + 1
        arithmetic.adc<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 10: // ADC + 2
        arithmetic.adc<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 11: // ADC + 3
        arithmetic.adc<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 12: // SBB
        arithmetic.sbb<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 13: // SBB + 1
        arithmetic.sbb<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 14: // SBB + 2
        arithmetic.sbb<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 15: // SBB + 3
        arithmetic.sbb<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 16: // AND
        arithmetic.and<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 17: // AND + 1
        arithmetic.and<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 18: // AND + 2
        arithmetic.and<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 19: // AND + 3
        arithmetic.and<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 20: // SUB
        arithmetic.sub<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 21: // SUB + 1
        arithmetic.sub<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 22: // SUB + 2
        arithmetic.sub<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 23: // SUB + 3
        arithmetic.sub<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 24: // XOR
        arithmetic.xor<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 25: // XOR + 1
        arithmetic.xor<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 26: // XOR + 2
        arithmetic.xor<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 27: // XOR + 3
        arithmetic.xor<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 28: // CMP
        arithmetic.cmp<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 29: // CMP + 1
        arithmetic.cmp<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 30: // CMP + 2
        arithmetic.cmp<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 31: // CMP + 3
        arithmetic.cmp<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 32: // INC
        arithmetic.inc<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 33: // INC + 1
        arithmetic.inc<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 34: // INC + 2
        arithmetic.inc<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 35: // INC + 3
        arithmetic.inc<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 36: // DEC
        arithmetic.dec<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 37: // DEC + 1
        arithmetic.dec<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 38: // DEC + 2
        arithmetic.dec<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 39: // DEC + 3
        arithmetic.dec<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 40: // NEG
        arithmetic.neg<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 41: // NEG + 1
        arithmetic.neg<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 42: // NEG + 2
        arithmetic.neg<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 43: // NEG + 3
        arithmetic.neg<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 44: // SHL
        shifts.shl<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 45: // SHL + 1
        shifts.shl<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 46: // SHL + 2
        shifts.shl<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 47: // SHL + 3
        shifts.shl<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 48: // SHR
        shifts.shr<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 49: // SHR + 1
        shifts.shr<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 50: // SHR + 2
        shifts.shr<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 51: // SHR + 3
        shifts.shr<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 52: // SAR
        shifts.sar<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 53: // SAR + 1
        shifts.sar<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 54: // SAR + 2
        shifts.sar<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 55: // SAR + 3
        shifts.sar<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 56: // ROL
        shifts.rol<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 57: // ROL + 1
        shifts.rol<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 58: // ROL + 2
        shifts.rol<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 59: // ROL + 3
        shifts.rol<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 60: // ROR
        shifts.ror<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 61: // ROR + 1
        shifts.ror<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 62: // ROR + 2
        shifts.ror<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 63: // ROR + 3
        shifts.ror<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 64: // IMUL
        then = LEAVE;
        break;
      case 65: // IMUL + 1
        multiply.imul<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 66: // IMUL + 2
        multiply.imul<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 67: // IMUL + 3
        multiply.imul<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 68: // ADD~
        arithmetic.addQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 69: // ADD~ + 1
        arithmetic.addQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 70: // ADD~ + 2
        arithmetic.addQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 71: // ADD~ + 3
        arithmetic.addQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 72: // OR~
        arithmetic.orQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 73: // OR~ + 1
        arithmetic.orQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 74: // OR~ + 2
        arithmetic.orQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 75: // OR~ + 3
        arithmetic.orQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 76: // ADC~
        arithmetic.adcQuiet<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 77: // ADC~ + 1
        arithmetic.adcQuiet<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 78: // ADC~ + 2
        arithmetic.adcQuiet<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 79: // ADC~ + 3
        arithmetic.adcQuiet<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 80: // SBB~
        arithmetic.sbbQuiet<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 81: // SBB~ + 1
        arithmetic.sbbQuiet<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 82: // SBB~ + 2
        arithmetic.sbbQuiet<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 83: // SBB~ + 3
        arithmetic.sbbQuiet<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 84: // AND~
        arithmetic.andQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 85: // AND~ + 1
        arithmetic.andQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 86: // AND~ + 2
        arithmetic.andQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 87: // AND~ + 3
        arithmetic.andQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 88: // SUB~
        arithmetic.subQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 89: // SUB~ + 1
        arithmetic.subQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 90: // SUB~ + 2
        arithmetic.subQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 91: // SUB~ + 3
        arithmetic.subQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 92: // XOR~
        arithmetic.xorQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 93: // XOR~ + 1
        arithmetic.xorQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 94: // XOR~ + 2
        arithmetic.xorQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 95: // XOR~ + 3
        arithmetic.xorQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 96: // CMP~
        record += RECORD_SIZE;
        continue;
      case 97: // CMP~ + 1
        record += RECORD_SIZE;
        continue;
      case 98: // CMP~ + 2
        record += RECORD_SIZE;
        continue;
      case 99: // CMP~ + 3
        record += RECORD_SIZE;
        continue;
      case 100: // INC~
        arithmetic.incQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 101: // INC~ + 1
        arithmetic.incQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 102: // INC~ + 2
        arithmetic.incQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 103: // INC~ + 3
        arithmetic.incQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 104: // DEC~
        arithmetic.decQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 105: // DEC~ + 1
        arithmetic.decQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 106: // DEC~ + 2
        arithmetic.decQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 107: // DEC~ + 3
        arithmetic.decQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 108: // NEG~
        arithmetic.negQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 109: // NEG~ + 1
        arithmetic.negQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 110: // NEG~ + 2
        arithmetic.negQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 111: // NEG~ + 3
        arithmetic.negQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 112: // SHL~
        shifts.shlQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 113: // SHL~ + 1
        shifts.shlQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 114: // SHL~ + 2
        shifts.shlQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 115: // SHL~ + 3
        shifts.shlQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 116: // SHR~
        shifts.shrQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 117: // SHR~ + 1
        shifts.shrQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 118: // SHR~ + 2
        shifts.shrQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 119: // SHR~ + 3
        shifts.shrQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 120: // SAR~
        shifts.sarQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 121: // SAR~ + 1
        shifts.sarQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 122: // SAR~ + 2
        shifts.sarQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 123: // SAR~ + 3
        shifts.sarQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 124: // ROL~
        shifts.rolQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 125: // ROL~ + 1
        shifts.rolQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 126: // ROL~ + 2
        shifts.rolQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 127: // ROL~ + 3
        shifts.rolQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 128: // ROR~
        shifts.rorQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 129: // ROR~ + 1
        shifts.rorQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 130: // ROR~ + 2
        shifts.rorQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 131: // ROR~ + 3
        shifts.rorQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 132: // IMUL~
        then = LEAVE;
        break;
      case 133: // IMUL~ + 1
        multiply.imulQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 134: // IMUL~ + 2
        multiply.imulQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 135: // IMUL~ + 3
        multiply.imulQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 136: // NOT
        arithmetic.not<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 137: // NOT + 1
        arithmetic.not<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 138: // NOT + 2
        arithmetic.not<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 139: // NOT + 3
        arithmetic.not<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 140: // TEST
        arithmetic.test<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 141: // TEST + 1
        arithmetic.test<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 142: // TEST + 2
        arithmetic.test<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 143: // TEST + 3
        arithmetic.test<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 144: // MOV
        moves.mov<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 145: // MOV + 1
        moves.mov<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 146: // MOV + 2
        moves.mov<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 147: // MOV + 3
        moves.mov<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 148: // MOVZX_8_16
        moves.extend<u8, u16>(record);
        record += RECORD_SIZE;
        continue;
      case 149: // MOVZX_8_64
        moves.extend<u8, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 150: // MOVZX_16_64
        moves.extend<u16, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 151: // MOVSX_8_16
        moves.extend<i8, u16>(record);
        record += RECORD_SIZE;
        continue;
      case 152: // MOVSX_8_32
        moves.extend<i8, u32>(record);
        record += RECORD_SIZE;
        continue;
      case 153: // MOVSX_8_64
        moves.extend<i8, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 154: // MOVSX_16_32
        moves.extend<i16, u32>(record);
        record += RECORD_SIZE;
        continue;
      case 155: // MOVSX_16_64
        moves.extend<i16, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 156: // MOVSX_32_64
        moves.extend<i32, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 157: // SIGN
        then = LEAVE;
        break;
      case 158: // SIGN + 1
        moves.sign<u16, i16>(record);
        record += RECORD_SIZE;
        continue;
      case 159: // SIGN + 2
        moves.sign<u32, i32>(record);
        record += RECORD_SIZE;
        continue;
      case 160: // SIGN + 3
        moves.sign<u64, i64>(record);
        record += RECORD_SIZE;
        continue;
      case 161: // CMOV
        then = LEAVE;
        break;
      case 162: // CMOV + 1
        moves.cmov<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 163: // CMOV + 2
        moves.cmov<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 164: // CMOV + 3
        moves.cmov<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 165: // SETCC
        moves.setcc(s, record);
        record += RECORD_SIZE;
        continue;
      case 166: // LEA64
        store<u64>(load<u32>(record, R_DST), memory.indexed(record));
        record += RECORD_SIZE;
        continue;
      case 167: // LEA32
        store<u64>(load<u32>(record, R_DST), memory.flat(record));
        record += RECORD_SIZE;
        continue;
      case 168: // LEA_SEGMENT
        store<u64>(load<u32>(record, R_DST), memory.indexed(record) + load<u64>(load<u32>(record, R_SRC)));
        record += RECORD_SIZE;
        continue;
      case 169: // VMOV
        vector.put(record, vector.second(record));
        record += RECORD_SIZE;
        continue;
      case 170: // VMOVQ
        vector.put(record, vector.quad(record));
        record += RECORD_SIZE;
        continue;
      case 171: // VMOVD
        vector.put(record, vector.double(record));
        record += RECORD_SIZE;
        continue;
      case 172: // VMERGE32
        store<u32>(load<u32>(record, R_DST), load<u32>(load<u32>(record, R_SRC)));
        record += RECORD_SIZE;
        continue;
      case 173: // VCLEAR_HIGH
        store<u64>(load<u32>(record, R_DST), 0, 8);
        record += RECORD_SIZE;
        continue;
      case 174: // PAND
        vector.put(record, v128.and(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 175: // PANDN
        vector.put(record, v128.andnot(vector.second(record), vector.first(record)));
        record += RECORD_SIZE;
        continue;
      case 176: // POR
        vector.put(record, v128.or(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 177: // PXOR
        vector.put(record, v128.xor(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 178: // PADDB
        vector.put(record, i8x16.add(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 179: // PSUBB
        vector.put(record, i8x16.sub(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 180: // PADDW
        vector.put(record, i16x8.add(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 181: // PSUBW
        vector.put(record, i16x8.sub(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 182: // PADDD
        vector.put(record, i32x4.add(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 183: // PSUBD
        vector.put(record, i32x4.sub(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 184: // PADDQ
        vector.put(record, i64x2.add(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 185: // PSUBQ
        vector.put(record, i64x2.sub(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 186: // PCMPEQB
        vector.put(record, i8x16.eq(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 187: // PCMPGTB
        vector.put(record, i8x16.gt_s(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 188: // PCMPEQW
        vector.put(record, i16x8.eq(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 189: // PCMPGTW
        vector.put(record, i16x8.gt_s(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 190: // PCMPEQD
        vector.put(record, i32x4.eq(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 191: // PCMPGTD
        vector.put(record, i32x4.gt_s(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 192: // PMINUB
        vector.put(record, i8x16.min_u(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 193: // PMAXUB
        vector.put(record, i8x16.max_u(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 194: // PMINSW
        vector.put(record, i16x8.min_s(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 195: // PMAXSW
        vector.put(record, i16x8.max_s(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 196: // PMULLW
        vector.put(record, i16x8.mul(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 197: // PMADDWD
        vector.put(record, i32x4.dot_i16x8_s(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 198: // PMULUDQ
        vector.put(record, arithmetic128.multiplyEven(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 199: // PACKSSWB
        vector.put(record, i8x16.narrow_i16x8_s(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 200: // PACKUSWB
        vector.put(record, i8x16.narrow_i16x8_u(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 201: // PACKSSDW
        vector.put(record, i16x8.narrow_i32x4_s(vector.first(record), vector.second(record)));
        record += RECORD_SIZE;
        continue;
      case 202: // PUNPCKLBW
        vector.put(record, v128.shuffle<u8>(vector.first(record), vector.second(record), 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23));
        record += RECORD_SIZE;
        continue;
      case 203: // PUNPCKHBW
        vector.put(record, v128.shuffle<u8>(vector.first(record), vector.second(record), 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31));
        record += RECORD_SIZE;
        continue;
      case 204: // PUNPCKLWD
        vector.put(record, v128.shuffle<u16>(vector.first(record), vector.second(record), 0, 8, 1, 9, 2, 10, 3, 11));
        record += RECORD_SIZE;
        continue;
      case 205: // PUNPCKHWD
        vector.put(record, v128.shuffle<u16>(vector.first(record), vector.second(record), 4, 12, 5, 13, 6, 14, 7, 15));
        record += RECORD_SIZE;
        continue;
      case 206: // PUNPCKLDQ
        vector.put(record, v128.shuffle<u32>(vector.first(record), vector.second(record), 0, 4, 1, 5));
        record += RECORD_SIZE;
        continue;
      case 207: // PUNPCKHDQ
        vector.put(record, v128.shuffle<u32>(vector.first(record), vector.second(record), 2, 6, 3, 7));
        record += RECORD_SIZE;
        continue;
      case 208: // PUNPCKLQDQ
        vector.put(record, v128.shuffle<u64>(vector.first(record), vector.second(record), 0, 2));
        record += RECORD_SIZE;
        continue;
      case 209: // PUNPCKHQDQ
        vector.put(record, v128.shuffle<u64>(vector.first(record), vector.second(record), 1, 3));
        record += RECORD_SIZE;
        continue;
      case 210: // PMOVMSKB
        store<u64>(load<u32>(record, R_DST), <u64>(<u32>i8x16.bitmask(vector.second(record))));
        record += RECORD_SIZE;
        continue;
      case 211: // PSHUFD
        shuffles.pshufd(record);
        record += RECORD_SIZE;
        continue;
      case 212: // SHUFPS
        shuffles.shufps(record);
        record += RECORD_SIZE;
        continue;
      case 213: // PSLLW
        vector.put(record, vector.count(record) < 16 ? i16x8.shl(vector.first(record), <i32>vector.count(record)) : vector.zero());
        record += RECORD_SIZE;
        continue;
      case 214: // PSLLD
        vector.put(record, vector.count(record) < 32 ? i32x4.shl(vector.first(record), <i32>vector.count(record)) : vector.zero());
        record += RECORD_SIZE;
        continue;
      case 215: // PSLLQ
        vector.put(record, vector.count(record) < 64 ? i64x2.shl(vector.first(record), <i32>vector.count(record)) : vector.zero());
        record += RECORD_SIZE;
        continue;
      case 216: // PSRLW
        vector.put(record, vector.count(record) < 16 ? i16x8.shr_u(vector.first(record), <i32>vector.count(record)) : vector.zero());
        record += RECORD_SIZE;
        continue;
      case 217: // PSRLD
        vector.put(record, vector.count(record) < 32 ? i32x4.shr_u(vector.first(record), <i32>vector.count(record)) : vector.zero());
        record += RECORD_SIZE;
        continue;
      case 218: // PSRLQ
        vector.put(record, vector.count(record) < 64 ? i64x2.shr_u(vector.first(record), <i32>vector.count(record)) : vector.zero());
        record += RECORD_SIZE;
        continue;
      case 219: // PSRAW
        vector.put(record, i16x8.shr_s(vector.first(record), <i32>min<u64>(vector.count(record), 15)));
        record += RECORD_SIZE;
        continue;
      case 220: // PSRAD
        vector.put(record, i32x4.shr_s(vector.first(record), <i32>min<u64>(vector.count(record), 31)));
        record += RECORD_SIZE;
        continue;
      case 221: // ADDSS
        if (quick.add<u32, f32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 222: // ADDSD
        if (quick.add<u64, f64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 223: // SUBSS
        if (quick.sub<u32, f32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 224: // SUBSD
        if (quick.sub<u64, f64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 225: // MULSS
        if (quick.mul<u32, f32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 226: // MULSD
        if (quick.mul<u64, f64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 227: // DIVSS
        if (quick.div<u32, f32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 228: // DIVSD
        if (quick.div<u64, f64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 229: // NOP
        record += RECORD_SIZE;
        continue;
      case 230: // LOAD
        if (memory.loadTo<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 231: // LOAD + 1
        if (memory.loadTo<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 232: // LOAD + 2
        if (memory.loadTo<u32>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 233: // LOAD + 3
        if (memory.loadTo<u64>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 234: // LOAD_INDEXED
        if (memory.loadTo<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 235: // LOAD_INDEXED + 1
        if (memory.loadTo<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 236: // LOAD_INDEXED + 2
        if (memory.loadTo<u32>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 237: // LOAD_INDEXED + 3
        if (memory.loadTo<u64>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 238: // LOAD_FLAT
        if (memory.loadTo<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 239: // LOAD_FLAT + 1
        if (memory.loadTo<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 240: // LOAD_FLAT + 2
        if (memory.loadTo<u32>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 241: // LOAD_FLAT + 3
        if (memory.loadTo<u64>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 242: // LOADZX
        if (memory.loadExtendedTo<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 243: // LOADZX + 1
        if (memory.loadExtendedTo<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 244: // LOADZX_INDEXED
        if (memory.loadExtendedTo<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 245: // LOADZX_INDEXED + 1
        if (memory.loadExtendedTo<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 246: // LOADZX_FLAT
        if (memory.loadExtendedTo<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 247: // LOADZX_FLAT + 1
        if (memory.loadExtendedTo<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 248: // STORE
        if (memory.storeFrom<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 249: // STORE + 1
        if (memory.storeFrom<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 250: // STORE + 2
        if (memory.storeFrom<u32>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 251: // STORE + 3
        if (memory.storeFrom<u64>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 252: // STORE_INDEXED
        if (memory.storeFrom<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 253: // STORE_INDEXED + 1
        if (memory.storeFrom<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 254: // STORE_INDEXED + 2
        if (memory.storeFrom<u32>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 255: // STORE_INDEXED + 3
        if (memory.storeFrom<u64>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 256: // STORE_FLAT
        if (memory.storeFrom<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 257: // STORE_FLAT + 1
        if (memory.storeFrom<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 258: // STORE_FLAT + 2
        if (memory.storeFrom<u32>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 259: // STORE_FLAT + 3
        if (memory.storeFrom<u64>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 260: // MODIFY
        if (memory.modifyTo<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 261: // MODIFY + 1
        if (memory.modifyTo<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 262: // MODIFY + 2
        if (memory.modifyTo<u32>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 263: // MODIFY + 3
        if (memory.modifyTo<u64>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 264: // MODIFY_INDEXED
        if (memory.modifyTo<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 265: // MODIFY_INDEXED + 1
        if (memory.modifyTo<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 266: // MODIFY_INDEXED + 2
        if (memory.modifyTo<u32>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 267: // MODIFY_INDEXED + 3
        if (memory.modifyTo<u64>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 268: // MODIFY_FLAT
        if (memory.modifyTo<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 269: // MODIFY_FLAT + 1
        if (memory.modifyTo<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 270: // MODIFY_FLAT + 2
        if (memory.modifyTo<u32>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 271: // MODIFY_FLAT + 3
        if (memory.modifyTo<u64>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 272: // LOADV
        if (memory.loadVector(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 273: // LOADV_INDEXED
        if (memory.loadVector(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 274: // LOADV_FLAT
        if (memory.loadVector(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 275: // STOREV
        if (memory.storeVector(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 276: // STOREV_INDEXED
        if (memory.storeVector(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 277: // STOREV_FLAT
        if (memory.storeVector(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 278: // PUSH64
        if (memory.push<u64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 279: // PUSH32
        if (memory.push<u32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 280: // POP64
        if (memory.pop<u64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 281: // POP32
        if (memory.pop<u32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 282: // LEAVE64
        if (memory.leave<u64>(s)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 283: // LEAVE32
        if (memory.leave<u32>(s)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 284: // CALL64
        then = memory.pushValue<u64>(s, <u64>(rip + load<u16>(record, R_NEXT))) ? TAKEN : LEAVE;
        break;
      case 285: // CALL32
        then = memory.pushValue<u32>(s, <u32>(rip + load<u16>(record, R_NEXT))) ? TAKEN : LEAVE;
        break;
      case 286: // CALL_TO64
        {
        const target = <u64>load<u64>(load<u32>(record, R_SRC));
        then = LEAVE;
        if (memory.pushValue<u64>(s, <u64>(rip + load<u16>(record, R_NEXT)))) {
          rip = target;
          then = INDIRECT;
        }
        break;
      }
      case 287: // CALL_TO32
        {
        const target = <u64>load<u32>(load<u32>(record, R_SRC));
        then = LEAVE;
        if (memory.pushValue<u32>(s, <u32>(rip + load<u16>(record, R_NEXT)))) {
          rip = target;
          then = INDIRECT;
        }
        break;
      }
      case 288: // RET64
        {
        const from = memory.returnSlot<u64>(s);
        then = LEAVE;
        if (from !== 0) {
          rip = <u64>load<u64>(from);
          memory.dropReturn<u64>(s, record);
          then = INDIRECT;
        }
        break;
      }
      case 289: // RET32
        {
        const from = memory.returnSlot<u32>(s);
        then = LEAVE;
        if (from !== 0) {
          rip = <u64>load<u32>(from);
          memory.dropReturn<u32>(s, record);
          then = INDIRECT;
        }
        break;
      }
      case 290: // JMP_TO64
        rip = <u64>load<u64>(load<u32>(record, R_SRC));
        then = INDIRECT;
        break;
      case 291: // JMP_TO32
        rip = <u64>load<u32>(load<u32>(record, R_SRC));
        then = INDIRECT;
        break;
      case 292: // JMP
        then = TAKEN;
        break;
      case 293: // JCC
        then = u32(flags.holds(s, load<u32>(record, R_IMM)));
        break;
      case 294: // JE
        then = u32(load<i64>(s, S_RESULT) === 0);
        break;
      case 295: // JB
        then = u32(flags.carry(s));
        break;
      case 296: // CMP_JB
        then = u32(fused.cmpBelow<u8>(s, record));
        break;
      case 297: // CMP_JB + 1
        then = u32(fused.cmpBelow<u16>(s, record));
        break;
      case 298: // CMP_JB + 2
        then = u32(fused.cmpBelow<u32>(s, record));
        break;
      case 299: // CMP_JB + 3
        then = u32(fused.cmpBelow<u64>(s, record));
        break;
      case 300: // CMP_JE
        then = u32(fused.cmpEqual<u8>(s, record));
        break;
      case 301: // CMP_JE + 1
        then = u32(fused.cmpEqual<u16>(s, record));
        break;
      case 302: // CMP_JE + 2
        then = u32(fused.cmpEqual<u32>(s, record));
        break;
      case 303: // CMP_JE + 3
        then = u32(fused.cmpEqual<u64>(s, record));
        break;
      case 304: // CMP_JBE
        then = u32(fused.cmpBelowOrEqual<u8>(s, record));
        break;
      case 305: // CMP_JBE + 1
        then = u32(fused.cmpBelowOrEqual<u16>(s, record));
        break;
      case 306: // CMP_JBE + 2
        then = u32(fused.cmpBelowOrEqual<u32>(s, record));
        break;
      case 307: // CMP_JBE + 3
        then = u32(fused.cmpBelowOrEqual<u64>(s, record));
        break;
      case 308: // CMP_JS
        then = u32(fused.cmpNegative<u8>(s, record));
        break;
      case 309: // CMP_JS + 1
        then = u32(fused.cmpNegative<u16>(s, record));
        break;
      case 310: // CMP_JS + 2
        then = u32(fused.cmpNegative<u32>(s, record));
        break;
      case 311: // CMP_JS + 3
        then = u32(fused.cmpNegative<u64>(s, record));
        break;
      case 312: // CMP_JL
        then = u32(fused.cmpLess<u8, i8>(s, record));
        break;
      case 313: // CMP_JL + 1
        then = u32(fused.cmpLess<u16, i16>(s, record));
        break;
      case 314: // CMP_JL + 2
        then = u32(fused.cmpLess<u32, i32>(s, record));
        break;
      case 315: // CMP_JL + 3
        then = u32(fused.cmpLess<u64, i64>(s, record));
        break;
      case 316: // CMP_JLE
        then = u32(fused.cmpLessOrEqual<u8, i8>(s, record));
        break;
      case 317: // CMP_JLE + 1
        then = u32(fused.cmpLessOrEqual<u16, i16>(s, record));
        break;
      case 318: // CMP_JLE + 2
        then = u32(fused.cmpLessOrEqual<u32, i32>(s, record));
        break;
      case 319: // CMP_JLE + 3
        then = u32(fused.cmpLessOrEqual<u64, i64>(s, record));
        break;
      case 320: // TEST_JE
        then = u32(fused.testZero<u8>(s, record));
        break;
      case 321: // TEST_JE + 1
        then = u32(fused.testZero<u16>(s, record));
        break;
      case 322: // TEST_JE + 2
        then = u32(fused.testZero<u32>(s, record));
        break;
      case 323: // TEST_JE + 3
        then = u32(fused.testZero<u64>(s, record));
        break;
      case 324: // TEST_JS
        then = u32(fused.testNegative<u8>(s, record));
        break;
      case 325: // TEST_JS + 1
        then = u32(fused.testNegative<u16>(s, record));
        break;
      case 326: // TEST_JS + 2
        then = u32(fused.testNegative<u32>(s, record));
        break;
      case 327: // TEST_JS + 3
        then = u32(fused.testNegative<u64>(s, record));
        break;
      case 328: // TEST_JLE
        then = u32(fused.testNegativeOrZero<u8>(s, record));
        break;
      case 329: // TEST_JLE + 1
        then = u32(fused.testNegativeOrZero<u16>(s, record));
        break;
      case 330: // TEST_JLE + 2
        then = u32(fused.testNegativeOrZero<u32>(s, record));
        break;
      case 331: // TEST_JLE + 3
        then = u32(fused.testNegativeOrZero<u64>(s, record));
        break;
      case 332: // DEC_JE
        then = u32(fused.decZero<u8>(s, record));
        break;
      case 333: // DEC_JE + 1
        then = u32(fused.decZero<u16>(s, record));
        break;
      case 334: // DEC_JE + 2
        then = u32(fused.decZero<u32>(s, record));
        break;
      case 335: // DEC_JE + 3
        then = u32(fused.decZero<u64>(s, record));
        break;
      default:
        then = LEAVE;
    }
    let link = s + S_SINK;
    if (then < INDIRECT) {
      if (then === FALLEN) {
        rip += load<u64>(record, R_FALLEN_DISPLACEMENT);
        link = record + R_FALLEN;
      } else {
        rip += load<u64>(record, R_DISPLACEMENT);
        link = record + R_TAKEN;
      }
      rip &= load<u64>(s, S_RIP_MASK);
      const block = load<u32>(link);
      const after = left - load<i32>(block, B_COUNT);
      if (after >= 0) {
        left = after;
        store<u64>(s, rip, S_BLOCK_RIP);
        record = block + B_RECORDS;
        continue;
      }
    } else if (then === LEAVE) {
      store<u32>(s, record, S_RECORD);
      store<i32>(s, left, S_LEFT);
      return;
    }
    store<u64>(s, rip, S_BLOCK_RIP);
    const entry = jumpEntry(s, rip);
    if (
      load<u64>(entry, J_LINEAR) === rip + load<u64>(s, S_CODE_BASE) &&
      load<u32>(entry, J_MODE) === load<u32>(s, S_MODE)
    ) {
      const block = load<u32>(entry, J_BLOCK);
      const after = left - load<i32>(block, B_COUNT);
      if (after >= 0) {
        left = after;
        record = block + B_RECORDS;
        continue;
      }
    }
    store<u32>(s, 0, S_RECORD);
    store<i32>(s, left, S_LEFT);
    store<u32>(s, link, S_LINK);
    return;
  }
}
