/* The functions that lib/hardware.ts declares: single instructions, mostly. The contracts are there. */
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

/* wasm2c passes every import the instance of the module that it comes from; there is none. */
#define HARDWARE(name) Z_hardwareZ_##name
#define NONE void* unused __attribute__((unused))

extern uint32_t apic_ids[], ap_stack;

uint32_t HARDWARE(in8)(NONE, uint32_t port) {
  uint8_t value;
  __asm__ volatile("inb %w1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

uint32_t HARDWARE(in16)(NONE, uint32_t port) {
  uint16_t value;
  __asm__ volatile("inw %w1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

uint32_t HARDWARE(in32)(NONE, uint32_t port) {
  uint32_t value;
  __asm__ volatile("inl %w1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

void HARDWARE(out8)(NONE, uint32_t port, uint32_t value) {
  __asm__ volatile("outb %b0, %w1" : : "a"(value), "Nd"(port) : "memory");
}

void HARDWARE(out16)(NONE, uint32_t port, uint32_t value) {
  __asm__ volatile("outw %w0, %w1" : : "a"(value), "Nd"(port) : "memory");
}

void HARDWARE(out32)(NONE, uint32_t port, uint32_t value) {
  __asm__ volatile("outl %0, %w1" : : "a"(value), "Nd"(port) : "memory");
}

#define AT(type, address) (*(volatile type*)(uintptr_t)(address))

uint32_t HARDWARE(mmioRead8)(NONE, uint64_t address) {
  return AT(uint8_t, address);
}

uint32_t HARDWARE(mmioRead16)(NONE, uint64_t address) {
  return AT(uint16_t, address);
}

uint32_t HARDWARE(mmioRead32)(NONE, uint64_t address) {
  return AT(uint32_t, address);
}

uint64_t HARDWARE(mmioRead64)(NONE, uint64_t address) {
  return AT(uint64_t, address);
}

void HARDWARE(mmioWrite8)(NONE, uint64_t address, uint32_t value) {
  AT(uint8_t, address) = value;
}

void HARDWARE(mmioWrite16)(NONE, uint64_t address, uint32_t value) {
  AT(uint16_t, address) = value;
}

void HARDWARE(mmioWrite32)(NONE, uint64_t address, uint32_t value) {
  AT(uint32_t, address) = value;
}

void HARDWARE(mmioWrite64)(NONE, uint64_t address, uint64_t value) {
  AT(uint64_t, address) = value;
}

uint64_t HARDWARE(readMsr)(NONE, uint32_t number) {
  uint32_t low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number) : "memory");
  return (uint64_t)high << 32 | low;
}

void HARDWARE(writeMsr)(NONE, uint32_t number, uint64_t value) {
  __asm__ volatile("wrmsr" : : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

void HARDWARE(cpuid)(NONE, uint32_t leaf, uint32_t subleaf, uint32_t result) {
  uint32_t a = leaf, b, c = subleaf, d;
  __asm__ volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d) : : "memory");
  uint32_t* to = (uint32_t*)(uintptr_t)result;
  to[0] = a;
  to[1] = b;
  to[2] = c;
  to[3] = d;
}

uint64_t HARDWARE(readTsc)(NONE) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return (uint64_t)high << 32 | low;
}

uint64_t HARDWARE(readFaultAddress)(NONE) {
  uintptr_t value;
  __asm__ volatile("mov %%cr2, %0" : "=r"(value));
  return value;
}

uint64_t HARDWARE(readPageTable)(NONE) {
  uintptr_t value;
  __asm__ volatile("mov %%cr3, %0" : "=r"(value));
  return value;
}

void HARDWARE(invalidatePage)(NONE, uint64_t address) {
  __asm__ volatile("invlpg (%0)" : : "r"((uintptr_t)address) : "memory");
}

uint32_t HARDWARE(exchange)(NONE, uint32_t address, uint32_t value) {
  __asm__ volatile("xchgl %0, (%1)" : "+r"(value) : "r"((uintptr_t)address) : "memory");
  return value;
}

uint32_t HARDWARE(add)(NONE, uint32_t address, uint32_t value) {
  __asm__ volatile("lock xaddl %0, (%1)" : "+r"(value) : "r"((uintptr_t)address) : "memory");
  return value;
}

void HARDWARE(pause)(NONE) {
  __asm__ volatile("pause" : : : "memory");
}

void HARDWARE(enableInterrupts)(NONE) {
  __asm__ volatile("sti" : : : "memory");
}

void HARDWARE(disableInterrupts)(NONE) {
  __asm__ volatile("cli" : : : "memory");
}

void HARDWARE(waitForInterrupt)(NONE) {
  __asm__ volatile("pushf; sti; hlt; popf" : : : "memory", "cc");
}

void HARDWARE(stop)(NONE) {
  for (;;) __asm__ volatile("cli; hlt" : : : "memory");
}

uint32_t HARDWARE(vmcall)(NONE, uint32_t number, uint32_t first, uint32_t second) {
  uintptr_t a = number;
  __asm__ volatile("vmcall" : "+a"(a) : "D"((uintptr_t)first), "S"((uintptr_t)second) : "memory");
  return a;
}

uint32_t HARDWARE(vmmcall)(NONE, uint32_t number, uint32_t first, uint32_t second) {
  uintptr_t a = number;
  __asm__ volatile("vmmcall" : "+a"(a) : "D"((uintptr_t)first), "S"((uintptr_t)second) : "memory");
  return a;
}

void HARDWARE(jump)(NONE, uint64_t address) {
  __asm__ volatile("call *%0" : : "r"((uintptr_t)address) : "memory");
}

void HARDWARE(tripleFault)(NONE) {
  static const struct {
    uint16_t limit;
    uintptr_t base;
  } __attribute__((packed)) nothing;
  __asm__ volatile("lidt %0; int3" : : "m"(nothing) : "memory");
}

uint32_t HARDWARE(wordSize)(NONE) {
  return sizeof(void*);
}

uint32_t HARDWARE(apicIdOf)(NONE, uint32_t number) {
  return apic_ids[number];
}

void HARDWARE(setNextStack)(NONE, uint32_t end) {
  ap_stack = end;
}
