// PCI's configuration space in memory (PCI Express Base Specification, section 7.2.2): where it is, and which device and register an
// access means. config-space.ts says what may be done. A machine without it has PCI by the architecture's own means, or none.
import { SYS_PCI_MMCONFIG_BASE, SYS_PCI_MMCONFIG_END_BUS } from "../../../abi/config.ts";
import { EINVAL, ENOMEM } from "../../../abi/errno.ts";
import { Cell } from "../cells/cell.ts";
import { overlap, systemConfig } from "../config.ts";
import { ADDRESS_LIMIT, PAGE_MASK } from "../limits.ts";
import { MMIO_ECAM, mmioRegister } from "../memory/ranges.ts";
import { refuse } from "../refuse.ts";
import { configPlace } from "./bdf.ts";

const BDF_SHIFT: u64 = 12;
const BUS_SHIFT: u64 = 20;
const REGISTER_MASK: u64 = 0xfff;

/** Where it begins; 0 if there is none. */
export function ecamBase(): u64 {
  return load<u64>(systemConfig(), SYS_PCI_MMCONFIG_BASE);
}

/** Its size in bytes; 0 if there is none. */
function ecamSize(): u64 {
  const buses = <u64>load<u8>(systemConfig(), SYS_PCI_MMCONFIG_END_BUS) + 1;
  return ecamBase() ? buses << BUS_SHIFT : 0;
}

/** Refuses a machine whose configuration space cannot be where the configuration has it. Returns 0 or -EINVAL. */
export function checkEcam(): i32 {
  if (!(ecamBase() & PAGE_MASK) && ecamBase() <= ADDRESS_LIMIT - ecamSize()) return 0;
  return refuse(EINVAL, "PCI's memory-mapped configuration space is out of place");
}

/** Whether physical [phys, phys+size) has a part of it. */
export function hasEcam(phys: u64, size: u64): bool {
  return overlap(phys, size, ecamBase(), ecamSize());
}

/** Whether guest-physical `address` is in it. */
export function isEcam(address: u64): bool {
  return address - ecamBase() < ecamSize();
}

/** Bus, device and function that an offset into it means. */
export function ecamDevice(offset: u64): u32 {
  return <u32>(offset >> BDF_SHIFT);
}

/** The register that an offset into it means. */
export function ecamRegister(offset: u64): u32 {
  return <u32>(offset & REGISTER_MASK);
}

/** What an address there stands for, as DENIAL_ADDRESS has it. */
export function ecamPlace(address: u64): u64 {
  const offset = address - ecamBase();
  return configPlace(ecamDevice(offset), ecamRegister(offset));
}

/** Traps it in `cell`. Returns 0 or -ENOMEM. */
export function trapEcam(cell: Cell): i32 {
  if (!ecamSize() || mmioRegister(cell, ecamBase(), ecamSize(), MMIO_ECAM, 0)) return 0;
  return refuse(ENOMEM, "too many trapped ranges");
}
