// CPUs: which are online, and which of them share a core.
import { firstLine, linesOf, type Tree } from "./tree.ts";

const CPUS = "/sys/devices/system/cpu";

/** The CPUs that /proc/cpuinfo lists: those that are online. */
export function readCpus(tree: Tree): number[] {
  return linesOf(tree, "/proc/cpuinfo")
    .map((line) => /^processor\s*:\s*(\d+)/.exec(line)?.[1])
    .filter((text) => text !== undefined)
    .map(Number);
}

/** Whether all processors have a feature, by the name that /proc/cpuinfo gives it. */
export function haveFeature(tree: Tree, name: string): boolean {
  const lines = linesOf(tree, "/proc/cpuinfo").filter((line) => /^flags\s*:/.test(line));
  return lines.every((line) => line.split(/\s+/).includes(name));
}

/** The numbers of a list such as `0-2,5`. */
function numbersOf(list: string): number[] {
  return list.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number) as [number, number?];
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Which of the CPUs share a core: a list for each core that has several. */
export function readSiblings(tree: Tree, cpus: readonly number[]): number[][] {
  const cores = new Map<string, number[]>();
  for (const cpu of cpus) {
    const path = `/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`;
    const list = firstLine(tree, path);
    if (/^[\d,-]+$/.test(list)) cores.set(list, numbersOf(list));
  }
  return [...cores.values()]
    .map((core) => core.filter((cpu) => cpus.includes(cpu)))
    .filter(({ length }) => length > 1);
}

/** A port of ACPI's that takes the CPU that reads it to sleep (ACPI 6.4, section 8.4.2.1). */
export interface CStatePort {
  readonly port: number;
  /** What Linux calls the state. */
  readonly state: string;
}

/** The ports of all CPUs' C-states: those that are not entered by an instruction. */
export function readCStatePorts(tree: Tree): CStatePort[] {
  const ports = new Map<number, CStatePort>();
  for (const cpu of tree.list(CPUS).filter((name) => /^cpu\d+$/.test(name)))
    for (const name of tree.list(`${CPUS}/${cpu}/cpuidle`)) {
      const path = `${CPUS}/${cpu}/cpuidle/${name}`;
      const port = Number(
        /^ACPI IOPORT (0x[0-9a-f]+)$/i.exec(firstLine(tree, `${path}/desc`))?.[1],
      );
      if (port > 0) ports.set(port, { port, state: firstLine(tree, `${path}/name`) || name });
    }
  return [...ports.values()];
}
