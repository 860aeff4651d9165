// CPUs: every cell has some, none is in two cells, and the root cell keeps one.
import { type Edit, family, type Report } from "../finding.ts";
import { setTo } from "../fix.ts";
import { type ConfigSet, type Part, pairs } from "../set.ts";

const RULES = {
  "cpu-none": ["error", "A cell has no CPU"],
  "cpu-limit": ["error", "A CPU number is too large"],
  "cpu-zero": ["error", "CPU 0 stays with the root cell"],
  "cpu-foreign": ["error", "A cell has a CPU that the root cell lacks"],
  "cpu-twice": ["error", "Two cells have the same CPU"],
  "cpu-all": ["error", "No CPU is left to the root cell"],
  "cpu-gap": ["warning", "The root cell leaves a CPU out"],
  "cpu-offline": ["error", "The machine does not have a CPU"],
  "cpu-forgotten": ["error", "A CPU of the machine is in no cell"],
  "smt-split": ["warning", "Two cells share a core"],
} as const;
type Tell = Report<keyof typeof RULES>;

/** CPU numbers are below this (hypervisor/core/limits.ts). */
const MAX_CPUS = 256;

const listed = (cpus: readonly number[]): string =>
  `${cpus.length === 1 ? "CPU" : "CPUs"} ${cpus.join(", ")}`;

/** Whether the root cell's system can give up all CPUs but 0 only, as Linux on x86. */
const keepsZero = ({ system }: ConfigSet): boolean => system.architecture === "x86";

/** CPUs that a cell of the set can have: the root cell's, without those that it keeps and those of earlier cells. */
function freeCpus(set: ConfigSet, part: Part): number[] {
  const { root, cells } = set;
  const taken = cells.slice(0, cells.indexOf(part)).flatMap(({ cell }) => cell.cpus);
  const kept = keepsZero(set) ? [0] : [];
  return root.cell.cpus.filter((cpu) => cpu < MAX_CPUS && ![...kept, ...taken].includes(cpu));
}

/** As many CPUs as the cell has, those that it can keep among them; none if there is none. */
function fixCpus(set: ConfigSet, part: Part): { fix?: Edit[] } {
  const free = freeCpus(set, part);
  const others = set.cells.filter((other) => other !== part).flatMap(({ cell }) => cell.cpus);
  const kept = part.cell.cpus.filter((cpu) => free.includes(cpu));
  const spare = free.filter((cpu) => !kept.includes(cpu) && !others.includes(cpu));
  const wanted = Math.max(1, part.cell.cpus.length);
  const cpus = [...kept, ...spare].slice(0, wanted).sort((a, b) => a - b);
  return cpus.length === 0 ? {} : { fix: [setTo(part.at("cpus"), cpus)] };
}

function checkPart(set: ConfigSet, part: Part, tell: Tell) {
  const place = part.at("cpus");
  const { cpus } = part.cell;
  if (cpus.length === 0) {
    const fix = part.isRoot ? { fix: [setTo(place, [0])] } : fixCpus(set, part);
    tell("cpu-none", place, `${part.label} has no CPU`, fix);
  }
  const large = cpus.filter((cpu) => cpu >= MAX_CPUS);
  if (large.length > 0)
    tell("cpu-limit", place, `${listed(large)}: numbers end at ${MAX_CPUS - 1}`, {
      fix: [
        setTo(
          place,
          cpus.filter((cpu) => cpu < MAX_CPUS),
        ),
      ],
    });
}

function checkCell(set: ConfigSet, part: Part, tell: Tell) {
  const place = part.at("cpus");
  const { cpus } = part.cell;
  if (cpus.includes(0) && keepsZero(set))
    tell(
      "cpu-zero",
      place,
      `${part.label} takes CPU 0, which the root cell's system cannot give away`,
      fixCpus(set, part),
    );
  const foreign = cpus.filter((cpu) => cpu < MAX_CPUS && !set.root.cell.cpus.includes(cpu));
  if (foreign.length > 0)
    tell(
      "cpu-foreign",
      place,
      `${part.label} has ${listed(foreign)}, but the root cell has only ${listed(set.root.cell.cpus)}`,
      { ...fixCpus(set, part), related: [set.root.at("cpus")] },
    );
}

