// CMC, CLC, STC, CLD, STD, SAHF, LAHF, SALC.

import {
  FLAG_AF,
  FLAG_CF,
  FLAG_DF,
  FLAG_FIXED,
  FLAG_OF,
  FLAG_PF,
  FLAG_SF,
  FLAG_ZF,
} from "../../../abi/x86/registers.ts";
import { arithmeticFlags, carry, setArithmeticFlags } from "../flags.ts";
import { S_FLAGS, S_GPR } from "../interface.ts";
import { CLC, CLD, CMC, LAHF, SAHF, SALC, STC } from "../operations.gen.ts";

/** Offset of AH in the state block. */
const AH: u32 = S_GPR + 1;
/** Flags that SAHF loads. */
const LOW_FLAGS: u32 = FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF;

/** Executes one of the instructions above. */
export function flagControl(s: u32, operation: u32): void {
  const flags = arithmeticFlags(s);
  if (operation === CMC) setArithmeticFlags(s, flags ^ FLAG_CF);
  else if (operation === CLC) setArithmeticFlags(s, flags & ~FLAG_CF);
  else if (operation === STC) setArithmeticFlags(s, flags | FLAG_CF);
  else if (operation === SAHF)
    setArithmeticFlags(s, (flags & FLAG_OF) | (load<u8>(s, AH) & LOW_FLAGS));
  else if (operation === LAHF) store<u8>(s, <u8>(flags | FLAG_FIXED), AH);
  else if (operation === SALC) store<u8>(s, <u8>(0 - carry(s)), S_GPR);
  else {
    const others = load<u64>(s, S_FLAGS) & ~(<u64>FLAG_DF);
    store<u64>(s, operation === CLD ? others : others | FLAG_DF, S_FLAGS);
  }
}
