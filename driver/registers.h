/* SPDX-License-Identifier: GPL-2.0 */
/* Registers of the processor: the kernel's own functions for them have changed their names more than once. */
#ifndef JAILHOUSE_REGISTERS_H
#define JAILHOUSE_REGISTERS_H

#include <linux/types.h>

static inline u64 jh_read_msr(u32 msr)
{
	u32 low, high;

	asm volatile("rdmsr" : "=a" (low), "=d" (high) : "c" (msr));
	return (u64)high << 32 | low;
}

static inline void jh_write_msr(u32 msr, u64 value)
{
	asm volatile("wrmsr" : : "c" (msr), "a" ((u32)value), "d" ((u32)(value >> 32)) : "memory");
}

/* ECX of a CPUID leaf without subleaves. */
static inline u32 jh_cpuid_ecx(u32 leaf)
{
	u32 eax = leaf, ebx, ecx = 0, edx;

	asm volatile("cpuid" : "+a" (eax), "=b" (ebx), "+c" (ecx), "=d" (edx));
	return ecx;
}

static inline unsigned long jh_read_cr3(void)
{
	unsigned long value;

	asm volatile("mov %%cr3, %0" : "=r" (value) : : "memory");
	return value;
}

static inline void jh_write_cr3(unsigned long value)
{
	asm volatile("mov %0, %%cr3" : : "r" (value) : "memory");
}

static inline unsigned long jh_read_cr4(void)
{
	unsigned long value;

	asm volatile("mov %%cr4, %0" : "=r" (value));
	return value;
}

#endif
