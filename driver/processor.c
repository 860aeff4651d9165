// SPDX-License-Identifier: GPL-2.0
/* What the processor must have, and which image fits it: what vendors differ in is in amd.c and intel.c. */
#include <linux/cc_platform.h>
#include <asm/cpufeature.h>
#include <asm/processor.h>

#include "driver.h"

/* Whose virtualisation it is: Zhaoxin's and Centaur's processors have Intel's, as all others would. */
bool jh_is_amd(void)
{
	return boot_cpu_data.x86_vendor == X86_VENDOR_AMD || boot_cpu_data.x86_vendor == X86_VENDOR_HYGON;
}

const char *jh_image_name(void)
{
	return jh_is_amd() ? "jailhouse-amd.bin" : "jailhouse-intel.bin";
}

/* -ENODEV with a message where the hypervisor cannot run. */
int jh_check_processor(void)
{
	if (boot_cpu_has(X86_FEATURE_XENPV) || cc_platform_has(CC_ATTR_MEM_ENCRYPT)) {
		pr_err("jailhouse: Not possible in a Xen guest or with memory encryption (mem_encrypt=off)\n");
		return -ENODEV;
	}
	return jh_is_amd() ? jh_amd_check() : jh_intel_check();
}

/* Whether KVM or another hypervisor is at work on this CPU. */
bool jh_virtualisation_in_use(void)
{
	return jh_is_amd() ? jh_amd_in_use() : jh_intel_in_use();
}
