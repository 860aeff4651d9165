/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Which files may be read: what the command looks at, and nothing else. */
#include <stdio.h>
#include <string.h>

#include "agent.h"

#define JAILHOUSE	"/sys/devices/jailhouse"
#define CELL		JAILHOUSE "/cells/*"
#define CPU		"/sys/devices/system/cpu"
#define TABLES		"/sys/firmware/acpi/tables/"
#define TTY		"/sys/class/tty/*"

/* Directories, whose names may be listed, end with a slash. */
static const char *const allowed[] = {
	"/proc/cmdline", "/proc/cpuinfo", "/proc/iomem", "/proc/ioports", "/proc/meminfo", "/proc/modules",
	"/proc/sys/kernel/osrelease", "/proc/uptime",
	"/sys/bus/pci/devices/*/config", "/sys/bus/pci/devices/*/resource",
	"/sys/class/", "/sys/class/iommu/", "/sys/class/tty/",
	"/sys/class/dmi/id/bios_vendor", "/sys/class/dmi/id/product_name", "/sys/class/dmi/id/sys_vendor",
	TTY "/iomem_base", TTY "/iomem_reg_shift", TTY "/io_type", TTY "/port", TTY "/type",
	JAILHOUSE "/enabled", JAILHOUSE "/console", JAILHOUSE "/denials", JAILHOUSE "/scrub_left",
	JAILHOUSE "/trial", JAILHOUSE "/version",
	JAILHOUSE "/mem_pool_size", JAILHOUSE "/mem_pool_used",
	JAILHOUSE "/remap_pool_size", JAILHOUSE "/remap_pool_used",
	CELL "/name", CELL "/state", CELL "/config", CELL "/cpus_assigned_list", CELL "/cpus_failed_list",
	CELL "/statistics/vmexits_*", CELL "/statistics/cpu*/vmexits_*",
	CPU "/online", CPU "/present", CPU "/cpu*/uevent", CPU "/cpu*/topology/thread_siblings_list",
	CPU "/cpu*/cpuidle/state*/name", CPU "/cpu*/cpuidle/state*/desc",
	TABLES, TABLES "APIC", TABLES "MCFG", TABLES "DMAR", TABLES "IVRS",
	"/sys/hypervisor/type", "/sys/kernel/security/lockdown", "/sys/module/",
};

const char *root = "";

/* Whether @path fits @pattern: `*` stands for any part of one name. */
bool path_matches(const char *pattern, const char *path)
{
	for (; *pattern; pattern++, path++) {
		if (*pattern == '*') {
			for (;; path++) {
				if (path_matches(pattern + 1, path))
					return true;
				if (!*path || *path == '/')
					return false;
			}
		}
		if (*pattern != *path)
			return false;
	}
	return !*path;
}

/* Whether the file, or with a slash at its end the directory, may be read. */
bool path_allowed(const char *path)
{
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (path_matches(allowed[i], path))
			return true;
	return false;
}

/* The path of a file below the root directory, in a buffer of PATH_SIZE bytes; empty when it is too long. */
const char *path_below_root(char *buffer, const char *path)
{
	if (snprintf(buffer, PATH_SIZE, "%s%s", root, path) >= PATH_SIZE)
		*buffer = 0;
	return buffer;
}
