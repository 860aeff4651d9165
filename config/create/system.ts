// A system configuration from what was collected of a machine.

import { SYS_IOMMU_COUNT } from "../../abi/config.ts";
import { hex } from "../check/ranges.ts";
import type {
  ConsoleDefinition,
  IommuDefinition,
  IrqchipDefinition,
  MemoryDefinition,
  PciDeviceDefinition,
  PortDefinition,
  SystemConfigDefinition,
} from "../definition.ts";
import { powerOfTwo } from "../units.ts";
import { type IoApic, type Iommu, readIoApics, readIommus, readMmconfigs } from "./acpi.ts";
import { claimed, lineText } from "./claims.ts";
import { readCpus, readCStatePorts, readSiblings } from "./cpus.ts";
import { brokenReservations, missingIommuOption } from "./kernel-options.ts";
import { type Entry, planMemory } from "./memory.ts";
import { describeFunction, isIommu, type PciFunction, planDevice, readPci } from "./pci.ts";
import { type Placement, place, type Sizes } from "./placement.ts";
import { isArm, platformText } from "./platform.ts";
import { planPorts } from "./ports.ts";
import { findPmTimer, type Resource, readMemory, readResources } from "./resources.ts";
import { firstLine, isEnabled, type Tree } from "./tree.ts";

export interface CreateOptions extends Sizes {
  /** The hypervisor's console: `none` or a line such as `ttyS0`; default: the first serial line. */
  readonly console?: string | undefined;
}

/** What came out: a definition whose entries know where they come from, and what a person must decide. */
export interface Plan {
  /** What the machine is called. */
  readonly machine: string;
  /** Which platform can run there. */
  readonly platform: string;
  readonly placement: Placement;
  /** Kernel options without which Linux cannot be the root cell: those that it was booted with, and those that it lacks. */
  readonly kernelOptions: { readonly given: string; readonly missing: string };
  readonly warnings: readonly string[];
  /** Lines of Linux' lists that are in no list of the configuration, because the hypervisor plays what is there. */
  readonly played: readonly string[];
  readonly debugConsole: Entry<ConsoleDefinition>;
  readonly pci: Entry<NonNullable<SystemConfigDefinition["pci"]>> | undefined;
  readonly x86: Entry<NonNullable<SystemConfigDefinition["x86"]>>;
  readonly iommuUnits: readonly Entry<IommuDefinition>[];
  readonly cpus: Entry<readonly number[]>;
  readonly memory: readonly Entry<MemoryDefinition>[];
  readonly irqchips: readonly Entry<IrqchipDefinition>[];
  readonly ports: readonly Entry<PortDefinition>[];
  readonly pciDevices: readonly Entry<PciDeviceDefinition>[];
}

const PINS = 24;
const LATER_PINS = 32;
const UNKNOWN_IOAPIC = 0xff00;
const IOMMU_SHIFT = 16;
/** Entries of the interrupt remapping table besides those of PCI devices. */
const OTHER_VECTORS = 120;
const UART_SPACING_4 = 2;
const NO_PC =
  "it is an Arm machine, and only PCs can be described from /proc and /sys: write its configuration by hand, or import one of the original's (jailhouse config import)";

function planCpus(tree: Tree, warnings: string[]): Entry<readonly number[]> {
  const value = readCpus(tree);
  if (value.length === 0) throw new Error("/proc/cpuinfo names no processor");
  const cores = readSiblings(tree, value);
  if (cores.length > 0) {
    const lists = cores.map((core) => core.join(",")).join("; ");
    warnings.push(`CPUs that share a core should go to one cell: ${lists}`);
  }
  return { comment: "/proc/cpuinfo", value };
}

