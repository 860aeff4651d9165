// A configuration beside the machine that it is for: I/O APICs, PCI's configuration space, IOMMUs, the PM timer.
import * as abi from "../../../abi/config.ts";
import type { Iommu } from "../../create/acpi.ts";
import { missingIommuOption } from "../../create/kernel-options.ts";
import type { IommuUnit, Irqchip } from "../../types.ts";
import { type Edit, family, type Report } from "../finding.ts";
import { add, remove, setTo } from "../fix.ts";
import type { Machine } from "../machine.ts";
import { hex } from "../ranges.ts";
import { type ConfigSet, machineOf } from "../set.ts";

const RULES = {
  "machine-architecture": ["error", "The machine is of another architecture"],
  "machine-mmconfig": ["error", "PCI's configuration space is elsewhere"],
  "machine-ioapic": ["error", "The machine does not have an I/O APIC"],
  "machine-ioapic-forgotten": ["warning", "An I/O APIC of the machine is not listed"],
  "machine-iommu": ["warning", "The machine does not have an IOMMU"],
  "machine-iommu-forgotten": ["warning", "An IOMMU of the machine is not listed"],
  "machine-iommu-many": ["note", "The machine has more IOMMUs than the format has room for"],
  "machine-iommu-linux": ["warning", "Linux uses the IOMMU"],
  "machine-pm-timer": ["error", "The PM timer is at another port"],
} as const;
type Tell = Report<keyof typeof RULES>;

const place = (path: string) => ({ file: 0, path });

function checkMmconfig({ system }: ConfigSet, { mmconfig, hasTables }: Machine, tell: Tell) {
  const [base, endBus] = [mmconfig?.base ?? 0n, mmconfig?.endBus ?? 0];
  const isSame =
    base === system.pciMmconfigBase && (base === 0n || endBus === system.pciMmconfigEndBus);
  if (!hasTables || isSame) return;
  const fix = [setTo(place("pciMmconfigBase"), base), setTo(place("pciMmconfigEndBus"), endBus)];
  const message = mmconfig
    ? `the machine has it at ${hex(base)}, up to bus ${endBus} (MCFG)`
    : "the machine has none (there is no MCFG)";
  tell("machine-mmconfig", place("pciMmconfigBase"), message, { fix });
}

function checkIoapics({ root }: ConfigSet, { ioapics, hasTables }: Machine, tell: Tell) {
  if (!hasTables) return;
  const entries = [...root.cell.irqchips.entries()];
  const listed = (address: number) => entries.some(([, chip]) => chip.address === BigInt(address));
  const forgotten = ioapics.filter(({ address }) => !listed(address));
  const isReal = ({ address }: Irqchip) => ioapics.some((one) => BigInt(one.address) === address);
  const wrong = entries.filter(([, chip]) => !isReal(chip));
  for (const [index, { address }] of wrong) {
    const at = root.at(`irqchips[${index}]`);
    // With one of each there is no doubt which is meant.
    const meant = wrong.length === 1 && forgotten.length === 1 ? forgotten[0] : undefined;
    const fix: Edit[] = meant
      ? [setTo(root.at(`irqchips[${index}].address`), BigInt(meant.address))]
      : [remove(at)];
    tell("machine-ioapic", at, `the machine has no I/O APIC at ${hex(address)} (MADT)`, { fix });
    if (meant) return;
  }
  for (const { id, address } of forgotten)
    tell(
      "machine-ioapic-forgotten",
      root.at("irqchips"),
      `the machine's I/O APIC ${id} at ${hex(address)} is not listed: Linux loses its interrupts`,
      { advice: "Add it with all its pins; jailhouse config create writes the entry." },
    );
}

const TYPES = { intel: abi.IOMMU_TYPE_INTEL, amd: abi.IOMMU_TYPE_AMD } as const;

function unitOf({ kind, base, size, bdf, capability, features }: Iommu): IommuUnit {
  const unit = { type: TYPES[kind], base, size };
  if (kind === "intel") return unit;
  return { ...unit, amd: { bdf, baseCapability: capability, msiCapability: 0, features } };
}

function checkIommus({ system }: ConfigSet, { iommus, hasTables }: Machine, tell: Tell) {
  if (!hasTables) return;
  for (const [index, { base, type }] of system.iommuUnits.entries()) {
    if (base === 0n || iommus.some((one) => one.base === base && TYPES[one.kind] === type))
      continue;
    tell(
      "machine-iommu",
      place(`iommuUnits[${index}]`),
      `the machine has no such IOMMU at ${hex(base)} (${iommus.length === 0 ? "neither DMAR nor IVRS" : "DMAR, IVRS"})`,
      { fix: [remove(place(`iommuUnits[${index}]`))] },
    );
  }
  const forgotten = iommus.filter(
    (one) => !system.iommuUnits.some(({ base }) => base === one.base),
  );
  const room = Math.max(0, abi.SYS_IOMMU_COUNT - system.iommuUnits.length);
  for (const one of forgotten.slice(0, room))
    tell(
      "machine-iommu-forgotten",
      place("iommuUnits"),
      `the machine's ${one.kind === "amd" ? "AMD" : "Intel"} IOMMU at ${hex(one.base)} is not listed`,
      { fix: [add(place("iommuUnits"), unitOf(one))] },
    );
  for (const { base } of forgotten.slice(room))
    tell(
      "machine-iommu-many",
      place("iommuUnits"),
      `the machine's IOMMU at ${hex(base)} is not listed: there is room for ${abi.SYS_IOMMU_COUNT}`,
    );
}

function checkLinux({ iommus, commandLine }: Machine, tell: Tell) {
  const option = missingIommuOption(iommus, commandLine);
  if (option === undefined) return;
  tell(
    "machine-iommu-linux",
    place("iommuUnits"),
    `Linux may use the machine's IOMMU, without which the hypervisor must do: its command line has no ${option}`,
    { advice: `Boot Linux with ${option}` },
  );
}

function checkPmTimer({ system }: ConfigSet, { pmTimer }: Machine, tell: Tell) {
  if (pmTimer === undefined || !system.x86 || system.x86.pmTimerAddress === pmTimer) return;
  const at = place("x86.pmTimerAddress");
  tell("machine-pm-timer", at, `the machine has it at ${hex(pmTimer)} (ACPI PM_TMR)`, {
    fix: [setTo(at, pmTimer)],
  });
}

export const machinePlatform = family(RULES, (set, tell) => {
  const machine = machineOf(set);
  if (!machine && set.machine.found) {
    const [here, there] = set.machine.found.isArm ? ["Arm", "a PC"] : ["a PC", "Arm"];
    tell(
      "machine-architecture",
      place(""),
      `the machine is ${here}, the configuration is for ${there}`,
      {
        advice: "Take a configuration that was made for this machine.",
      },
    );
  }
  if (!machine) return;
  checkMmconfig(set, machine, tell);
  checkIoapics(set, machine, tell);
  checkIommus(set, machine, tell);
  checkLinux(machine, tell);
  checkPmTimer(set, machine, tell);
});
