// SPDX-License-Identifier: Apache-2.0 OR MIT
/*
 * Has all CPUs forget a page's translation as Linux does since 6.14 where the processor can: INVLPGB, then TLBSYNC. One line in the
 * kernel's log: "jailhouse-invlpgb: done", or "none" where CPUID has no such instruction. Refuses to stay loaded.
 */
#include <linux/module.h>
#include <asm/processor.h>

#define SAY "jailhouse-invlpgb: "
/* CPUID leaf 0x80000008, EBX. */
#define HAS_INVLPGB BIT(3)
/* RAX: an address is named. */
#define NAMES_ADDRESS 1ul

static int __init invlpgb_init(void)
{
	unsigned long page = (unsigned long)&invlpgb_init & PAGE_MASK;

	if (!(cpuid_ebx(0x80000008) & HAS_INVLPGB)) {
		pr_info(SAY "none\n");
		return -EAGAIN;
	}
	/* invlpgb; tlbsync, which old assemblers do not know. */
	asm volatile(".byte 0x0f, 0x01, 0xfe" : : "a"(page | NAMES_ADDRESS), "c"(0), "d"(0) : "memory");
	asm volatile(".byte 0x0f, 0x01, 0xff" : : : "memory");
	pr_info(SAY "done\n");
	return -EAGAIN;
}

module_init(invlpgb_init);
MODULE_LICENSE("Dual MIT/GPL");
MODULE_DESCRIPTION("INVLPGB in a root cell");
