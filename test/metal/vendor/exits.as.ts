// A vendor that does nothing: that it builds shows where the vendor's line is (platforms/metal/x86/vcpu.ts).
import { Cpu } from "../cpu.ts";

export function dispatch(_cpu: Cpu, _number: u32): void {}
