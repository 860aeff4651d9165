// A look at a CPU's page tables from outside: nothing is marked, raised or counted.

import { S_EXIT_CODE, S_EXIT_INFO1, S_EXIT_INFO2, S_EXIT_LENGTH, S_FAULT } from "../interface.ts";
import { NO_ADDRESS } from "./layout.ts";
import { stateOf } from "./machine.ts";
import { ACCESS_PROBE, translate } from "./paging.ts";

/** Guest-physical address of a linear one by a CPU's own page tables, at supervisor privilege, or NO_ADDRESS. */
export function translateLinear(cpu: u32, address: u64): u64 {
  const s = stateOf(cpu);
  const fault = load<u32>(s, S_FAULT);
  const code = load<u32>(s, S_EXIT_CODE);
  const length = load<u32>(s, S_EXIT_LENGTH);
  const info1 = load<u64>(s, S_EXIT_INFO1);
  const info2 = load<u64>(s, S_EXIT_INFO2);
  store<u32>(s, 0, S_FAULT);
  const result = translate(s, address, ACCESS_PROBE);
  const missed = load<u32>(s, S_FAULT) != 0;
  store<u32>(s, fault, S_FAULT);
  store<u32>(s, code, S_EXIT_CODE);
  store<u32>(s, length, S_EXIT_LENGTH);
  store<u64>(s, info1, S_EXIT_INFO1);
  store<u64>(s, info2, S_EXIT_INFO2);
  return missed ? NO_ADDRESS : result;
}
