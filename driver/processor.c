// SPDX-License-Identifier: GPL-2.0
/* What the processor must have, and which image fits it. */
#include <linux/cc_platform.h>
#include <asm/cpufeature.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "driver.h"
#include "registers.h"

/* MSR_VM_CR: the firmware has locked SVM out. */
#define VM_CR_SVMDIS	BIT_ULL(4)

const char *jh_image_name(void)
{
	return boot_cpu_has(X86_FEATURE_VMX) ? "jailhouse-intel.bin" : "jailhouse-amd.bin";
}

static int check_svm(void)
{
	if (!boot_cpu_has(X86_FEATURE_SVM)) {
		pr_err("jailhouse: This processor has no virtualisation (AMD SVM)\n");
		return -ENODEV;
	}
	if (jh_read_msr(MSR_VM_CR) & VM_CR_SVMDIS) {
		pr_err("jailhouse: AMD SVM is switched off in the firmware's setup\n");
		return -ENODEV;
	}
	if (!boot_cpu_has(X86_FEATURE_NPT)) {
		pr_err("jailhouse: This processor has no nested paging\n");
		return -ENODEV;
	}
	return 0;
}

/* -ENODEV with a message where the hypervisor cannot run. */
int jh_check_processor(void)
{
	if (boot_cpu_has(X86_FEATURE_XENPV) || cc_platform_has(CC_ATTR_MEM_ENCRYPT)) {
		pr_err("jailhouse: Not possible in a Xen guest or with memory encryption (mem_encrypt=off)\n");
		return -ENODEV;
	}
	return boot_cpu_has(X86_FEATURE_VMX) ? 0 : check_svm();
}

/* Whether KVM or another hypervisor is at work on this CPU. */
bool jh_virtualisation_in_use(void)
{
	if (boot_cpu_has(X86_FEATURE_VMX))
		return jh_read_cr4() & X86_CR4_VMXE;
	return jh_read_msr(MSR_EFER) & EFER_SVME;
}
