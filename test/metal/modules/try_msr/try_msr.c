// SPDX-License-Identifier: Apache-2.0 OR MIT
/*
 * What Linux does with MSRs on an AMD processor of the last years, and what a root cell must not do, each with a fixup: one line in
 * the kernel's log for each access, "jailhouse-msr: NAME RESULT VALUE". The result is 0, or -EIO for #GP. Refuses to stay loaded.
 */
#include <linux/module.h>
#include <asm/cpufeature.h>
#include <asm/msr.h>
#include <asm/processor.h>

#define SAY "jailhouse-msr: "
#define EFER_BITS 22

static const struct {
	const char *name;
	u32 msr;
	u64 value;
} writes[] = {
	/* At each CPU's bring-up, for cpufreq, resctrl, perf, machine checks and workarounds. */
	{ "smca-clear-status", 0xc0002001, 0 },
	{ "smca-last-bank", 0xc0002ff1, 0 },
	{ "mca-clear-status", 0x401, 0 },
	{ "pqr-assoc", 0xc8f, 0 },
	{ "ls-cfg", 0xc0011020, 0 },
	{ "breakpoint-mask", 0xc0011019, 0 },
	{ "perf-global", 0xc0000301, 0 },
	{ "cppc-request", 0xc00102b3, 0 },
	{ "ibs-op", 0xc0011033, 0 },
	/* As before a reset. */
	{ "hsave-clear", 0xc0010117, 0 },
	/* What reaches beyond the root cell, or moves what others rely on. */
	{ "apic-base", 0x1b, 0xfee00000 },
	{ "mtrr", 0x200, 0 },
	{ "mtrr-again", 0x200, 0 },
	{ "pat", 0x277, 2 },
	{ "tsc", 0x10, 0 },
	{ "io-trap", 0xc0010050, 0 },
	{ "mmio-config", 0xc0010058, 0 },
	{ "rmp-base", 0xc0010132, 0 },
	{ "hsave", 0xc0010117, 0x1000 },
	{ "nothing", 0xdead0000, 0 },
};

static const struct {
	const char *name;
	u32 msr;
} reads[] = {
	{ "smca-status", 0xc0002001 },
	{ "smca-misc", 0xc0002ffd },
	{ "hsave", 0xc0010117 },
	{ "mcg-cap", 0x179 },
};

/* Sets each bit of EFER that is clear, and clears it again. */
static void try_efer(void)
{
	unsigned long flags;
	u64 old, now;
	int bit, result;

	rdmsrl(MSR_EFER, old);
	for (bit = 0; bit < EFER_BITS; bit++) {
		if (old & BIT_ULL(bit))
			continue;
		local_irq_save(flags);
		result = wrmsrl_safe(MSR_EFER, old | BIT_ULL(bit));
		rdmsrl(MSR_EFER, now);
		wrmsrl(MSR_EFER, old);
		local_irq_restore(flags);
		pr_info(SAY "efer-%d %d %d\n", bit, result, !!(now & BIT_ULL(bit)));
	}
}

static int __init msr_init(void)
{
	u64 value;
	int i, result;

	for (i = 0; i < ARRAY_SIZE(reads); i++) {
		value = ~0ull;
		result = rdmsrl_safe(reads[i].msr, &value);
		pr_info(SAY "read-%s %d %llx\n", reads[i].name, result, value);
	}
	for (i = 0; i < ARRAY_SIZE(writes); i++) {
		result = wrmsrl_safe(writes[i].msr, writes[i].value);
		pr_info(SAY "write-%s %d 0\n", writes[i].name, result);
	}
	try_efer();
	pr_info(SAY "cpuid-1 %x %x\n", cpuid_ecx(0x80000001), cpuid_edx(0x80000001));
	pr_info(SAY "cpuid-8 %x 0\n", cpuid_ebx(0x80000008));
	pr_info(SAY "cpuid-21 %x 0\n", cpuid_eax(0x80000000) >= 0x80000021 ? cpuid_eax(0x80000021) : 0);
	return -EAGAIN;
}

module_init(msr_init);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("Tries MSRs in a root cell");
