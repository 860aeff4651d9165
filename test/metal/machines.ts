// The machines without Linux on which images are booted: each bed with each vendor's processor that it has.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  SYS_PCI_MMCONFIG_BASE,
  SYS_PCI_MMCONFIG_END_BUS,
  SYS_X86_APIC_MODE,
} from "../../abi/config.ts";
import type { Bed } from "../../tools/metal/beds/bed.ts";
import { BEDS, systemOf } from "../../tools/metal/beds/index.ts";
import { buildImage, FIRMWARE } from "../../tools/metal/image.ts";
import { ROOT } from "../../tools/root.ts";

/** A vendor by what --cpu calls it, and the mechanism by its name. */
const VENDORS = [
  { vendor: "amd", mechanism: "AMD-V" },
  { vendor: "intel", mechanism: "VT-x" },
] as const;

export interface TestMachine {
  readonly title: string;
  readonly vendor: (typeof VENDORS)[number]["vendor"];
  readonly bed: Bed;
  /** The emulator's name of the processor. */
  readonly cpu: string;
  /** Titles of conformance cases that cannot pass there, and why. */
  readonly wrong: ReadonlyMap<string, string>;
}

export const MACHINES: readonly TestMachine[] = BEDS.flatMap((bed) =>
  VENDORS.flatMap(({ vendor, mechanism }) => {
    const processor = bed.processors.get(vendor);
    if (!processor) return [];
    const { model: cpu, wrong = new Map() } = processor;
    return [{ title: `${mechanism} of ${bed.title}`, vendor, bed, cpu, wrong }];
  }),
);

/** The image for a vendor's processors, of the core at `path`; by default of that in dist/. */
export function imageFor(
  { vendor }: Pick<TestMachine, "vendor">,
  core = join(ROOT, "dist/hypervisor.wasm"),
): Uint8Array {
  const { platform, target } = FIRMWARE.find(({ name }) => name === `jailhouse-${vendor}.bin`)!;
  return buildImage({ root: ROOT, core, platform: join(ROOT, "dist", platform), target }).bytes;
}

/**
 * The loader's system configuration, with PCI's configuration space in memory where the machine has it, or nowhere; and in xAPIC mode
 * where the machine's own configuration has that.
 */
export function systemFor(machine: TestMachine): Buffer {
  const bytes = Buffer.from(readFileSync(join(ROOT, "configs/qemu-x86.cell")));
  const own = readFileSync(join(ROOT, systemOf(machine.bed, machine).file));
  own.copy(bytes, SYS_PCI_MMCONFIG_BASE, SYS_PCI_MMCONFIG_BASE, SYS_PCI_MMCONFIG_END_BUS + 1);
  own.copy(bytes, SYS_X86_APIC_MODE, SYS_X86_APIC_MODE, SYS_X86_APIC_MODE + 1);
  return bytes;
}
