// SPDX-License-Identifier: GPL-2.0
/*
 * Does in a Linux on an emulated processor what Linux does on a real one. While it is loaded each CPU that goes down or comes
 * up masks the extended local vectors of its APIC, as with IBS and machine-check thresholds; and before one goes down, a
 * secret is put into its registers that nobody after it may find.
 *
 * It also tells what Linux finds in a CPU that comes back, as early as a module can: a line "silicon: CPU NAME BEFORE AFTER"
 * for each register, with what Linux had there when the CPU went down.
 */
#include <linux/cpuhotplug.h>
#include <linux/module.h>
#include <asm/apic.h>
#include <asm/debugreg.h>
#include <asm/fpu/api.h>
#include <asm/fpu/xcr.h>
#include <asm/msr.h>
#include <asm/special_insns.h>

#define SECRET 0x11a7e711a7e7ull
#define FIRST_VECTOR 0x500
#define LAST_VECTOR 0x530
#define STEP 0x10
/* The first that comes on a CPU, of a processor that this is not. */
#define EARLY CPUHP_AP_ARM_TWD_STARTING

static const u32 msrs[] = {
	MSR_IA32_SYSENTER_CS, MSR_IA32_SYSENTER_ESP, MSR_IA32_SYSENTER_EIP, MSR_STAR, MSR_LSTAR, MSR_CSTAR, MSR_SYSCALL_MASK,
	MSR_KERNEL_GS_BASE, MSR_TSC_AUX, MSR_EFER, MSR_IA32_CR_PAT, MSR_IA32_DEBUGCTLMSR, MSR_IA32_SPEC_CTRL, MSR_IA32_XSS,
	MSR_K7_EVNTSEL0, MSR_K7_PERFCTR0, 0xc0011019, 0xc001101a, 0xc001101b, 0xc0011027,
};
static const u32 vectors[] = { APIC_TASKPRI, APIC_SPIV, APIC_LVTT, APIC_LVT0, APIC_LVT1, APIC_TDCR, APIC_TMICT };

#define CR0 ARRAY_SIZE(msrs)
#define CR4 (CR0 + 1)
#define XCR0 (CR0 + 2)
#define DEBUG (CR0 + 3)
#define DR7 (DEBUG + 4)
#define XMM (DR7 + 1)
#define APIC_FIRST (XMM + 32)
#define TSC (APIC_FIRST + ARRAY_SIZE(vectors))
#define NUM_REGISTERS (TSC + 1)

static u64 before[NR_CPUS][NUM_REGISTERS], after[NR_CPUS][NUM_REGISTERS];
static bool is_known[NR_CPUS];
static int state;

static void mask_vectors(void)
{
	unsigned int at;

	for (at = FIRST_VECTOR; at <= LAST_VECTOR; at += STEP)
		apic_write(at, APIC_LVT_MASKED);
}

static void plant(void)
{
	static const u64 secrets[2] = { SECRET, SECRET };

	kernel_fpu_begin();
	asm volatile("movups %0, %%xmm0; movups %0, %%xmm7; movups %0, %%xmm15" : : "m"(secrets));
	asm volatile("fildll %0; fildll %0" : : "m"(secrets[0]));
	kernel_fpu_end();
	wrmsrl_safe(MSR_TSC_AUX, (u32)SECRET);
	wrmsrl_safe(MSR_KERNEL_GS_BASE, SECRET);
}

static void read_xmm(u64 *into)
{
#define STORE(number) asm volatile("movups %%xmm" #number ", %0" : "=m"(*(u64 (*)[2])(into + 2 * number)))
	STORE(0);
	STORE(1);
	STORE(2);
	STORE(3);
	STORE(4);
	STORE(5);
	STORE(6);
	STORE(7);
	STORE(8);
	STORE(9);
	STORE(10);
	STORE(11);
	STORE(12);
	STORE(13);
	STORE(14);
	STORE(15);
#undef STORE
}

/* What the CPU that this runs on has. */
static void read_registers(u64 *into)
{
	unsigned int index;

	read_xmm(into + XMM);
	for (index = 0; index < ARRAY_SIZE(msrs); index++)
		rdmsrl_safe(msrs[index], &into[index]);
	into[CR0] = read_cr0();
	into[CR4] = __read_cr4();
	into[XCR0] = xgetbv(0);
	get_debugreg(into[DEBUG], 0);
	get_debugreg(into[DEBUG + 1], 1);
	get_debugreg(into[DEBUG + 2], 2);
	get_debugreg(into[DEBUG + 3], 3);
	get_debugreg(into[DR7], 7);
	for (index = 0; index < ARRAY_SIZE(vectors); index++)
		into[APIC_FIRST + index] = apic_read(vectors[index]);
	into[TSC] = rdtsc();
}

static int come_early(unsigned int cpu)
{
	if (is_known[cpu])
		read_registers(after[cpu]);
	return 0;
}

static void tell_one(unsigned int cpu, const char *name, unsigned int number, unsigned int at)
{
	pr_info("silicon: %u %s%x %llx %llx\n", cpu, name, number, before[cpu][at], after[cpu][at]);
}

static void tell(unsigned int cpu)
{
	unsigned int index;

	for (index = 0; index < ARRAY_SIZE(msrs); index++)
		tell_one(cpu, "msr", msrs[index], index);
	tell_one(cpu, "cr", 0, CR0);
	tell_one(cpu, "cr", 4, CR4);
	tell_one(cpu, "xcr", 0, XCR0);
	for (index = 0; index < 4; index++)
		tell_one(cpu, "dr", index, DEBUG + index);
	tell_one(cpu, "dr", 7, DR7);
	for (index = 0; index < 32; index++)
		tell_one(cpu, "xmm", index, XMM + index);
	for (index = 0; index < ARRAY_SIZE(vectors); index++)
		tell_one(cpu, "apic", vectors[index], APIC_FIRST + index);
	tell_one(cpu, "tsc", 0, TSC);
}

static int come(unsigned int cpu)
{
	mask_vectors();
	if (is_known[cpu])
		tell(cpu);
	return 0;
}

static int go(unsigned int cpu)
{
	mask_vectors();
	read_registers(before[cpu]);
	is_known[cpu] = true;
	plant();
	return 0;
}

static int __init begin(void)
{
	int err = cpuhp_setup_state_nocalls(EARLY, "test/silicon:early", come_early, NULL);

	if (err)
		return err;
	state = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "test/silicon", come, go);
	if (state < 0)
		cpuhp_remove_state_nocalls(EARLY);
	return state < 0 ? state : 0;
}

static void __exit end(void)
{
	cpuhp_remove_state_nocalls(state);
	cpuhp_remove_state_nocalls(EARLY);
}

module_init(begin);
module_exit(end);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("What Linux does on real processors");
