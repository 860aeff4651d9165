// The little of a PC that the loader uses: serial ports, a timer, the local APIC. PM_TIMER and KHZ are given when it is built.
#ifndef MACHINE_H_
#define MACHINE_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "loader.h"

#define COM1 0x3f8
#define COM2 0x2f8
#define COM3 0x3e8
#define LINE_CONTROL 3
/** 8 bits, no parity, one stop bit: an emulator may leave out the bits that a shorter word does not have. */
#define LINE_8N1 3
#define LINE_STATUS 5
#define TRANSMITTER_EMPTY 0x20
#define DATA_READY 1
#define PM_TIMER_MASK 0xffffff
#define PM_TIMER_PER_MS 3580
#define XAPIC 0xfee00000ull
#define XAPIC_ICR_LOW 0x300
#define XAPIC_ICR_HIGH 0x310
#define XAPIC_SVR 0xf0
#define SVR_ENABLED 0x1ff
#define ICR_FIXED 0x4000
#define ICR_INIT 0x4500
#define ICR_STARTUP 0x4600
#define AT(type, address) (*(volatile type*)(uintptr_t)(address))

static inline void out8(uint16_t port, uint8_t value) { __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port)); }

static inline uint8_t in8(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline uint32_t in32(uint16_t port) {
  uint32_t value;
  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
  return value;
}

static inline void put(char character) {
  while (!(in8(COM3 + LINE_STATUS) & TRANSMITTER_EMPTY)) continue;
  out8(COM3, character);
}

/** Waits for a byte. */
static inline uint8_t hear(void) {
  while (!(in8(COM3 + LINE_STATUS) & DATA_READY)) __asm__ volatile("pause");
  return in8(COM3);
}

static inline void say(const char* text) {
  while (*text) put(*text++);
}

static inline void say_number(int64_t value) {
  char digits[20];
  int count = 0;
  if (value < 0) {
    put('-');
    value = -value;
  }
  do {
    digits[count++] = '0' + value % 10;
    value /= 10;
  } while (value);
  while (count) put(digits[--count]);
}

static inline void say_hex(uint64_t value) {
  say("0x");
  for (int digit = 16; digit--;) put("0123456789abcdef"[value >> digit * 4 & 15]);
}

static inline void wait_ms(uint32_t milliseconds) {
  uint32_t start = in32(PM_TIMER);
  uint64_t left = (uint64_t)milliseconds * PM_TIMER_PER_MS;
  while (true) {
    uint32_t passed = (in32(PM_TIMER) - start) & PM_TIMER_MASK;
    if (passed >= left) return;
    if (passed < PM_TIMER_MASK / 2) continue;
    left -= passed;
    start = (start + passed) & PM_TIMER_MASK;
  }
}

/** Starts or restarts a CPU at the trampoline; CPU numbers are APIC ids. */
static inline void start_cpu(uint32_t cpu) {
  AT(uint32_t, XAPIC + XAPIC_ICR_HIGH) = cpu << 24;
  AT(uint32_t, XAPIC + XAPIC_ICR_LOW) = ICR_INIT;
  wait_ms(10);
  AT(uint32_t, XAPIC + XAPIC_ICR_HIGH) = cpu << 24;
  AT(uint32_t, XAPIC + XAPIC_ICR_LOW) = ICR_STARTUP | SIPI_VECTOR;
}

/** Whether the processor is Intel's, whose hypercalls are VMCALL. */
extern bool is_intel;

static inline int32_t hypercall(uint32_t number, uint64_t first, uint64_t second) {
  int32_t result;
  if (is_intel)
    __asm__ volatile("vmcall" : "=a"(result) : "a"(number), "D"(first), "S"(second) : "memory");
  else
    __asm__ volatile("vmmcall" : "=a"(result) : "a"(number), "D"(first), "S"(second) : "memory");
  return result;
}

/** The end: who started the machine is told by the last line, and ends it. */
static inline void quit(void) {
  for (;;) __asm__ volatile("cli; hlt");
}

#endif
