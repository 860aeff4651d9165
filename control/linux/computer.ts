// What Linux knows about the computer itself: its CPUs and which of them share a core, its memory, and whether it is a
// virtual machine.

import { parseCpuList } from "../sysfs.ts";
import { type Host, readIfAny } from "./host.ts";

const CPUS = "/sys/devices/system/cpu";
const KIB = 1024;
/** DMI system vendors and product names of virtual machines. */
const VIRTUAL = /qemu|kvm|bochs|virtualbox|vmware|xen|virtual machine|hvm domu|parallels/i;

const cpuList = (host: Host, file: string): number[] =>
  parseCpuList(readIfAny(host, `${CPUS}/${file}`) ?? "");

/** CPUs that are there, online or not. */
export const presentCpus = (host: Host): number[] => cpuList(host, "present");

/** CPUs that are there and not online. */
export function offlineCpus(host: Host): number[] {
  const online = new Set(cpuList(host, "online"));
  return presentCpus(host).filter((cpu) => !online.has(cpu));
}

/** RAM that Linux has, in bytes. */
export function memorySize(host: Host): number {
  const [, kib] = /^MemTotal: *(\d+) kB/m.exec(readIfAny(host, "/proc/meminfo") ?? "") ?? [];
  return Number(kib ?? 0) * KIB;
}

/** Whether something says that this is a virtual machine: CPUID's hypervisor bit, Xen's directory, or the firmware. */
export function isVirtual(host: Host): boolean {
  const flags = /^flags\s*:(.*)$/m.exec(readIfAny(host, "/proc/cpuinfo") ?? "")?.[1] ?? "";
  if (flags.split(/\s+/).includes("hypervisor")) return true;
  if (readIfAny(host, "/sys/hypervisor/type") !== undefined) return true;
  const dmi = ["sys_vendor", "product_name", "bios_vendor"];
  return dmi.some((file) => VIRTUAL.test(readIfAny(host, `/sys/class/dmi/id/${file}`) ?? ""));
}

/** For each online CPU of the set that shares a core with online CPUs outside of it: these. */
export function splitCores(host: Host, cpus: readonly number[]): [number, number[]][] {
  const inside = new Set(cpus);
  return cpus.flatMap((cpu): [number, number[]][] => {
    const siblings = cpuList(host, `cpu${cpu}/topology/thread_siblings_list`);
    const outside = siblings.filter((sibling) => !inside.has(sibling));
    return outside.length > 0 ? [[cpu, outside]] : [];
  });
}
