// A vendor that does nothing: that it builds shows where the vendor's line is (platforms/metal/x86/vcpu.ts).
export function grantMsrs(_cell: u32, _first: u32, _count: u32, _access: u32): void {}

export function revokeMsrs(_cell: u32, _first: u32, _count: u32, _access: u32): void {}
