/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * Programs for cells of Jailhouse, in C (C11) or C++ (C++11): everything there is, in one header.
 *
 * A program defines inmate_main. It is built without a C library. Floating point is there, in handlers too: x87, MMX, SSE and SSE2 are
 * enabled on every CPU. docs/inmates-in-c.md is the guide.
 *
 * Unless a comment says more, functions may be called in any state and by any CPU of the cell.
 */
#ifndef JAILHOUSE_H
#define JAILHOUSE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "jailhouse-abi.h"

#if !defined(__i386__) && !defined(__x86_64__)
#error "inmates are x86 programs: with clang say --target=x86_64-linux-gnu, with gcc take a compiler for x86-64"
#endif
#ifdef __AVX__
#error "build inmates with -mno-avx: the start-up enables x87 and SSE, and no processor of a cell has to have AVX"
#endif

#ifdef __cplusplus
extern "C" {
#define JH_STATIC_ASSERT static_assert
#else
#define JH_STATIC_ASSERT _Static_assert
#endif
#define JH_NORETURN __attribute__((noreturn))

/**
 * The program; the first CPU of the cell to come out of reset calls it, with interrupts off, the x87 unit as FNINIT leaves it (64 bits of
 * precision) and MXCSR at 0x1f80: floating-point exceptions are masked. When it returns, the CPU halts for good and the cell's state stays
 * what it was.
 */
void inmate_main(void);

/* The communication region ------------------------------------------------------------------------------------------ */

/** A console, as the cell's configuration describes it. */
struct jh_console {
  uint64_t address;
  uint32_t size;
  /** JH_CONSOLE_TYPE_* */
  uint16_t type;
  /** JH_CONSOLE_FLAG_* */
  uint16_t flags;
  uint32_t divider, gate_nr;
  uint64_t clock_reg;
} __attribute__((packed));

/** The page that a cell shares with the hypervisor. */
struct jh_comm_region {
  char signature[6];
  uint16_t revision;
  /** JH_CELL_*; the cell's to write: jh_set_state. */
  uint32_t cell_state;
  /** JH_MSG_*: jh_message. */
  uint32_t msg_to_cell;
  /** JH_REPLY_*: jh_reply. */
  uint32_t reply_from_cell;
  /** JH_COMM_FLAG_* */
  uint32_t flags;
  struct jh_console console;
  uint64_t pci_mmconfig_base;
  /** A port. */
  uint16_t pm_timer_address;
  uint16_t num_cpus;
  uint32_t tsc_khz, apic_khz;
} __attribute__((packed));

JH_STATIC_ASSERT(sizeof(struct jh_console) == JH_CONSOLE_SIZE, "size of a console");
JH_STATIC_ASSERT(offsetof(struct jh_console, type) == JH_CONSOLE_TYPE, "type");
JH_STATIC_ASSERT(offsetof(struct jh_console, divider) == JH_CONSOLE_DIVIDER, "divider");
JH_STATIC_ASSERT(sizeof(struct jh_comm_region) == JH_COMM_SIZE, "size of the communication region");
JH_STATIC_ASSERT(offsetof(struct jh_comm_region, cell_state) == JH_COMM_CELL_STATE, "cell_state");
JH_STATIC_ASSERT(offsetof(struct jh_comm_region, reply_from_cell) == JH_COMM_REPLY_FROM_CELL, "reply_from_cell");
JH_STATIC_ASSERT(offsetof(struct jh_comm_region, console) == JH_COMM_CONSOLE, "console");
JH_STATIC_ASSERT(offsetof(struct jh_comm_region, pm_timer_address) == JH_COMM_PM_TIMER_ADDRESS, "pm_timer_address");
JH_STATIC_ASSERT(offsetof(struct jh_comm_region, apic_khz) == JH_COMM_APIC_KHZ, "apic_khz");

/** The cell's communication region. The start-up has checked its signature and revision. */
static inline volatile struct jh_comm_region* jh_comm(void) {
  return (volatile struct jh_comm_region*)(uintptr_t)JH_COMM_REGION;
}

/** Sets the state that the cell is in (JH_CELL_*). */
static inline void jh_set_state(uint32_t state) {
  jh_comm()->cell_state = state;
}

/** The message to the cell (JH_MSG_*) that has not been answered, or JH_MSG_NONE. A cell that is not passive looks for it often. */
static inline uint32_t jh_message(void) {
  return jh_comm()->msg_to_cell;
}

/** Answers the pending message (JH_REPLY_*): first takes the message away, then replies. */
static inline void jh_reply(uint32_t answer) {
  jh_comm()->msg_to_cell = JH_MSG_NONE;
  jh_comm()->reply_from_cell = answer;
}

/** The text that `cell load -s TEXT -a 0x1000` put there; at most 255 characters are looked at. */
static inline const char* jh_command_line(void) {
  return (const char*)(uintptr_t)JH_COMMAND_LINE;
}

/* The processor ----------------------------------------------------------------------------------------------------- */

static inline uint8_t jh_in8(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

static inline uint16_t jh_in16(uint16_t port) {
  uint16_t value;
  __asm__ volatile("inw %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

static inline uint32_t jh_in32(uint16_t port) {
  uint32_t value;
  __asm__ volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

static inline void jh_out8(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void jh_out16(uint16_t port, uint16_t value) {
  __asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline void jh_out32(uint16_t port, uint32_t value) {
  __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* Device memory: never merged, moved or left out. Addresses are physical; below 4 GiB. */
#define JH_MMIO(bits)                                                                 \
  static inline uint##bits##_t jh_mmio_read##bits(uintptr_t address) {                \
    return *(volatile uint##bits##_t*)address;                                        \
  }                                                                                   \
  static inline void jh_mmio_write##bits(uintptr_t address, uint##bits##_t value) {   \
    *(volatile uint##bits##_t*)address = value;                                       \
  }
JH_MMIO(8)
JH_MMIO(16)
JH_MMIO(32)
/** In two halves in a 32-bit program. */
JH_MMIO(64)
#undef JH_MMIO

/** Reads a model-specific register. An unknown one raises #GP, or is a violation. */
static inline uint64_t jh_read_msr(uint32_t number) {
  uint32_t low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number) : "memory");
  return (uint64_t)high << 32 | low;
}

static inline void jh_write_msr(uint32_t number, uint64_t value) {
  __asm__ volatile("wrmsr" : : "c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

/** What CPUID leaves in its four registers. */
struct jh_cpuid {
  uint32_t eax, ebx, ecx, edx;
};

static inline struct jh_cpuid jh_cpuid(uint32_t leaf, uint32_t subleaf) {
  struct jh_cpuid result;
  __asm__ volatile("cpuid"
                   : "=a"(result.eax), "=b"(result.ebx), "=c"(result.ecx), "=d"(result.edx)
                   : "a"(leaf), "c"(subleaf)
                   : "memory");
  return result;
}

/** The time stamp counter. */
static inline uint64_t jh_read_tsc(void) {
  uint32_t low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return (uint64_t)high << 32 | low;
}

/** To be called in every loop that polls: values in memory are read anew afterwards. */
static inline void jh_pause(void) {
  __asm__ volatile("pause" : : : "memory");
}

static inline void jh_enable_interrupts(void) {
  __asm__ volatile("sti" : : : "memory");
}

static inline void jh_disable_interrupts(void) {
  __asm__ volatile("cli" : : : "memory");
}

/**
 * Sleeps until an interrupt has been handled. Interrupts are let in during the call and are as before afterwards: with
 * interrupts off otherwise, handlers run only here, and share nothing with code that is in the middle of something.
 */
static inline void jh_wait_for_interrupt(void) {
  __asm__ volatile("pushf; sti; hlt; popf" : : : "memory", "cc");
}

/** Stops this CPU for good. */
JH_NORETURN static inline void jh_stop(void) {
  for (;;) __asm__ volatile("cli; hlt" : : : "memory");
}

/** Prints `--- FAILED: why ---`, sets the cell's state to failed and stops this CPU. */
JH_NORETURN void jh_fail(const char* why);

/**
 * Calls the hypervisor (JH_HC_*), by VMMCALL on AMD's processors and their kin, by VMCALL on all others. The result is a value
 * or a negated JH_E*. Without a hypervisor below, the CPU raises #UD.
 */
int32_t jh_hypercall(uint32_t number, uint32_t first, uint32_t second);

/** Does Jailhouse run below? */
bool jh_has_hypervisor(void);

/* Console and UARTs ------------------------------------------------------------------------------------------------- */

/**
 * Puts one character on the console: the UART that the cell's configuration names, the hypervisor's own console, or both; the
 * command line's con-type, con-base, con-divider, con-is-mmio, con-regdist-1 and con-virtual override it. A line feed gets
 * a carriage return before it. Waits for the line.
 */
void jh_putc(char character);

/**
 * Prints: %c %d %i %u %x %X %s %p %%, with the flags `-` and `0`, a width, a precision for %s, and the lengths hh, h, l, ll, z. Anything
 * else is printed as it stands. Allocates nothing, and may be called in handlers.
 */
void jh_printf(const char* format, ...) __attribute__((format(printf, 1, 2)));
void jh_vprintf(const char* format, va_list arguments) __attribute__((format(printf, 1, 0)));

/** An 8250 that the cell has been given. */
struct jh_uart {
  /** Port, or physical address. */
  uint64_t base;
  bool is_mmio;
  /** Registers are 1 << shift bytes apart. */
  uint8_t shift;
};

/** Sets 8N1, no interrupts, and the speed: 115200 baud over the divider. A divider of 0 leaves the UART as it is. */
void jh_uart_init(const struct jh_uart* uart, uint16_t divider);
/** Waits until the UART takes a byte, and gives it one. */
void jh_uart_write(const struct jh_uart* uart, uint8_t byte);
/** The next byte that has come, or -1. */
int jh_uart_read(const struct jh_uart* uart);

/* Parameters: words `name=value` of the command line, separated by blanks -------------------------------------------- */

bool jh_has_param(const char* name);
/** An integer, decimal or hexadecimal with 0x, with an optional sign; the default when it is not given or not a number. */
int64_t jh_param_int(const char* name, int64_t fallback);
/** true, 1 or nothing at all; false or 0; the default for anything else. */
bool jh_param_bool(const char* name, bool fallback);
/** Is the parameter given with exactly this value? */
bool jh_param_is(const char* name, const char* value);
/** Copies a value, cut off where the buffer ends, with its NUL. Returns whether the parameter is given; the text is empty otherwise. */
bool jh_param_text(const char* name, char* buffer, size_t size);

/* Interrupts: vectors 32 to 63 --------------------------------------------------------------------------------------- */

/**
 * Registers what a vector calls on every CPU (NULL: nothing), and enables this CPU's local APIC. A handler may calculate with floats: it finds
 * x87 and SSE as inmate_main does, and what it interrupts finds them as they were.
 */
void jh_on_interrupt(uint8_t vector, void (*handler)(void));
/** Sends an interrupt command: the low half (JH_ICR_*, vector) and the APIC id of the target. */
void jh_send_ipi(uint32_t command, uint32_t target);
/** This CPU's APIC id. */
uint32_t jh_apic_id(void);
/* Registers of the local APIC (JH_APIC_*), by the x2APIC's MSRs, which the hypervisor provides on every machine. */
uint32_t jh_apic_read(uint32_t reg);
void jh_apic_write(uint32_t reg, uint32_t value);
/** Sends a pin of the I/O APIC, which the cell must have, to this CPU. `flags`: JH_IOAPIC_LEVEL, JH_IOAPIC_ACTIVE_LOW, or 0. */
void jh_route_pin(uint32_t pin, uint8_t vector, uint32_t flags);
/** Holds a pin's interrupts back. */
void jh_mask_pin(uint32_t pin);

/* Time ---------------------------------------------------------------------------------------------------------------- */

/** Nanoseconds by the ACPI PM timer; to be called at least every four seconds, by one CPU. */
uint64_t jh_pm_timer_ns(void);
/** Waits by the PM timer, without sleeping. */
void jh_delay_us(uint32_t us);
/**
 * Waits by the PM timer and halts meanwhile: uses this CPU's APIC timer, with vector 63 unless the program has started it. On
 * a bare machine with an xAPIC, as jh_delay_us.
 */
void jh_sleep_us(uint32_t us);
/** The time stamp counter's frequency in Hz. The first call measures it by the PM timer, which takes 10 ms. */
uint64_t jh_tsc_hz(void);
/** Nanoseconds by the time stamp counter. */
uint64_t jh_tsc_ns(void);
/** Prepares this CPU's APIC timer: the handler will be called for the vector. Returns the timer's frequency in Hz; measures for 10 ms. */
uint64_t jh_start_timer(uint8_t vector, void (*handler)(void));
/** Makes the timer fire once, that many nanoseconds from now; at once when it is not more than 0. */
void jh_set_timer(int64_t ns);

/* Memory and other CPUs -------------------------------------------------------------------------------------------------- */

/** Zeroed memory that is never freed; `alignment` is a power of two. Fails (jh_fail) when there is no more. Not on several CPUs at once. */
void* jh_alloc(size_t size, size_t alignment);
/** CPUs of the cell that have come out of reset so far, this one included. All but the first are parked. */
uint32_t jh_ready_cpus(void);
/** APIC id of the CPU that came out of reset as `number`; 0 is the one that runs inmate_main. */
uint32_t jh_cpu_apic_id(uint32_t number);
/**
 * Starts a parked CPU, which calls `run` on a stack of its own with interrupts off, and is parked when that returns. Comes
 * back when it has begun. One CPU at a time starts others.
 */
void jh_start_cpu(uint32_t apic_id, void (*run)(void));

#ifdef __cplusplus
}
#endif
#endif
