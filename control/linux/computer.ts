// What Linux knows about the computer itself: its CPUs and which of them share a core, its memory, and whether it is a
// virtual machine.

import { parseCpuList } from "../sysfs.ts";
import type { Files } from "./files.ts";

const CPUS = "/sys/devices/system/cpu";
const KIB = 1024;
const SIBLINGS = "topology/thread_siblings_list";
const DMI = ["sys_vendor", "product_name", "bios_vendor"].map(
  (file) => `/sys/class/dmi/id/${file}`,
);

/** What the functions here read. */
export const CPU_FILES: readonly string[] = [`${CPUS}/present`, `${CPUS}/online`];
export const MEMORY_FILES: readonly string[] = ["/proc/meminfo"];
export const CORE_FILES: readonly string[] = [`${CPUS}/cpu*/${SIBLINGS}`];
export const VIRTUAL_FILES: readonly string[] = ["/proc/cpuinfo", "/sys/hypervisor/type", ...DMI];

/** DMI system vendors and product names of virtual machines. */
const VIRTUAL =
  /qemu|kvm|bochs|virtualbox|vmware|xen|virtual machine|hvm domu|parallels|emulated pc/i;

const cpuList = (files: Files, file: string): number[] =>
  parseCpuList(files.textIfAny(`${CPUS}/${file}`) ?? "");

/** CPUs that are there, online or not. */
export const presentCpus = (files: Files): number[] => cpuList(files, "present");

/** CPUs that are there and not online. */
export function offlineCpus(files: Files): number[] {
  const online = new Set(cpuList(files, "online"));
  return presentCpus(files).filter((cpu) => !online.has(cpu));
}

/** RAM that Linux has, in bytes. */
export function memorySize(files: Files): number {
  const [, kib] = /^MemTotal: *(\d+) kB/m.exec(files.textIfAny("/proc/meminfo") ?? "") ?? [];
  return Number(kib ?? 0) * KIB;
}

/** Whether something says that this is a virtual machine: CPUID's hypervisor bit, Xen's directory, or the firmware. */
export function isVirtual(files: Files): boolean {
  const flags = /^flags\s*:(.*)$/m.exec(files.textIfAny("/proc/cpuinfo") ?? "")?.[1] ?? "";
  if (flags.split(/\s+/).includes("hypervisor")) return true;
  if (files.textIfAny("/sys/hypervisor/type") !== undefined) return true;
  return DMI.some((file) => VIRTUAL.test(files.textIfAny(file) ?? ""));
}

/** For each online CPU of the set that shares a core with online CPUs outside of it: these. */
export function splitCores(files: Files, cpus: readonly number[]): [number, number[]][] {
  const inside = new Set(cpus);
  return cpus.flatMap((cpu): [number, number[]][] => {
    const siblings = cpuList(files, `cpu${cpu}/${SIBLINGS}`);
    const outside = siblings.filter((sibling) => !inside.has(sibling));
    return outside.length > 0 ? [[cpu, outside]] : [];
  });
}
