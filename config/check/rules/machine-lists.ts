// A configuration beside Linux' own lists of the machine that it is for: memory and ports that a driver or firmware has.
import * as abi from "../../../abi/config.ts";
import { APIC_PAGE, MESSAGE_WINDOW_SIZE } from "../../../abi/x86/apic.ts";
import { claimed, claimOf, lineText, type Unlisted, unlisted } from "../../create/claims.ts";
import { isDeviceSized } from "../../create/memory.ts";
import { C_STATE_PORTS, forbiddenPorts, usedPorts } from "../../create/ports.ts";
import type { Resource } from "../../create/resources.ts";
import { family, type Report } from "../finding.ts";
import { add } from "../fix.ts";
import type { Machine } from "../machine.ts";
import { ioapics, iommus, mmconfig, tableOf } from "../played.ts";
import {
  alignDown,
  alignUp,
  hex,
  isComm,
  PAGE,
  physical,
  type Range,
  span,
  uncovered,
} from "../ranges.ts";
import { type ConfigSet, machineOf, regionsOf } from "../set.ts";
import { devicesOf } from "./pci.ts";

const RULES = {
  "machine-memory-held": ["warning", "Memory that a driver has is in no region of the root cell"],
  "machine-memory-reserved": [
    "warning",
    "Memory that firmware reserves is in no region of the root cell",
  ],
  "machine-memory-large": ["note", "Firmware reserves more memory than registers have"],
  "machine-ports-held": ["warning", "Ports that a driver has are not the root cell's"],
} as const;
type Rule = keyof typeof RULES;
type Tell = Report<Rule>;

const REGISTERS = BigInt(abi.MEM_READ | abi.MEM_WRITE);
const RAM = REGISTERS | BigInt(abi.MEM_EXECUTE | abi.MEM_DMA);
const PM_TIMER_PORTS = 4n;
/** The local APIC, and the addresses of interrupt messages behind it. */
const MESSAGES: Range = { start: BigInt(APIC_PAGE), size: BigInt(MESSAGE_WINDOW_SIZE) };

/** What the root cell has, and what the hypervisor plays for it, there or by the configuration. */
function known(set: ConfigSet, { ioapics: chips, iommus: units, functions }: Machine): Range[] {
  const { system, root } = set;
  const devices = devicesOf(root);
  const listed = functions.filter(({ bdf }) => devices.some((device) => device.bdf === bdf));
  return [
    ...regionsOf(root)
      .filter((region) => !isComm(region))
      .map(physical),
    physical(system.hypervisorMemory),
    ...(system.architecture === "x86" ? [MESSAGES] : []),
    ...mmconfig(set),
    ...ioapics(set),
    ...iommus(set),
    ...devices.map(tableOf),
    ...chips.map(({ address }) => ({ start: BigInt(address), size: PAGE })),
    ...units.map(({ base, size }) => ({ start: base, size: BigInt(size) })),
    // Registers of a listed device are told with the device.
    ...listed.flatMap(({ bars }) => bars.filter(({ isPorts }) => !isPorts)),
  ];
}

/** Ports, one or more. */
const shown = (range: Range): string => (range.size === 1n ? hex(range.start) : span(range));

const pages = ({ start, size }: Range): Range => {
  const first = alignDown(start, PAGE);
  return { start: first, size: alignUp(start + size, PAGE) - first };
};

/** Whether a reserved range is RAM that firmware keeps. */
const isRam = ({ ram }: Machine, range: Range): boolean => uncovered(range, ram).length === 0;

function tellMemory(rule: Rule, set: ConfigSet, machine: Machine, found: Unlisted[], tell: Tell) {
  const at = set.root.at("memory");
  const given: Range[] = regionsOf(set.root).map(physical);
  for (const { line, holes } of found) {
    const flags = claimOf(line.name) !== "held" && isRam(machine, line) ? RAM : REGISTERS;
    // Two lines may be in one page.
    const wanted = holes.flatMap((hole) => uncovered(pages(hole), given));
    given.push(...wanted);
    tell(
      rule,
      at,
      `${holes.map(span).join(", ")}, in /proc/iomem "${lineText(line)}", is in no region of the root cell: what gets there is stopped`,
      {
        fix: wanted.map(({ start, size }) =>
          add(at, { physicalStart: start, virtualStart: start, size, flags }),
        ),
      },
    );
  }
}

function checkMemory(set: ConfigSet, machine: Machine, tell: Tell) {
  const have = known(set, machine);
  // What Arm's kernels keep free inside of RAM is nobody's to miss.
  const reserved = machine.isArm ? [] : claimed(machine.iomem, "firmware");
  const steps: readonly (readonly [Rule, readonly Resource[]])[] = [
    ["machine-memory-held", claimed(machine.iomem, "held", "persistent")],
    ["machine-memory-reserved", reserved.filter(isDeviceSized)],
    ["machine-memory-large", reserved.filter((line) => !isDeviceSized(line))],
  ];
  for (const [rule, lines] of steps) {
    // What memmap= keeps is the hypervisor's and the cells'.
    if (rule === "machine-memory-reserved") have.push(...machine.reserved);
    const found = unlisted(lines, have);
    have.push(...found.flatMap(({ holes }) => holes.map(pages)));
    if (rule !== "machine-memory-large") tellMemory(rule, set, machine, found, tell);
    else
      for (const { line } of found)
        tell(rule, set.root.at("memory"), `in /proc/iomem "${lineText(line)}" is in no region`);
  }
}

/** The ports of a machine's lists, C-states' as lines of their own. */
const usedPortLines = ({ ioports, cStates }: Machine): Resource[] => [
  ...usedPorts(ioports),
  ...cStates.map(({ port, state }) => ({
    start: BigInt(port),
    size: BigInt(C_STATE_PORTS),
    name: state,
    text: `cpuidle: ACPI's ${state}`,
    children: [],
  })),
];

function checkPorts({ system, root }: ConfigSet, machine: Machine, tell: Tell) {
  if (system.architecture !== "x86") return;
  const at = root.at("ports");
  const timer = machine.pmTimer ?? 0;
  const have = [
    ...root.cell.ports.map(({ base, length }) => ({ start: BigInt(base), size: BigInt(length) })),
    ...forbiddenPorts(),
    { start: BigInt(timer), size: timer === 0 ? 0n : PM_TIMER_PORTS },
  ];
  for (const { line, holes } of unlisted(usedPortLines(machine), have))
    tell(
      "machine-ports-held",
      at,
      `${holes.map(shown).join(", ")} ("${lineText(line)}") is not in the root cell's list: Linux is stopped at its first access`,
      {
        fix: holes.map(({ start, size }) => add(at, { base: Number(start), length: Number(size) })),
      },
    );
}

export const machineLists = family(RULES, (set, tell) => {
  const machine = machineOf(set);
  if (!machine) return;
  checkMemory(set, machine, tell);
  checkPorts(set, machine, tell);
});