function checkShared(set: ConfigSet, tell: Tell) {
  for (const [first, second] of pairs(set.cells)) {
    const both = second.cell.cpus.filter((cpu) => first.cell.cpus.includes(cpu));
    if (both.length > 0)
      tell(
        "cpu-twice",
        second.at("cpus"),
        `${listed(both)} ${both.length === 1 ? "is" : "are"} in ${first.label} too: the two cannot exist at the same time`,
        { ...fixCpus(set, second), related: [first.at("cpus")] },
      );
  }
}

function checkRoot(set: ConfigSet, tell: Tell) {
  const { root, cells, machine } = set;
  const { cpus } = root.cell;
  const place = root.at("cpus");
  const given = new Set(cells.flatMap(({ cell }) => cell.cpus));
  if (cpus.length > 0 && cpus.every((cpu) => given.has(cpu)))
    tell("cpu-all", place, `the cells take all CPUs of the root cell: ${cpus.join(", ")}`, {
      advice: `Leave the root cell at least ${keepsZero(set) ? "CPU 0" : "one CPU"}.`,
    });
  const { cpus: online } = machine;
  if (!online) {
    const gaps = Array.from(
      { length: Math.max(0, ...cpus.filter((cpu) => cpu < MAX_CPUS)) },
      (_, cpu) => cpu,
    ).filter((cpu) => !cpus.includes(cpu));
    if (gaps.length > 0)
      tell(
        "cpu-gap",
        place,
        `the root cell has CPUs up to ${Math.max(...cpus)} but not ${gaps.join(", ")}: all CPUs that are online must be listed`,
        {
          fix: [
            setTo(
              place,
              [...cpus, ...gaps].sort((a, b) => a - b),
            ),
          ],
        },
      );
    return;
  }
  const absent = cpus.filter((cpu) => !online.includes(cpu));
  const fix = [
    setTo(
      place,
      [...online].sort((a, b) => a - b),
    ),
  ];
  if (absent.length > 0)
    tell("cpu-offline", place, `the machine has no ${listed(absent)} online`, { fix });
  const missing = online.filter((cpu) => !cpus.includes(cpu));
  if (missing.length > 0)
    tell(
      "cpu-forgotten",
      place,
      `${listed(missing)} of the machine ${missing.length === 1 ? "is" : "are"} in no cell`,
      { fix },
    );
}

/** The cell gets the whole core, where the rest of it is the root cell's and CPU 0 is not in it. */
function wholeCore(core: readonly number[], guest: Part, owners: readonly Part[]): Edit[] {
  if (core.includes(0) || owners.some((owner) => owner !== guest && !owner.isRoot)) return [];
  const cpus = [...new Set([...guest.cell.cpus, ...core])].sort((a, b) => a - b);
  return [setTo(guest.at("cpus"), cpus)];
}

function checkSiblings({ root, cells, machine }: ConfigSet, tell: Tell) {
  const ownerOf = (cpu: number) =>
    cells.find(({ cell }) => cell.cpus.includes(cpu)) ??
    (root.cell.cpus.includes(cpu) ? root : undefined);
  for (const core of machine.siblings ?? []) {
    const owners = [...new Set(core.map(ownerOf).filter((owner) => owner !== undefined))];
    const [guest] = owners.filter(({ isRoot }) => !isRoot);
    if (owners.length < 2 || !guest) continue;
    tell(
      "smt-split",
      guest.at("cpus"),
      `CPUs ${core.join(" and ")} are one core, but belong to ${owners.map(({ label }) => label).join(" and ")}: they slow each other down and can spy on each other`,
      {
        fix: wholeCore(core, guest, owners),
        advice: "Give all CPUs of a core to one cell.",
        related: owners.filter((owner) => owner !== guest).map((owner) => owner.at("cpus")),
      },
    );
  }
}

export const cpus = family(RULES, (set, tell) => {
  for (const part of set.parts) checkPart(set, part, tell);
  for (const part of set.cells) checkCell(set, part, tell);
  checkShared(set, tell);
  checkRoot(set, tell);
  checkSiblings(set, tell);
});
