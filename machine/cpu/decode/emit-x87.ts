// The emitter of the x87 unit's instructions: one record, executed outside the inner loop, which finds the offset of its operand in memory
// at R_BASE, the opcode (D8 being 0) in R_EXTRA and the ModRM byte in R_IMM.

import { S_ADDRESS } from "../interpreter-state.ts";
import { R_BASE, R_EXTRA, R_IMM } from "../records.ts";
import { D_MEMORY, D_MODRM, D_OPCODE, D_OPERAND, field } from "./fields.ts";
import { rowOperation } from "./operands.ts";
import { emitBinary, prepareOffset, stateField } from "./write.ts";

/** x87 instructions and FWAIT. */
export function emitX87(): void {
  if (field(D_MEMORY)) prepareOffset();
  const record = emitBinary(rowOperation(), field(D_OPERAND), 0, 0);
  store<u32>(record, stateField(S_ADDRESS), R_BASE);
  store<u8>(record, <u8>(field(D_OPCODE) & 7), R_EXTRA);
  store<u64>(record, field(D_MODRM), R_IMM);
}
