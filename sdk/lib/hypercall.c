/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Calls to the hypervisor: which instruction makes them depends on the processor. */
#include "start.h"

#define LEAF_VENDOR 0
#define LEAF_HYPERVISOR 0x40000000

/** Four characters as CPUID has them in a register. */
#define WORD(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

static enum { UNKNOWN, BY_VMCALL, BY_VMMCALL } instruction;

static bool says(struct jh_cpuid found, uint32_t ebx, uint32_t edx, uint32_t ecx) {
  return found.ebx == ebx && found.edx == edx && found.ecx == ecx;
}

/** Has the processor AMD's way of virtualisation? Hygon's have. */
static bool is_amd(void) {
  struct jh_cpuid vendor = jh_cpuid(LEAF_VENDOR, 0);
  return says(vendor, WORD('A', 'u', 't', 'h'), WORD('e', 'n', 't', 'i'), WORD('c', 'A', 'M', 'D')) ||
         says(vendor, WORD('H', 'y', 'g', 'o'), WORD('n', 'G', 'e', 'n'), WORD('u', 'i', 'n', 'e'));
}

int32_t jh_hypercall(uint32_t number, uint32_t first, uint32_t second) {
  uintptr_t result = number;
  if (instruction == UNKNOWN) instruction = is_amd() ? BY_VMMCALL : BY_VMCALL;
  if (instruction == BY_VMMCALL)
    __asm__ volatile("vmmcall" : "+a"(result) : "D"((uintptr_t)first), "S"((uintptr_t)second) : "memory");
  else
    __asm__ volatile("vmcall" : "+a"(result) : "D"((uintptr_t)first), "S"((uintptr_t)second) : "memory");
  return (int32_t)result;
}

bool jh_has_hypervisor(void) {
  return says(jh_cpuid(LEAF_HYPERVISOR, 0), WORD('J', 'a', 'i', 'l'), WORD('e', 0, 0, 0), WORD('h', 'o', 'u', 's'));
}
