// The time-stamp counter. CPUs execute one after the other, a slice each, so that one may be behind what another one has read: the
// counter of a guest's CPUs never goes back from one reading to the next, wherever they are made (Intel SDM volume 3, section 18.17.1).
import { S_GUEST, S_TIME, S_TIME_SEEN, S_TSC_OFFSET } from "../interface.ts";
import { cpuCount, stateOf } from "../memory/machine.ts";
import { S_GUEST_TSC } from "../svm/state.ts";

/** The present as the TSC has it, in ticks: the CPU's own time, or what a CPU of the same guest has read if that is later. */
function present(s: u32): u64 {
  const guest = load<u32>(s, S_GUEST);
  let latest = load<u64>(s, S_TIME);
  for (let cpu: u32 = 0; cpu < cpuCount(); cpu++) {
    const other = stateOf(cpu);
    if (load<u32>(other, S_GUEST) === guest) latest = max(latest, load<u64>(other, S_TIME_SEEN));
  }
  store<u64>(s, latest, S_TIME_SEEN);
  return latest;
}

export function readTsc(s: u32): u64 {
  return present(s) + load<u64>(s, S_TSC_OFFSET) + load<u64>(s, S_GUEST_TSC);
}

export function writeTsc(s: u32, value: u64): void {
  store<u64>(s, value - present(s), S_TSC_OFFSET);
}
