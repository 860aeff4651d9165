// A vendor that does nothing: that it builds shows where the vendor's line is (platforms/metal/x86/vcpu.ts).
import { Cpu } from "../cpu.ts";

export function saveState(_cpu: Cpu): void {}

export function readRegister(_cpu: u32, _register: u32): u64 {
  return 0;
}

export function writeRegister(_cpu: u32, _register: u32, _value: u64): void {}

export function injectException(_cpu: u32, _vector: u32, _errorCode: i32): void {}