function planConsole(
  tree: Tree,
  wanted: string | undefined,
  warnings: string[],
): Entry<ConsoleDefinition> {
  const line = wanted ?? "ttyS0";
  const isLinux = new RegExp(`\\bconsole=${line}\\b`).test(firstLine(tree, "/proc/cmdline"));
  if (isLinux && wanted === undefined)
    warnings.push(
      `${line} is Linux' console, too: what both say will be mixed (-c names another line, or none)`,
    );
  if (line === "none")
    return { comment: "none: messages are in the console page", value: { type: "none" } };
  const path = `/sys/class/tty/${line}/`;
  const port = Number(firstLine(tree, `${path}port`) || "0");
  const base = firstLine(tree, `${path}iomem_base`);
  const comment = `${line}, from ${path.slice(0, -1)}`;
  if (port !== 0) return { comment, value: { type: "8250", address: port } };
  if (base !== "" && BigInt(base) !== 0n) {
    const isWide = Number(firstLine(tree, `${path}iomem_reg_shift`)) === UART_SPACING_4;
    return {
      comment,
      value: {
        type: "8250",
        address: BigInt(base),
        size: 0x1000,
        flags: isWide ? ["mmio", "regdist-4"] : ["mmio"],
      },
    };
  }
  warnings.push(
    `${line} is no serial line of this machine: the hypervisor's messages are in the console page only`,
  );
  return { comment: `no ${line} was found`, value: { type: "none" } };
}

function planIrqchips(
  chips: readonly IoApic[],
  iommus: readonly Iommu[],
  warnings: string[],
): Entry<IrqchipDefinition>[] {
  if (chips.length === 0)
    warnings.push("no I/O APIC was found: /sys/firmware/acpi/tables/APIC is missing");
  return [...chips]
    .sort((a, b) => a.first - b.first)
    .map(({ id, address, first }, index, all) => {
      const next = all[index + 1];
      const count = next ? next.first - first : index === 0 ? PINS : LATER_PINS;
      const unit = iommus.findIndex(({ ioapics }) => ioapics.has(id));
      const bdf = unit < 0 ? UNKNOWN_IOAPIC : iommus[unit]!.ioapics.get(id)!;
      return {
        comment: `MADT: I/O APIC ${id}, interrupts from ${first}`,
        value: {
          address,
          id: (Math.max(0, unit) << IOMMU_SHIFT) | bdf,
          pins: Array.from({ length: Math.min(count, 128) }, (_, pin) => pin),
        },
      };
    });
}

function planIommu({ kind, base, size, bdf, capability, features }: Iommu): Entry<IommuDefinition> {
  const common = { type: kind, base, size } as const;
  return kind === "intel"
    ? { comment: "DMAR: remapping hardware", value: common }
    : {
        comment: "IVRS: hardware definition",
        value: { ...common, amd: { bdf, baseCapability: capability, features } },
      };
}

/** Everything that must be looked at, because the data do not decide it. */
function warnOfDevices(
  tree: Tree,
  functions: readonly PciFunction[],
  iommus: readonly Iommu[],
  warnings: string[],
): void {
  if (functions.some(({ isComplete }) => !isComplete))
    warnings.push(
      "configuration spaces end after 64 bytes: collect as root, or capabilities are missing",
    );
  for (const one of functions.filter(({ bars }) => bars.some(({ start }) => start === 0n)))
    warnings.push(
      `${describeFunction(one)} has registers that nobody has placed: the configuration leaves them out, and Linux cannot place them`,
    );
  if (functions.some(({ segment }) => segment !== 0))
    warnings.push("only PCI segment 0 is supported: devices of others are left out");
  for (const { base } of iommus.slice(SYS_IOMMU_COUNT))
    warnings.push(
      `the IOMMU at ${hex(base)} is left out: the format has room for ${SYS_IOMMU_COUNT}; Linux must not use it`,
    );
  for (const option of brokenReservations(tree))
    warnings.push(
      `Linux did not understand memmap=${option}: in /etc/default/grub the $ has to be quoted`,
    );
  const why = iommus.length === 0 ? "no IOMMU was found" : "the hypervisor drives no IOMMU";
  warnings.push(`${why}: a cell's devices can reach all memory, and need the flag unguarded-dma`);
  if (isEnabled(tree))
    warnings.push("the hypervisor was enabled when this was collected: what cells had is missing");
}

