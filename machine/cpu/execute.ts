// The inner loop: executes records until something needs more than this function has. It calls nothing: whatever would need a
// call (a translation cache's miss, a rare instruction, an unknown block) makes it save its few variables and return.

import { carry, holds } from "./flags.ts";
import * as a from "./instructions/arithmetic.ts";
import * as fused from "./instructions/fused.ts";
import * as memory from "./instructions/memory.ts";
import * as move from "./instructions/moves.ts";
import { imul, imulQuiet } from "./instructions/multiply.ts";
import * as shift from "./instructions/shifts.ts";
import {
  C_JUMPS,
  JUMP_SHIFT,
  JUMPS,
  S_BLOCK_RIP,
  S_CACHE,
  S_CODE_BASE,
  S_LEFT,
  S_LINK,
  S_MODE_TAG,
  S_RECORD,
  S_RESULT,
  S_RIP_MASK,
  S_SINK,
} from "./interpreter-state.ts";
import * as op from "./ops.ts";
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
      case op.ADD:
        a.add<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADD + 1:
        a.add<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADD + 2:
        a.add<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADD + 3:
        a.add<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.OR:
        a.or<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.OR + 1:
        a.or<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.OR + 2:
        a.or<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.OR + 3:
        a.or<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADC:
        a.adc<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADC + 1:
        a.adc<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADC + 2:
        a.adc<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADC + 3:
        a.adc<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SBB:
        a.sbb<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SBB + 1:
        a.sbb<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SBB + 2:
        a.sbb<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SBB + 3:
        a.sbb<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.AND:
        a.and<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.AND + 1:
        a.and<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.AND + 2:
        a.and<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.AND + 3:
        a.and<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SUB:
        a.sub<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SUB + 1:
        a.sub<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SUB + 2:
        a.sub<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SUB + 3:
        a.sub<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.XOR:
        a.xor<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.XOR + 1:
        a.xor<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.XOR + 2:
        a.xor<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.XOR + 3:
        a.xor<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.CMP:
        a.cmp<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.CMP + 1:
        a.cmp<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.CMP + 2:
        a.cmp<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.CMP + 3:
        a.cmp<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.INC:
        a.inc<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.INC + 1:
        a.inc<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.INC + 2:
        a.inc<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.INC + 3:
        a.inc<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.DEC:
        a.dec<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.DEC + 1:
        a.dec<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.DEC + 2:
        a.dec<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.DEC + 3:
        a.dec<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.NEG:
        a.neg<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.NEG + 1:
        a.neg<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.NEG + 2:
        a.neg<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.NEG + 3:
        a.neg<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SHL:
        shift.shl<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SHL + 1:
        shift.shl<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SHL + 2:
        shift.shl<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SHL + 3:
        shift.shl<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SHR:
        shift.shr<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SHR + 1:
        shift.shr<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SHR + 2:
        shift.shr<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SHR + 3:
        shift.shr<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SAR:
        shift.sar<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SAR + 1:
        shift.sar<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SAR + 2:
        shift.sar<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SAR + 3:
        shift.sar<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ROL:
        shift.rol<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ROL + 1:
        shift.rol<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ROL + 2:
        shift.rol<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ROL + 3:
        shift.rol<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ROR:
        shift.ror<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ROR + 1:
        shift.ror<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ROR + 2:
        shift.ror<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ROR + 3:
        shift.ror<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.IMUL + 1:
        imul<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.IMUL + 2:
        imul<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.IMUL + 3:
        imul<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADD + op.QUIET + 0:
        a.addQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.ADD + op.QUIET + 1:
        a.addQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.ADD + op.QUIET + 2:
        a.addQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.ADD + op.QUIET + 3:
        a.addQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.OR + op.QUIET + 0:
        a.orQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.OR + op.QUIET + 1:
        a.orQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.OR + op.QUIET + 2:
        a.orQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.OR + op.QUIET + 3:
        a.orQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.ADC + op.QUIET + 0:
        a.adcQuiet<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADC + op.QUIET + 1:
        a.adcQuiet<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADC + op.QUIET + 2:
        a.adcQuiet<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.ADC + op.QUIET + 3:
        a.adcQuiet<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SBB + op.QUIET + 0:
        a.sbbQuiet<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SBB + op.QUIET + 1:
        a.sbbQuiet<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SBB + op.QUIET + 2:
        a.sbbQuiet<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SBB + op.QUIET + 3:
        a.sbbQuiet<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.AND + op.QUIET + 0:
        a.andQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.AND + op.QUIET + 1:
        a.andQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.AND + op.QUIET + 2:
        a.andQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.AND + op.QUIET + 3:
        a.andQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.SUB + op.QUIET + 0:
        a.subQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.SUB + op.QUIET + 1:
        a.subQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.SUB + op.QUIET + 2:
        a.subQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.SUB + op.QUIET + 3:
        a.subQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.XOR + op.QUIET + 0:
        a.xorQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.XOR + op.QUIET + 1:
        a.xorQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.XOR + op.QUIET + 2:
        a.xorQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.XOR + op.QUIET + 3:
        a.xorQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.CMP + op.QUIET + 0:
      case op.CMP + op.QUIET + 1:
      case op.CMP + op.QUIET + 2:
      case op.CMP + op.QUIET + 3:
      case op.NOP:
        record += RECORD_SIZE;
        continue;
      case op.INC + op.QUIET + 0:
        a.incQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.INC + op.QUIET + 1:
        a.incQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.INC + op.QUIET + 2:
        a.incQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.INC + op.QUIET + 3:
        a.incQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.DEC + op.QUIET + 0:
        a.decQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.DEC + op.QUIET + 1:
        a.decQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.DEC + op.QUIET + 2:
        a.decQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.DEC + op.QUIET + 3:
        a.decQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.NEG + op.QUIET + 0:
        a.negQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.NEG + op.QUIET + 1:
        a.negQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.NEG + op.QUIET + 2:
        a.negQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.NEG + op.QUIET + 3:
        a.negQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.SHL + op.QUIET + 0:
        shift.shlQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.SHL + op.QUIET + 1:
        shift.shlQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.SHL + op.QUIET + 2:
        shift.shlQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.SHL + op.QUIET + 3:
        shift.shlQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.SHR + op.QUIET + 0:
        shift.shrQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.SHR + op.QUIET + 1:
        shift.shrQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.SHR + op.QUIET + 2:
        shift.shrQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.SHR + op.QUIET + 3:
        shift.shrQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.SAR + op.QUIET + 0:
        shift.sarQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.SAR + op.QUIET + 1:
        shift.sarQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.SAR + op.QUIET + 2:
        shift.sarQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.SAR + op.QUIET + 3:
        shift.sarQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.ROL + op.QUIET + 0:
        shift.rolQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.ROL + op.QUIET + 1:
        shift.rolQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.ROL + op.QUIET + 2:
        shift.rolQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.ROL + op.QUIET + 3:
        shift.rolQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.ROR + op.QUIET + 0:
        shift.rorQuiet<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.ROR + op.QUIET + 1:
        shift.rorQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.ROR + op.QUIET + 2:
        shift.rorQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.ROR + op.QUIET + 3:
        shift.rorQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.IMUL + op.QUIET + 1:
        imulQuiet<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.IMUL + op.QUIET + 2:
        imulQuiet<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.IMUL + op.QUIET + 3:
        imulQuiet<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.NOT:
        a.not<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.NOT + 1:
        a.not<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.NOT + 2:
        a.not<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.NOT + 3:
        a.not<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.TEST:
        a.test<u8>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.TEST + 1:
        a.test<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.TEST + 2:
        a.test<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.TEST + 3:
        a.test<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.MOV:
        move.mov<u8>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOV + 1:
        move.mov<u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOV + 2:
        move.mov<u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOV + 3:
        move.mov<u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOVZX:
        move.extend<u8, u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOVZX + 1:
        move.extend<u8, u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOVZX + 3:
        move.extend<u16, u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOVSX:
        move.extend<i8, u16>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOVSX + 1:
        move.extend<i8, u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOVSX + 2:
        move.extend<i8, u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOVSX + 4:
        move.extend<i16, u32>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOVSX + 5:
        move.extend<i16, u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.MOVSX + 6:
        move.extend<i32, u64>(record);
        record += RECORD_SIZE;
        continue;
      case op.SIGN + 1:
        move.sign<u16, i16>(record);
        record += RECORD_SIZE;
        continue;
      case op.SIGN + 2:
        move.sign<u32, i32>(record);
        record += RECORD_SIZE;
        continue;
      case op.SIGN + 3:
        move.sign<u64, i64>(record);
        record += RECORD_SIZE;
        continue;
      case op.CMOV + 1:
        move.cmov<u16>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.CMOV + 2:
        move.cmov<u32>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.CMOV + 3:
        move.cmov<u64>(s, record);
        record += RECORD_SIZE;
        continue;
      case op.SETCC:
        move.setcc(s, record);
        record += RECORD_SIZE;
        continue;
      case op.LEA64:
        store<u64>(load<u32>(record, R_DST), memory.indexed(record));
        record += RECORD_SIZE;
        continue;
      case op.LEA32:
        store<u64>(load<u32>(record, R_DST), memory.flat(record));
        record += RECORD_SIZE;
        continue;
      case op.LEA_SEGMENT:
        store<u64>(
          load<u32>(record, R_DST),
          memory.indexed(record) + load<u64>(load<u32>(record, R_SRC)),
        );
        record += RECORD_SIZE;
        continue;
      case op.LOAD:
        if (memory.loadTo<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD + 1:
        if (memory.loadTo<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD + 2:
        if (memory.loadTo<u32>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD + 3:
        if (memory.loadTo<u64>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD_INDEXED:
        if (memory.loadTo<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD_INDEXED + 1:
        if (memory.loadTo<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD_INDEXED + 2:
        if (memory.loadTo<u32>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD_INDEXED + 3:
        if (memory.loadTo<u64>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD_FLAT:
        if (memory.loadTo<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD_FLAT + 1:
        if (memory.loadTo<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD_FLAT + 2:
        if (memory.loadTo<u32>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOAD_FLAT + 3:
        if (memory.loadTo<u64>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOADZX:
        if (memory.loadExtendedTo<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOADZX + 1:
        if (memory.loadExtendedTo<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOADZX_INDEXED:
        if (memory.loadExtendedTo<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOADZX_INDEXED + 1:
        if (memory.loadExtendedTo<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOADZX_FLAT:
        if (memory.loadExtendedTo<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LOADZX_FLAT + 1:
        if (memory.loadExtendedTo<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE:
        if (memory.storeFrom<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE + 1:
        if (memory.storeFrom<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE + 2:
        if (memory.storeFrom<u32>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE + 3:
        if (memory.storeFrom<u64>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE_INDEXED:
        if (memory.storeFrom<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE_INDEXED + 1:
        if (memory.storeFrom<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE_INDEXED + 2:
        if (memory.storeFrom<u32>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE_INDEXED + 3:
        if (memory.storeFrom<u64>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE_FLAT:
        if (memory.storeFrom<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE_FLAT + 1:
        if (memory.storeFrom<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE_FLAT + 2:
        if (memory.storeFrom<u32>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.STORE_FLAT + 3:
        if (memory.storeFrom<u64>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY:
        if (memory.modifyTo<u8>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY + 1:
        if (memory.modifyTo<u16>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY + 2:
        if (memory.modifyTo<u32>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY + 3:
        if (memory.modifyTo<u64>(s, record, memory.based(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY_INDEXED:
        if (memory.modifyTo<u8>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY_INDEXED + 1:
        if (memory.modifyTo<u16>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY_INDEXED + 2:
        if (memory.modifyTo<u32>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY_INDEXED + 3:
        if (memory.modifyTo<u64>(s, record, memory.indexed(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY_FLAT:
        if (memory.modifyTo<u8>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY_FLAT + 1:
        if (memory.modifyTo<u16>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY_FLAT + 2:
        if (memory.modifyTo<u32>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.MODIFY_FLAT + 3:
        if (memory.modifyTo<u64>(s, record, memory.flat(record))) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.PUSH64:
        if (memory.push<u64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.POP64:
        if (memory.pop<u64>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LEAVE64:
        if (memory.leave<u64>(s)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.CALL64:
        then = memory.pushValue<u64>(s, <u64>(rip + load<u16>(record, R_NEXT))) ? TAKEN : LEAVE;
        break;
      case op.CALL_TO64: {
        const target = <u64>load<u64>(load<u32>(record, R_SRC));
        then = LEAVE;
        if (memory.pushValue<u64>(s, <u64>(rip + load<u16>(record, R_NEXT)))) {
          rip = target;
          then = INDIRECT;
        }
        break;
      }
      case op.RET64: {
        const from = memory.returnSlot<u64>(s);
        then = LEAVE;
        if (from !== 0) {
          rip = <u64>load<u64>(from);
          memory.dropReturn<u64>(s, record);
          then = INDIRECT;
        }
        break;
      }
      case op.JMP_TO64:
        rip = <u64>load<u64>(load<u32>(record, R_SRC));
        then = INDIRECT;
        break;
      case op.PUSH32:
        if (memory.push<u32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.POP32:
        if (memory.pop<u32>(s, record)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.LEAVE32:
        if (memory.leave<u32>(s)) {
          record += RECORD_SIZE;
          continue;
        }
        then = LEAVE;
        break;
      case op.CALL32:
        then = memory.pushValue<u32>(s, <u32>(rip + load<u16>(record, R_NEXT))) ? TAKEN : LEAVE;
        break;
      case op.CALL_TO32: {
        const target = <u64>load<u32>(load<u32>(record, R_SRC));
        then = LEAVE;
        if (memory.pushValue<u32>(s, <u32>(rip + load<u16>(record, R_NEXT)))) {
          rip = target;
          then = INDIRECT;
        }
        break;
      }
      case op.RET32: {
        const from = memory.returnSlot<u32>(s);
        then = LEAVE;
        if (from !== 0) {
          rip = <u64>load<u32>(from);
          memory.dropReturn<u32>(s, record);
          then = INDIRECT;
        }
        break;
      }
      case op.JMP_TO32:
        rip = <u64>load<u32>(load<u32>(record, R_SRC));
        then = INDIRECT;
        break;
      case op.JMP:
        then = TAKEN;
        break;
      case op.JCC:
        then = u32(holds(s, load<u32>(record, R_IMM)));
        break;
      case op.JE:
        then = u32(load<i64>(s, S_RESULT) === 0);
        break;
      case op.JB:
        then = <u32>carry(s);
        break;
      case op.CMP_JB:
        then = u32(fused.cmpBelow<u8>(s, record));
        break;
      case op.CMP_JB + 1:
        then = u32(fused.cmpBelow<u16>(s, record));
        break;
      case op.CMP_JB + 2:
        then = u32(fused.cmpBelow<u32>(s, record));
        break;
      case op.CMP_JB + 3:
        then = u32(fused.cmpBelow<u64>(s, record));
        break;
      case op.CMP_JE:
        then = u32(fused.cmpEqual<u8>(s, record));
        break;
      case op.CMP_JE + 1:
        then = u32(fused.cmpEqual<u16>(s, record));
        break;
      case op.CMP_JE + 2:
        then = u32(fused.cmpEqual<u32>(s, record));
        break;
      case op.CMP_JE + 3:
        then = u32(fused.cmpEqual<u64>(s, record));
        break;
      case op.CMP_JBE:
        then = u32(fused.cmpBelowOrEqual<u8>(s, record));
        break;
      case op.CMP_JBE + 1:
        then = u32(fused.cmpBelowOrEqual<u16>(s, record));
        break;
      case op.CMP_JBE + 2:
        then = u32(fused.cmpBelowOrEqual<u32>(s, record));
        break;
      case op.CMP_JBE + 3:
        then = u32(fused.cmpBelowOrEqual<u64>(s, record));
        break;
      case op.CMP_JS:
        then = u32(fused.cmpNegative<u8>(s, record));
        break;
      case op.CMP_JS + 1:
        then = u32(fused.cmpNegative<u16>(s, record));
        break;
      case op.CMP_JS + 2:
        then = u32(fused.cmpNegative<u32>(s, record));
        break;
      case op.CMP_JS + 3:
        then = u32(fused.cmpNegative<u64>(s, record));
        break;
      case op.CMP_JL:
        then = u32(fused.cmpLess<u8, i8>(s, record));
        break;
      case op.CMP_JL + 1:
        then = u32(fused.cmpLess<u16, i16>(s, record));
        break;
      case op.CMP_JL + 2:
        then = u32(fused.cmpLess<u32, i32>(s, record));
        break;
      case op.CMP_JL + 3:
        then = u32(fused.cmpLess<u64, i64>(s, record));
        break;
      case op.CMP_JLE:
        then = u32(fused.cmpLessOrEqual<u8, i8>(s, record));
        break;
      case op.CMP_JLE + 1:
        then = u32(fused.cmpLessOrEqual<u16, i16>(s, record));
        break;
      case op.CMP_JLE + 2:
        then = u32(fused.cmpLessOrEqual<u32, i32>(s, record));
        break;
      case op.CMP_JLE + 3:
        then = u32(fused.cmpLessOrEqual<u64, i64>(s, record));
        break;
      case op.TEST_JE:
        then = u32(fused.testZero<u8>(s, record));
        break;
      case op.TEST_JE + 1:
        then = u32(fused.testZero<u16>(s, record));
        break;
      case op.TEST_JE + 2:
        then = u32(fused.testZero<u32>(s, record));
        break;
      case op.TEST_JE + 3:
        then = u32(fused.testZero<u64>(s, record));
        break;
      case op.TEST_JS:
        then = u32(fused.testNegative<u8>(s, record));
        break;
      case op.TEST_JS + 1:
        then = u32(fused.testNegative<u16>(s, record));
        break;
      case op.TEST_JS + 2:
        then = u32(fused.testNegative<u32>(s, record));
        break;
      case op.TEST_JS + 3:
        then = u32(fused.testNegative<u64>(s, record));
        break;
      case op.TEST_JLE:
        then = u32(fused.testNegativeOrZero<u8>(s, record));
        break;
      case op.TEST_JLE + 1:
        then = u32(fused.testNegativeOrZero<u16>(s, record));
        break;
      case op.TEST_JLE + 2:
        then = u32(fused.testNegativeOrZero<u32>(s, record));
        break;
      case op.TEST_JLE + 3:
        then = u32(fused.testNegativeOrZero<u64>(s, record));
        break;
      case op.DEC_JE:
        then = u32(fused.decZero<u8>(s, record));
        break;
      case op.DEC_JE + 1:
        then = u32(fused.decZero<u16>(s, record));
        break;
      case op.DEC_JE + 2:
        then = u32(fused.decZero<u32>(s, record));
        break;
      case op.DEC_JE + 3:
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
    if (load<u64>(entry) === ((rip + load<u64>(s, S_CODE_BASE)) ^ load<u64>(s, S_MODE_TAG))) {
      const block = load<u32>(entry, 8);
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
