// What is collected of a machine: all that is read to describe it. tools/config-collect.sh has the same list.

/** Patterns of paths; `*` stands for any part of one name. */
export const COLLECTED: readonly string[] = [
  "/proc/iomem",
  "/proc/cpuinfo",
  "/proc/cmdline",
  "/proc/ioports",
  "/sys/bus/pci/devices/*/config",
  "/sys/bus/pci/devices/*/resource",
  "/sys/devices/system/cpu/cpu*/uevent",
  "/sys/devices/system/cpu/cpu*/topology/thread_siblings_list",
  "/sys/devices/system/cpu/cpu*/cpuidle/state*/name",
  "/sys/devices/system/cpu/cpu*/cpuidle/state*/desc",
  "/sys/firmware/acpi/tables/APIC",
  "/sys/firmware/acpi/tables/MCFG",
  "/sys/firmware/acpi/tables/DMAR",
  "/sys/firmware/acpi/tables/IVRS",
  "/sys/class/dmi/id/product_name",
  "/sys/class/dmi/id/sys_vendor",
  "/sys/class/tty/*/iomem_base",
  "/sys/class/tty/*/iomem_reg_shift",
  "/sys/class/tty/*/io_type",
  "/sys/class/tty/*/port",
  "/sys/devices/jailhouse/enabled",
];
