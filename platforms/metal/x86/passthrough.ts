// The waist's members that touch devices on a cell's behalf.

import { SYS_PCI_MMCONFIG_BASE, SYS_PCI_MMCONFIG_END_BUS } from "../../../abi/config.ts";
import { acquire, give } from "../spin.ts";
import { cpuOf } from "./cpu.ts";
import * as hw from "./hw.ts";
import { configAddress } from "./time.ts";
import { readPhysical, writePhysical } from "./windows.ts";

const PCI_ADDRESS_PORT: u32 = 0xcf8;
const PCI_DATA_PORT: u32 = 0xcfc;
const PCI_ENABLE: u32 = 0x80000000;
const BUS_SHIFT: u32 = 8;
const ECAM_SHIFT: u64 = 12;
/** Registers that the ports reach. */
const PORT_REGISTERS: u32 = 0x100;
const DWORD_MASK: u32 = ~3;

/** Guards the two configuration ports. */
const PCI_LOCK: usize = memory.data(4, 4);

export function portIn(port: u32, size: u32): u32 {
  return hw.portIn(port, size);
}

export function portOut(port: u32, size: u32, value: u32): void {
  hw.portOut(port, size, value);
}

export function mmioRead(address: u64, size: u32): u64 {
  return readPhysical(address, size);
}

export function mmioWrite(address: u64, size: u32, value: u64): void {
  writePhysical(address, size, value);
}

/** Address in the memory-mapped configuration space; 0 where there is none for this bus. */
function ecamAddress(bdf: u32, register: u32): u64 {
  const config = configAddress();
  const base = hw.coreRead(config + SYS_PCI_MMCONFIG_BASE, 8);
  if (!base || bdf >>> BUS_SHIFT > <u32>hw.coreRead(config + SYS_PCI_MMCONFIG_END_BUS, 1)) return 0;
  return base + ((<u64>bdf) << ECAM_SHIFT) + register;
}

function selectRegister(bdf: u32, register: u32): u32 {
  hw.portOut(PCI_ADDRESS_PORT, 4, PCI_ENABLE | (bdf << BUS_SHIFT) | (register & DWORD_MASK));
  return PCI_DATA_PORT + (register & ~DWORD_MASK);
}

export function pciRead(bdf: u32, register: u32, size: u32): u32 {
  const address = ecamAddress(bdf, register);
  if (address) return <u32>readPhysical(address, size);
  if (register >= PORT_REGISTERS) return ~0;
  acquire(PCI_LOCK);
  const value = hw.portIn(selectRegister(bdf, register), size);
  give(PCI_LOCK);
  return value;
}

export function pciWrite(bdf: u32, register: u32, size: u32, value: u32): void {
  const address = ecamAddress(bdf, register);
  if (address) {
    writePhysical(address, size, value);
    return;
  }
  if (register >= PORT_REGISTERS) return;
  acquire(PCI_LOCK);
  hw.portOut(selectRegister(bdf, register), size, value);
  give(PCI_LOCK);
}

/** Those that entering a guest exchanges are not asked for by number. */
export function readMsr(_cpu: u32, msr: u32, destination: u32): u32 {
  if (!hw.tryReadMsr(msr)) return 0;
  hw.coreWrite(destination, hw.readMsrValue());
  return 1;
}

export function writeMsr(_cpu: u32, msr: u32, value: u64): u32 {
  return hw.tryWriteMsr(msr, value);
}

/** Executed once for all parts, which are asked for one after the other: it is slow, and below another hypervisor very slow. */
export function cpuid(cpu: u32, leaf: u32, subleaf: u32, part: u32): u32 {
  const self = cpuOf(cpu);
  const asked = ((<u64>leaf) << 32) | subleaf;
  if (!self.hasCpuid || self.cpuidAsked !== asked) {
    hw.cpuidParts(leaf, subleaf, self.cpuid);
    self.cpuidAsked = asked;
    self.hasCpuid = 1;
  }
  return load<u32>(self.cpuid + (part << 2));
}

/** No IOMMU is driven: the DMA of devices reaches all memory. */
export function attachDevice(_cell: u32, _iommu: u32, _bdf: u32): void {}

export function detachDevice(_iommu: u32, _bdf: u32): void {}
