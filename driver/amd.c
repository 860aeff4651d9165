// SPDX-License-Identifier: GPL-2.0
/* Processors with AMD's virtualisation (AMD64 Architecture Programmer's Manual, volume 2, chapter 15). */
#include <asm/cpufeature.h>
#include <asm/msr-index.h>

#include "driver.h"
#include "registers.h"

/* MSR_VM_CR: the firmware has locked SVM out. */
#define VM_CR_SVMDIS	BIT_ULL(4)

/* 0, or -ENODEV with a message. */
int jh_amd_check(void)
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

bool jh_amd_in_use(void)
{
	return jh_read_msr(MSR_EFER) & EFER_SVME;
}
