// Members of the waist that are about cells beside the root cell. The core of Arm64 refuses those (hypervisor/arm64/arch.ts), so
// nothing asks for these members; if something does, the CPU stops with a text that names the member.

import { PANIC_CONTRACT } from "../numbers.ts";
import { say } from "./console.ts";
import * as hw from "./hw.ts";

function stop(member: string): void {
  say("FATAL: Arm64 has only the root cell yet, and nobody can be asked for:");
  say(member);
  hw.panic(PANIC_CONTRACT);
}

export function release(_cell: u32): void {
  stop("release");
}

export function scrub(_phys: u64, _size: u64): void {
  stop("scrub");
}

export function stopCpu(_cpu: u32): void {
  stop("stopCpu");
}

export function resumeCpu(_cpu: u32): void {
  stop("resumeCpu");
}

export function assignCpu(_cpu: u32, _cell: u32): void {
  stop("assignCpu");
}

export function resetCpu(_cpu: u32, _entry: u64): void {
  stop("resetCpu");
}

export function pciRead(_bdf: u32, _register: u32, _size: u32): u32 {
  stop("pciRead");
  return 0;
}

export function pciWrite(_bdf: u32, _register: u32, _size: u32, _value: u32): void {
  stop("pciWrite");
}

export function attachDevice(_cell: u32, _iommu: u32, _bdf: u32): void {
  stop("attachDevice");
}

export function detachDevice(_iommu: u32, _bdf: u32): void {
  stop("detachDevice");
}