function planPmTimer(ioports: readonly Resource[], warnings: string[]): number {
  const timer = findPmTimer(ioports);
  if (timer === undefined)
    warnings.push("no PM timer was found: inmates that measure time by it hang");
  return timer ?? 0;
}

function planKernel(tree: Tree, { memmap, isReserved }: Placement, iommus: readonly Iommu[]) {
  const iommu = missingIommuOption(iommus, firstLine(tree, "/proc/cmdline"));
  const missing = [...(isReserved ? [] : [memmap]), ...(iommu ? [iommu] : [])];
  return { given: isReserved ? memmap : "", missing: missing.join(" ") };
}

/** Plans a system. Throws an Error that says why when the data do not make one. */
export function planSystem(tree: Tree, options: CreateOptions = {}): Plan {
  if (isArm(tree)) throw new Error(NO_PC);
  const warnings: string[] = [];
  const iomem = readMemory(tree);
  const ioports = readResources(tree, "/proc/ioports");
  const [ioapics, mmconfigs, iommus] = [readIoApics(tree), readMmconfigs(tree), readIommus(tree)];
  const all = readPci(tree);
  const functions = all.filter(({ segment }) => segment === 0);
  const cpus = planCpus(tree, warnings);
  const placement = place(tree, iomem, options);
  const memory = planMemory({ iomem, placement, functions, ioapics, mmconfigs, iommus });
  const ports = planPorts({ ioports, functions, cStates: readCStatePorts(tree) });
  const vectors = functions.reduce(
    (sum, { msi, msix }) => sum + Math.max(msi?.vectors ?? 0, msix?.vectors ?? 0),
    OTHER_VECTORS,
  );
  warnOfDevices(tree, all, iommus, warnings);
  const host = mmconfigs.find(({ segment }) => segment === 0);
  if (!host)
    warnings.push("no MCFG table: extended configuration space is neither reachable nor protected");
  const names = ["sys_vendor", "product_name"].map((file) =>
    firstLine(tree, `/sys/class/dmi/id/${file}`),
  );
  return {
    machine: names.filter((name) => name !== "").join(" ") || "unknown machine",
    platform: platformText(tree),
    placement,
    kernelOptions: planKernel(tree, placement, iommus),
    debugConsole: planConsole(tree, options.console, warnings),
    pci: host && { comment: "MCFG", value: { mmconfigBase: host.base, endBus: host.endBus } },
    x86: {
      comment: "/proc/ioports: ACPI PM_TMR; vectors of all devices",
      value: { pmTimer: planPmTimer(ioports, warnings), vtdInterruptLimit: powerOfTwo(vectors) },
    },
    iommuUnits: iommus.slice(0, SYS_IOMMU_COUNT).map(planIommu),
    cpus,
    memory: memory.entries,
    irqchips: planIrqchips(ioapics, iommus, warnings),
    ports: ports.entries,
    pciDevices: functions.filter((one) => !isIommu(one)).map(planDevice),
    played: [...memory.played, ...claimed(ioports, "played")].map(lineText),
    warnings: [...placement.warnings, ...warnings, ...memory.warnings, ...ports.warnings],
  };
}

/** The plan as a definition. */
export function definitionOf(plan: Plan): SystemConfigDefinition {
  const values = <Type>(entries: readonly Entry<Type>[]): Type[] =>
    entries.map(({ value }) => value);
  const { start, size } = plan.placement.hypervisor;
  return {
    flags: ["virtual-debug-console"],
    hypervisorMemory: { physical: start, size },
    debugConsole: plan.debugConsole.value,
    ...(plan.pci ? { pci: plan.pci.value } : {}),
    iommuUnits: values(plan.iommuUnits),
    x86: plan.x86.value,
    rootCell: {
      name: "RootCell",
      cpus: plan.cpus.value,
      memory: values(plan.memory),
      irqchips: values(plan.irqchips),
      ports: values(plan.ports),
      pciDevices: values(plan.pciDevices),
    },
  };
}
