// The inner loop: executes records until something needs more than this function has. It calls nothing: whatever would need a
// call (a translation cache's miss, a rare instruction, an unknown block) makes it save its few variables and return. The cases
// are literal numbers, without gaps, because only then the compiler makes one jump table of them; a test compares them with
// the names beside them (ops.ts). This is a table in the form of a function, a few lines for each operation and width, and so
// exempt from the usual limits of length: split, it would be several jump tables and calls between them.

import { carry, holds } from "./flags.ts";
import * as a from "./instructions/arithmetic.ts";
import * as fused from "./instructions/fused.ts";
import * as memory from "./instructions/memory.ts";
import * as move from "./instructions/moves.ts";
import { imul, imulQuiet } from "./instructions/multiply.ts";
import * as shift from "./instructions/shifts.ts";
import {
  C_JUMPS,
  J_BLOCK,
  J_LINEAR,
  J_MODE,
  JUMP_SHIFT,
  JUMPS,
  S_BLOCK_RIP,
  S_CACHE,
  S_CODE_BASE,
  S_LEFT,
  S_LINK,
  S_RECORD,
  S_RESULT,
  S_RIP_MASK,
  S_SINK,
} from "./interpreter-state.ts";
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

/** Address of the entry of the jump cache that may know the block at `rip`. */
export function jumpEntry(s: u32, rip: u64): u32 {
  const index = (<u32>rip ^ (<u32>rip >> 10)) & (JUMPS - 1);
  return load<u32>(s, S_CACHE) + C_JUMPS + (index << JUMP_SHIFT);
}

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
        a.add<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 1: // ADD + 1
        a.add<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 2: // ADD + 2
        a.add<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 3: // ADD + 3
        a.add<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 4: // OR
        a.or<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 5: // OR + 1
        a.or<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 6: // OR + 2
        a.or<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 7: // OR + 3
        a.or<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 8: // ADC
        a.adc<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 9: // ADC + 1
        a.adc<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 10: // ADC + 2
        a.adc<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 11: // ADC + 3
        a.adc<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 12: // SBB
        a.sbb<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 13: // SBB + 1
        a.sbb<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 14: // SBB + 2
        a.sbb<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 15: // SBB + 3
        a.sbb<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 16: // AND
        a.and<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 17: // AND + 1
        a.and<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 18: // AND + 2
        a.and<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 19: // AND + 3
        a.and<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 20: // SUB
        a.sub<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 21: // SUB + 1
        a.sub<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 22: // SUB + 2
        a.sub<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 23: // SUB + 3
        a.sub<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 24: // XOR
        a.xor<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 25: // XOR + 1
        a.xor<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 26: // XOR + 2
        a.xor<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 27: // XOR + 3
        a.xor<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 28: // CMP
        a.cmp<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 29: // CMP + 1
        a.cmp<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 30: // CMP + 2
        a.cmp<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 31: // CMP + 3
        a.cmp<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 32: // INC
        a.inc<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 33: // INC + 1
        a.inc<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 34: // INC + 2
        a.inc<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 35: // INC + 3
        a.inc<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 36: // DEC
        a.dec<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 37: // DEC + 1
        a.dec<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 38: // DEC + 2
        a.dec<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 39: // DEC + 3
        a.dec<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 40: // NEG
        a.neg<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 41: // NEG + 1
        a.neg<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 42: // NEG + 2
        a.neg<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 43: // NEG + 3
        a.neg<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 44: // SHL
        shift.shl<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 45: // SHL + 1
        shift.shl<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 46: // SHL + 2
        shift.shl<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 47: // SHL + 3
        shift.shl<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 48: // SHR
        shift.shr<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 49: // SHR + 1
        shift.shr<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 50: // SHR + 2
        shift.shr<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 51: // SHR + 3
        shift.shr<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 52: // SAR
        shift.sar<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 53: // SAR + 1
        shift.sar<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 54: // SAR + 2
        shift.sar<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 55: // SAR + 3
        shift.sar<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 56: // ROL
        shift.rol<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 57: // ROL + 1
        shift.rol<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 58: // ROL + 2
        shift.rol<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 59: // ROL + 3
        shift.rol<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 60: // ROR
        shift.ror<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 61: // ROR + 1
        shift.ror<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 62: // ROR + 2
        shift.ror<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 63: // ROR + 3
        shift.ror<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 64: // IMUL
        then = LEAVE;
        break;
      case 65: // IMUL + 1
        imul<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 66: // IMUL + 2
        imul<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 67: // IMUL + 3
        imul<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 68: // ADD + QUIET + 0
        a.addQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 69: // ADD + QUIET + 1
        a.addQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 70: // ADD + QUIET + 2
        a.addQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 71: // ADD + QUIET + 3
        a.addQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 72: // OR + QUIET + 0
        a.orQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 73: // OR + QUIET + 1
        a.orQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 74: // OR + QUIET + 2
        a.orQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 75: // OR + QUIET + 3
        a.orQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 76: // ADC + QUIET + 0
        a.adcQuiet<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 77: // ADC + QUIET + 1
        a.adcQuiet<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 78: // ADC + QUIET + 2
        a.adcQuiet<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 79: // ADC + QUIET + 3
        a.adcQuiet<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 80: // SBB + QUIET + 0
        a.sbbQuiet<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 81: // SBB + QUIET + 1
        a.sbbQuiet<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 82: // SBB + QUIET + 2
        a.sbbQuiet<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 83: // SBB + QUIET + 3
        a.sbbQuiet<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 84: // AND + QUIET + 0
        a.andQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 85: // AND + QUIET + 1
        a.andQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 86: // AND + QUIET + 2
        a.andQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 87: // AND + QUIET + 3
        a.andQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 88: // SUB + QUIET + 0
        a.subQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 89: // SUB + QUIET + 1
        a.subQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 90: // SUB + QUIET + 2
        a.subQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 91: // SUB + QUIET + 3
        a.subQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 92: // XOR + QUIET + 0
        a.xorQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 93: // XOR + QUIET + 1
        a.xorQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 94: // XOR + QUIET + 2
        a.xorQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 95: // XOR + QUIET + 3
        a.xorQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 96: // CMP + QUIET + 0
      case 97: // CMP + QUIET + 1
      case 98: // CMP + QUIET + 2
      case 99: // CMP + QUIET + 3
      case 176: // NOP
        record += RECORD_SIZE;
        continue;
      case 100: // INC + QUIET + 0
        a.incQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 101: // INC + QUIET + 1
        a.incQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 102: // INC + QUIET + 2
        a.incQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 103: // INC + QUIET + 3
        a.incQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 104: // DEC + QUIET + 0
        a.decQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 105: // DEC + QUIET + 1
        a.decQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 106: // DEC + QUIET + 2
        a.decQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 107: // DEC + QUIET + 3
        a.decQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 108: // NEG + QUIET + 0
        a.negQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 109: // NEG + QUIET + 1
        a.negQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 110: // NEG + QUIET + 2
        a.negQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 111: // NEG + QUIET + 3
        a.negQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 112: // SHL + QUIET + 0
        shift.shlQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 113: // SHL + QUIET + 1
        shift.shlQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 114: // SHL + QUIET + 2
        shift.shlQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 115: // SHL + QUIET + 3
        shift.shlQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 116: // SHR + QUIET + 0
        shift.shrQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 117: // SHR + QUIET + 1
        shift.shrQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 118: // SHR + QUIET + 2
        shift.shrQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 119: // SHR + QUIET + 3
        shift.shrQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 120: // SAR + QUIET + 0
        shift.sarQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 121: // SAR + QUIET + 1
        shift.sarQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 122: // SAR + QUIET + 2
        shift.sarQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 123: // SAR + QUIET + 3
        shift.sarQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 124: // ROL + QUIET + 0
        shift.rolQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 125: // ROL + QUIET + 1
        shift.rolQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 126: // ROL + QUIET + 2
        shift.rolQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 127: // ROL + QUIET + 3
        shift.rolQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 128: // ROR + QUIET + 0
        shift.rorQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 129: // ROR + QUIET + 1
        shift.rorQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 130: // ROR + QUIET + 2
        shift.rorQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 131: // ROR + QUIET + 3
        shift.rorQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 132: // IMUL + QUIET
        then = LEAVE;
        break;
      case 133: // IMUL + QUIET + 1
        imulQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 134: // IMUL + QUIET + 2
        imulQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 135: // IMUL + QUIET + 3
        imulQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 136: // NOT
        a.not<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 137: // NOT + 1
        a.not<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 138: // NOT + 2
        a.not<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 139: // NOT + 3
        a.not<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 140: // TEST
        a.test<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case 141: // TEST + 1
        a.test<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 142: // TEST + 2
        a.test<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 143: // TEST + 3
        a.test<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 144: // MOV
        move.mov<u8>(record);
        record += RECORD_SIZE;
        continue;
      case 145: // MOV + 1
        move.mov<u16>(record);
        record += RECORD_SIZE;
        continue;
      case 146: // MOV + 2
        move.mov<u32>(record);
        record += RECORD_SIZE;
        continue;
      case 147: // MOV + 3
        move.mov<u64>(record);
        record += RECORD_SIZE;
        continue;
      case 148: // MOVZX
        move.extend<u8, u16>(record);
        record += RECORD_SIZE;
        continue;
      case 149: // MOVZX + 1
        move.extend<u8, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 150: // MOVZX + 2
        then = LEAVE;
        break;
      case 151: // MOVZX + 3
        move.extend<u16, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 152: // MOVZX + 4
        then = LEAVE;
        break;
      case 153: // MOVZX + 5
        then = LEAVE;
        break;
      case 154: // MOVZX + 6
        then = LEAVE;
        break;
      case 155: // MOVZX + 7
        then = LEAVE;
        break;
      case 156: // MOVSX
        move.extend<i8, u16>(record);
        record += RECORD_SIZE;
        continue;
      case 157: // MOVSX + 1
        move.extend<i8, u32>(record);
        record += RECORD_SIZE;
        continue;
      case 158: // MOVSX + 2
        move.extend<i8, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 159: // MOVSX + 3
        then = LEAVE;
        break;
      case 160: // MOVSX + 4
        move.extend<i16, u32>(record);
        record += RECORD_SIZE;
        continue;
      case 161: // MOVSX + 5
        move.extend<i16, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 162: // MOVSX + 6
        move.extend<i32, u64>(record);
        record += RECORD_SIZE;
        continue;
      case 163: // MOVSX + 7
        then = LEAVE;
        break;
      case 164: // SIGN
        then = LEAVE;
        break;
      case 165: // SIGN + 1
        move.sign<u16, i16>(record);
        record += RECORD_SIZE;
        continue;
      case 166: // SIGN + 2
        move.sign<u32, i32>(record);
        record += RECORD_SIZE;
        continue;
      case 167: // SIGN + 3
        move.sign<u64, i64>(record);
        record += RECORD_SIZE;
        continue;
      case 168: // CMOV
        then = LEAVE;
        break;
      case 169: // CMOV + 1
        move.cmov<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case 170: // CMOV + 2
        move.cmov<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case 171: // CMOV + 3
        move.cmov<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case 172: // SETCC
        move.setcc(s, record);
        record += RECORD_SIZE;
        continue;
      case 173: // LEA64
        store<u64>(load<u32>(record, R_DST), memory.indexed(record));
        record += RECORD_SIZE;
        continue;
      case 174: // LEA32
        store<u64>(load<u32>(record, R_DST), memory.flat(record));
        record += RECORD_SIZE;
        continue;
      case 175: // LEA_SEGMENT
        store<u64>(
          load<u32>(record, R_DST),
          memory.indexed(record) + load<u64>(load<u32>(record, R_SRC)),
        );
        record += RECORD_SIZE;
        continue;
      case 177: // LOAD
        if (memory.loadTo<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 178: // LOAD + 1
        if (memory.loadTo<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 179: // LOAD + 2
        if (memory.loadTo<u32>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 180: // LOAD + 3
        if (memory.loadTo<u64>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 181: // LOAD_INDEXED
        if (memory.loadTo<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 182: // LOAD_INDEXED + 1
        if (memory.loadTo<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 183: // LOAD_INDEXED + 2
        if (memory.loadTo<u32>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 184: // LOAD_INDEXED + 3
        if (memory.loadTo<u64>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 185: // LOAD_FLAT
        if (memory.loadTo<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 186: // LOAD_FLAT + 1
        if (memory.loadTo<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 187: // LOAD_FLAT + 2
        if (memory.loadTo<u32>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 188: // LOAD_FLAT + 3
        if (memory.loadTo<u64>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 189: // LOADZX
        if (memory.loadExtendedTo<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 190: // LOADZX + 1
        if (memory.loadExtendedTo<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 191: // LOADZX_INDEXED
        if (memory.loadExtendedTo<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 192: // LOADZX_INDEXED + 1
        if (memory.loadExtendedTo<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 193: // LOADZX_FLAT
        if (memory.loadExtendedTo<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 194: // LOADZX_FLAT + 1
        if (memory.loadExtendedTo<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 195: // STORE
        if (memory.storeFrom<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 196: // STORE + 1
        if (memory.storeFrom<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 197: // STORE + 2
        if (memory.storeFrom<u32>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 198: // STORE + 3
        if (memory.storeFrom<u64>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 199: // STORE_INDEXED
        if (memory.storeFrom<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 200: // STORE_INDEXED + 1
        if (memory.storeFrom<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 201: // STORE_INDEXED + 2
        if (memory.storeFrom<u32>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 202: // STORE_INDEXED + 3
        if (memory.storeFrom<u64>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 203: // STORE_FLAT
        if (memory.storeFrom<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 204: // STORE_FLAT + 1
        if (memory.storeFrom<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 205: // STORE_FLAT + 2
        if (memory.storeFrom<u32>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 206: // STORE_FLAT + 3
        if (memory.storeFrom<u64>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 207: // MODIFY
        if (memory.modifyTo<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 208: // MODIFY + 1
        if (memory.modifyTo<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 209: // MODIFY + 2
        if (memory.modifyTo<u32>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 210: // MODIFY + 3
        if (memory.modifyTo<u64>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 211: // MODIFY_INDEXED
        if (memory.modifyTo<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 212: // MODIFY_INDEXED + 1
        if (memory.modifyTo<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 213: // MODIFY_INDEXED + 2
        if (memory.modifyTo<u32>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 214: // MODIFY_INDEXED + 3
        if (memory.modifyTo<u64>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 215: // MODIFY_FLAT
        if (memory.modifyTo<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 216: // MODIFY_FLAT + 1
        if (memory.modifyTo<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 217: // MODIFY_FLAT + 2
        if (memory.modifyTo<u32>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 218: // MODIFY_FLAT + 3
        if (memory.modifyTo<u64>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 219: // PUSH64
        if (memory.push<u64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 220: // PUSH32
        if (memory.push<u32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 221: // POP64
        if (memory.pop<u64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 222: // POP32
        if (memory.pop<u32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 223: // LEAVE64
        if (memory.leave<u64>(s)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 224: // LEAVE32
        if (memory.leave<u32>(s)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case 225: // CALL64
        then = memory.pushValue<u64>(s, <u64>(rip + load<u16>(record, R_NEXT))) ? TAKEN : LEAVE;
        break;
      case 226: // CALL32
        then = memory.pushValue<u32>(s, <u32>(rip + load<u16>(record, R_NEXT))) ? TAKEN : LEAVE;
        break;
      case 227: {
        // CALL_TO64
        const target = <u64>load<u64>(load<u32>(record, R_SRC));
        then = LEAVE;
        if (memory.pushValue<u64>(s, <u64>(rip + load<u16>(record, R_NEXT)))) {
          rip = target;
          then = INDIRECT;
        }
        break;
      }
      case 228: {
        // CALL_TO32
        const target = <u64>load<u32>(load<u32>(record, R_SRC));
        then = LEAVE;
        if (memory.pushValue<u32>(s, <u32>(rip + load<u16>(record, R_NEXT)))) {
          rip = target;
          then = INDIRECT;
        }
        break;
      }
      case 229: {
        // RET64
        const from = memory.returnSlot<u64>(s);
        then = LEAVE;
        if (from !== 0) {
          rip = <u64>load<u64>(from);
          memory.dropReturn<u64>(s, record);
          then = INDIRECT;
        }
        break;
      }
      case 230: {
        // RET32
        const from = memory.returnSlot<u32>(s);
        then = LEAVE;
        if (from !== 0) {
          rip = <u64>load<u32>(from);
          memory.dropReturn<u32>(s, record);
          then = INDIRECT;
        }
        break;
      }
      case 231: // JMP_TO64
        rip = <u64>load<u64>(load<u32>(record, R_SRC));
        then = INDIRECT;
        break;
      case 232: // JMP_TO32
        rip = <u64>load<u32>(load<u32>(record, R_SRC));
        then = INDIRECT;
        break;
      case 233: // JMP
        then = TAKEN;
        break;
      case 234: // JCC
        then = u32(holds(s, load<u32>(record, R_IMM)));
        break;
      case 235: // JE
        then = u32(load<i64>(s, S_RESULT) === 0);
        break;
      case 236: // JB
        then = <u32>carry(s);
        break;
      case 237: // CMP_JB
        then = u32(fused.cmpBelow<u8>(s, record));
        break;
      case 238: // CMP_JB + 1
        then = u32(fused.cmpBelow<u16>(s, record));
        break;
      case 239: // CMP_JB + 2
        then = u32(fused.cmpBelow<u32>(s, record));
        break;
      case 240: // CMP_JB + 3
        then = u32(fused.cmpBelow<u64>(s, record));
        break;
      case 241: // CMP_JE
        then = u32(fused.cmpEqual<u8>(s, record));
        break;
      case 242: // CMP_JE + 1
        then = u32(fused.cmpEqual<u16>(s, record));
        break;
      case 243: // CMP_JE + 2
        then = u32(fused.cmpEqual<u32>(s, record));
        break;
      case 244: // CMP_JE + 3
        then = u32(fused.cmpEqual<u64>(s, record));
        break;
      case 245: // CMP_JBE
        then = u32(fused.cmpBelowOrEqual<u8>(s, record));
        break;
      case 246: // CMP_JBE + 1
        then = u32(fused.cmpBelowOrEqual<u16>(s, record));
        break;
      case 247: // CMP_JBE + 2
        then = u32(fused.cmpBelowOrEqual<u32>(s, record));
        break;
      case 248: // CMP_JBE + 3
        then = u32(fused.cmpBelowOrEqual<u64>(s, record));
        break;
      case 249: // CMP_JS
        then = u32(fused.cmpNegative<u8>(s, record));
        break;
      case 250: // CMP_JS + 1
        then = u32(fused.cmpNegative<u16>(s, record));
        break;
      case 251: // CMP_JS + 2
        then = u32(fused.cmpNegative<u32>(s, record));
        break;
      case 252: // CMP_JS + 3
        then = u32(fused.cmpNegative<u64>(s, record));
        break;
      case 253: // CMP_JL
        then = u32(fused.cmpLess<u8, i8>(s, record));
        break;
      case 254: // CMP_JL + 1
        then = u32(fused.cmpLess<u16, i16>(s, record));
        break;
      case 255: // CMP_JL + 2
        then = u32(fused.cmpLess<u32, i32>(s, record));
        break;
      case 256: // CMP_JL + 3
        then = u32(fused.cmpLess<u64, i64>(s, record));
        break;
      case 257: // CMP_JLE
        then = u32(fused.cmpLessOrEqual<u8, i8>(s, record));
        break;
      case 258: // CMP_JLE + 1
        then = u32(fused.cmpLessOrEqual<u16, i16>(s, record));
        break;
      case 259: // CMP_JLE + 2
        then = u32(fused.cmpLessOrEqual<u32, i32>(s, record));
        break;
      case 260: // CMP_JLE + 3
        then = u32(fused.cmpLessOrEqual<u64, i64>(s, record));
        break;
      case 261: // TEST_JE
        then = u32(fused.testZero<u8>(s, record));
        break;
      case 262: // TEST_JE + 1
        then = u32(fused.testZero<u16>(s, record));
        break;
      case 263: // TEST_JE + 2
        then = u32(fused.testZero<u32>(s, record));
        break;
      case 264: // TEST_JE + 3
        then = u32(fused.testZero<u64>(s, record));
        break;
      case 265: // TEST_JS
        then = u32(fused.testNegative<u8>(s, record));
        break;
      case 266: // TEST_JS + 1
        then = u32(fused.testNegative<u16>(s, record));
        break;
      case 267: // TEST_JS + 2
        then = u32(fused.testNegative<u32>(s, record));
        break;
      case 268: // TEST_JS + 3
        then = u32(fused.testNegative<u64>(s, record));
        break;
      case 269: // TEST_JLE
        then = u32(fused.testNegativeOrZero<u8>(s, record));
        break;
      case 270: // TEST_JLE + 1
        then = u32(fused.testNegativeOrZero<u16>(s, record));
        break;
      case 271: // TEST_JLE + 2
        then = u32(fused.testNegativeOrZero<u32>(s, record));
        break;
      case 272: // TEST_JLE + 3
        then = u32(fused.testNegativeOrZero<u64>(s, record));
        break;
      case 273: // DEC_JE
        then = u32(fused.decZero<u8>(s, record));
        break;
      case 274: // DEC_JE + 1
        then = u32(fused.decZero<u16>(s, record));
        break;
      case 275: // DEC_JE + 2
        then = u32(fused.decZero<u32>(s, record));
        break;
      case 276: // DEC_JE + 3
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
