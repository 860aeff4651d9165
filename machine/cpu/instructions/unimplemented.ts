// What the emulator lacks stops the CPU, with the instruction's bytes.

import { EXIT_UNIMPLEMENTED, S_EXIT_BYTES, S_EXIT_LENGTH } from "../interface.ts";
import { S_BLOCK_RIP, S_CODE_BASE } from "../interpreter-state.ts";
import { readAs } from "../memory/access.ts";
import { R_LENGTH, R_OFFSET } from "../records.ts";
import { raiseExit } from "../system/fault.ts";

/** Stops with EXIT_UNIMPLEMENTED at the record's instruction. */
export function stopUnimplemented(s: u32, record: u32): void {
  const length = <u32>load<u8>(record, R_LENGTH);
  const linear =
    load<u64>(s, S_BLOCK_RIP) + load<u64>(s, S_CODE_BASE) + load<u16>(record, R_OFFSET);
  memory.fill(s + S_EXIT_BYTES, 0, 16);
  for (let i: u32 = 0; i < length; i++)
    store<u8>(s + S_EXIT_BYTES + i, <u8>readAs(s, linear + i, 1, 0));
  raiseExit(s, EXIT_UNIMPLEMENTED, 0, 0);
  store<u32>(s, length, S_EXIT_LENGTH);
}
