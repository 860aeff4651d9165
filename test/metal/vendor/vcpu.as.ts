// A vendor that does nothing: that it builds shows where the vendor's line is (platforms/metal/x86/vcpu.ts).
import { Cpu } from "../cpu.ts";

export const EXIT_INSTRUCTION: u32 = 0;

export function finishExit(_cpu: Cpu): void {}

export function flush(_cpu: Cpu): void {}

export function nestedTop(_root: usize): u64 {
  return 0;
}

export function freeNestedTop(_root: usize, _top: u64): void {}

export function idleTable(_page: usize): u64 {
  return 0;
}

export function hasEvent(_cpu: Cpu): bool {
  return false;
}

export function injectNmi(_cpu: Cpu): void {}

export function leave(_cpu: Cpu): void {}

export function loadGuest(_cpu: Cpu): void {}

export function nestedBits(_isWritable: bool, _isExecutable: bool): u64 {
  return 0;
}

export function prepareIdle(_cpu: Cpu, _top: u64, _page: u64): void {}

export function runGuest(_cpu: Cpu): void {}

export function runIdle(_cpu: Cpu, _at: u32, _flags: u32, _stack: u32): bool {
  return false;
}

export function switchOff(_cpu: Cpu): void {}

export function switchOn(_cpu: Cpu): void {}

export function watchHalts(_cpu: Cpu, _isWatched: bool): void {}
