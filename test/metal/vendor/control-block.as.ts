// A vendor that does nothing: that it builds shows where the vendor's line is (platforms/metal/x86/vcpu.ts).
import { Cpu } from "../cpu.ts";

export function adoptLinux(_cpu: Cpu): void {}

export function dropEvents(_cpu: Cpu): void {}

export function setCell(_cpu: Cpu, _cell: u32): void {}

export function startAt(_cpu: Cpu, _entry: u64): void {}
