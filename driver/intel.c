// SPDX-License-Identifier: GPL-2.0
/*
 * Processors with Intel's virtualisation (Software Developer's Manual, volume 3, "Introduction to VMX Operation" and appendix A).
 * What is asked of the processor itself is not what Linux makes of it: it forgets VMX where the firmware has switched that off.
 */
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/msr-index.h>
#include <asm/processor-flags.h>

#include "driver.h"
#include "registers.h"

/* CPUID leaf 1, ECX. */
#define CPUID_VMX		BIT(5)
/* IA32_VMX_PROCBASED_CTLS, allowed: there are secondary controls, of which IA32_VMX_PROCBASED_CTLS2 allows these. */
#define SECONDARY_CONTROLS	BIT_ULL(32 + 31)
#define CONTROL_EPT		BIT_ULL(32 + 1)
#define CONTROL_UNRESTRICTED	BIT_ULL(32 + 7)
/* IA32_MKTME_KEYID_PARTITIONING: how many keys there are for trust domains, in the upper half. */
#define MSR_KEYID_PARTITIONING	0x87

static int refuse(const char *why)
{
	pr_err("jailhouse: %s\n", why);
	return -ENODEV;
}

/* What the firmware has locked. What it left open the image may set, as Linux does at its start. */
static int check_firmware(void)
{
	u64 control = jh_read_msr(MSR_IA32_FEAT_CTL);

	if (!(control & FEAT_CTL_LOCKED) || control & FEAT_CTL_VMX_ENABLED_OUTSIDE_SMX)
		return 0;
	if (control & FEAT_CTL_VMX_ENABLED_INSIDE_SMX)
		return refuse("Intel VT-x is switched on for a measured launch only (Intel TXT), see the firmware's setup");
	return refuse("Intel VT-x is switched off in the firmware's setup");
}

static u64 secondary_controls(void)
{
	if (!(jh_read_msr(MSR_IA32_VMX_PROCBASED_CTLS) & SECONDARY_CONTROLS))
		return 0;
	return jh_read_msr(MSR_IA32_VMX_PROCBASED_CTLS2);
}

/* Memory with a trust domain's key faults for everybody else, and nothing tells which that is. */
static bool has_trust_domains(void)
{
	u32 low, high;

	return !rdmsr_safe(MSR_KEYID_PARTITIONING, &low, &high) && high;
}

/* 0, or -ENODEV with a message. */
int jh_intel_check(void)
{
	u64 controls;
	int err;

	if (!(jh_cpuid_ecx(1) & CPUID_VMX))
		return refuse("This processor has no virtualisation (Intel VT-x), or a hypervisor below hides it");
	err = check_firmware();
	if (err)
		return err;
	controls = secondary_controls();
	if (!(controls & CONTROL_EPT))
		return refuse("This processor has no extended page tables (EPT)");
	if (!(controls & CONTROL_UNRESTRICTED))
		return refuse("This processor has no unrestricted guests: it cannot start a cell in real mode");
	if (has_trust_domains())
		return refuse("Trust domains (Intel TDX) are switched on in the firmware's setup");
	return 0;
}

bool jh_intel_in_use(void)
{
	return jh_read_cr4() & X86_CR4_VMXE;
}
