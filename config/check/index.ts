// Checks configurations that shall run together: every rule by which the hypervisor would refuse them, and the mistakes
// that it would not notice. All findings at once.
import * as abi from "../../abi/config.ts";
import { encode } from "../encode.ts";
import { trailingText } from "../load.ts";
import type { Config } from "../types.ts";
import { type Family, type Finding, family, type Input, type Rule } from "./finding.ts";
import type { MachineFacts } from "./machine.ts";
import { bars } from "./rules/bars.ts";
import { capabilities } from "./rules/capabilities.ts";
import { consoles } from "./rules/consoles.ts";
import { cpus } from "./rules/cpus.ts";
import { gic } from "./rules/gic.ts";
import { homes } from "./rules/homes.ts";
import { hypervisorMemory } from "./rules/hypervisor-memory.ts";
import { identity } from "./rules/identity.ts";
import { irqchips } from "./rules/irqchips.ts";
import { lines } from "./rules/lines.ts";
import { machineLists } from "./rules/machine-lists.ts";
import { machineMemory } from "./rules/machine-memory.ts";
import { machinePci } from "./rules/machine-pci.ts";
import { machinePlatform } from "./rules/machine-platform.ts";
import { msix } from "./rules/msix.ts";
import { overlaps } from "./rules/overlaps.ts";
import { pci } from "./rules/pci.ts";
import { platform } from "./rules/platform.ts";
import { ports } from "./rules/ports.ts";
import { regions } from "./rules/regions.ts";
import { rootRam } from "./rules/root-ram.ts";
import { sharedMemory } from "./rules/shared-memory.ts";
import { start } from "./rules/start.ts";
import { support } from "./rules/support.ts";
import { makeSet } from "./set.ts";

export type { Edit, Finding, Input, Place, Rule, Severity } from "./finding.ts";
export { applyFix } from "./fix.ts";
export type { Machine, MachineFacts } from "./machine.ts";
export { type Step, stepsOf } from "./notation.ts";

const FAMILIES: readonly Family[] = [
  identity,
  hypervisorMemory,
  cpus,
  regions,
  rootRam,
  overlaps,
  homes,
  start,
  platform,
  ports,
  irqchips,
  gic,
  lines,
  pci,
  bars,
  msix,
  capabilities,
  sharedMemory,
  consoles,
  machineMemory,
  machinePci,
  machinePlatform,
  machineLists,
  support,
];

/** Files that are no configurations, or not the ones that are wanted. */
const FILE_RULES = {
  "file-unreadable": ["error", "A file cannot be read"],
  "file-format": ["error", "A file is damaged or no configuration"],
  "file-source": ["error", "A source cannot be evaluated"],
  "file-kind": ["error", "A file is of the other kind of configuration"],
  "file-trailing": ["warning", "Something follows a configuration"],
  "file-large": ["error", "A configuration is larger than the hypervisor accepts"],
} as const;

/** All rules by id. */
export const RULES: Readonly<Record<string, Rule>> = Object.assign(
  {},
  family(FILE_RULES, () => {}).rules,
  ...FAMILIES.map(({ rules }) => rules),
);

const SOURCE_CODES = ["source", "value", "key"];

function fileFinding(
  rule: keyof typeof FILE_RULES,
  file: number,
  message: string,
  advice?: string,
): Finding {
  const place = { file, path: "" };
  const [severity] = FILE_RULES[rule];
  return { rule, severity, place, message, related: [], fix: [], advice, ranges: [] };
}

function checkFile({ config, failure }: Input, file: number): Finding[] {
  if (failure) {
    const { code, message, hint } = failure;
    const rule =
      code === "file"
        ? "file-unreadable"
        : SOURCE_CODES.includes(code)
          ? "file-source"
          : "file-format";
    return [fileFinding(rule, file, message, hint)];
  }
  const wanted = file === 0 ? "system" : "cell";
  if (!config || config.kind === wanted) return [];
  return [
    fileFinding(
      "file-kind",
      file,
      `it is a ${config.kind} configuration, but a ${wanted} configuration is wanted here`,
      "The first file is the system's, all others are cells'.",
    ),
  ];
}

const LEAVE_OUT = "`jailhouse config compile FILE -o FILE` writes it without them.";

/** Size of a cell configuration that the hypervisor accepts, in bytes; a system is taken to need no more. */
const SIZE_MAX = abi.CONFIG_MAX_PAGES * 4096;

function checkSize({ config }: Input, file: number): Finding[] {
  const size = config ? encode(config).length : 0;
  if (size <= SIZE_MAX) return [];
  return [
    fileFinding(
      "file-large",
      file,
      `the configuration has ${size} bytes; ${SIZE_MAX} are accepted, and its entries were not looked at`,
      "Leave out entries: ranges next to each other can be one.",
    ),
  ];
}

function checkTrailing({ trailing = 0 }: Input, file: number): Finding[] {
  if (trailing === 0) return [];
  return [fileFinding("file-trailing", file, trailingText(trailing), LEAVE_OUT)];
}

/** Checks files: the first is the system, the others are the cells that shall run beside each other on it. */
export function checkInputs(inputs: readonly Input[], machine: MachineFacts = {}): Finding[] {
  const findings = inputs.flatMap(checkFile);
  const large = inputs.map(checkSize);
  findings.push(...large.flat(), ...inputs.flatMap(checkTrailing));
  const set = makeSet(
    inputs.map(({ config }, file) => (large[file]!.length > 0 ? undefined : config)),
    machine,
  );
  if (set) for (const one of FAMILIES) findings.push(...one.check(set));
  return findings;
}

/** Checks configurations as checkInputs does. */
export function checkConfigs(configs: readonly Config[], machine: MachineFacts = {}): Finding[] {
  return checkInputs(
    configs.map((config, index) => ({ path: `${index}`, config })),
    machine,
  );
}
