// The members of ../hw.ts and ../../hw.ts, whose contracts are there. The translated platform module calls them as `hw_<name>`.
#ifndef HW_H_
#define HW_H_

#include "image.h"
#include "wasm.h"

/** Where the image is. */
#define IMAGE_BASE ((u8*)VIRTUAL_BASE)

/** General registers of a guest: 16 of 8 bytes. */
#define REGISTERS_SIZE 128
/** CPUID: leaves and bits about XSAVE. */
#define CPUID_BASIC 1
#define CPUID_XSAVE (1u << 26)
#define CPUID_XSTATE 0xd
#define CPUID_XSAVES (1u << 3)

/** What lies at the top of each CPU's stack (CPU_TOP_SIZE). */
struct cpu_top {
  u64 linux_state[LINUX_FIELDS];
  u64 extra[CPU_TOP_EXTRA];
  /** What try_read_msr or a read in a window has read. */
  u64 value;
  /** 1: a machine check has come, an NMI has (CPU_TOP_MACHINE_CHECK and CPU_TOP_NMI bytes below the end). */
  u8 machine_check;
  u8 nmi;
  u8 unused[14];
};
_Static_assert(sizeof(struct cpu_top) == CPU_TOP_SIZE, "image.h disagrees");
_Static_assert(sizeof(struct cpu_top) - offsetof(struct cpu_top, machine_check) == CPU_TOP_MACHINE_CHECK, "image.h disagrees");
_Static_assert(sizeof(struct cpu_top) - offsetof(struct cpu_top, nmi) == CPU_TOP_NMI, "image.h disagrees");

/** AMD64 manual, volume 1, sections 6.2.2 and 4.2.2: initial values; volume 2, section 11.5: XSAVE's compact form. */
#define FCW_INITIAL 0x037f
#define MXCSR_INITIAL 0x1f80
#define COMPACTED (1ull << 63)

/** What FXRSTOR, XRSTOR and XRSTORS read: the legacy region and a header. */
struct extended_state {
  u16 fcw;
  u8 legacy[22];
  u32 mxcsr;
  u8 registers[484];
  u64 present;
  u64 compaction;
  u8 reserved[48];
};
_Static_assert(sizeof(struct extended_state) == 576, "section 11.5");
extern const u64 gdt[GDT_SIZE / 8], idt[2 * VECTORS];
/** Initial configurations, in the standard form and in the compact one; start.c fills them in. */
static struct extended_state initial_states[2] __attribute__((aligned(64)));

#include "members.h"

u32 try_read_msr(u32 msr, u64* value);
u32 try_write_msr(u32 msr, u64 value);
void try_write_xcr(u64 value);
u32 try_read_1(u64 place, u64* value);
u32 try_read_2(u64 place, u64* value);
u32 try_read_4(u64 place, u64* value);
u32 try_read_8(u64 place, u64* value);
u32 try_write_1(u64 place, u64 value);
u32 try_write_2(u64 place, u64 value);
u32 try_write_4(u64 place, u64 value);
u32 try_write_8(u64 place, u64 value);
u32 try_clear(u64 place, u64 size);
u32 try_copy(u8* to, u64 place, u64 size);
void restore_legacy(const void* from);
void try_restore(const void* from);
void try_restore_supervisor(const void* from);
__attribute__((noreturn)) void restart(void);
static u32 start_core(u32 cpu, u32 config, u32 size);

ALWAYS struct cpu_top* cpu_top(void) {
  u64 sp;
  __asm__("movq %%rsp, %0" : "=r"(sp));
  return (struct cpu_top*)((sp | (CPU_SIZE - 1)) + 1) - 1;
}

/** `place` if `size` bytes there are in the windows. */
__attribute__((noinline)) static u64 window(u64 place, u64 size) {
  if (place < WINDOWS || place >= WINDOWS_END || size > WINDOWS_END - place) panic(PANIC_CONTRACT);
  return place;
}

static u32 hw_windowRead(u64 place, u32 size) {
  u64* value = &cpu_top()->value;
  u64 from = window(place, size);
  if (size == 1) return try_read_1(from, value);
  if (size == 2) return try_read_2(from, value);
  return size == 4 ? try_read_4(from, value) : try_read_8(from, value);
}

ALWAYS u64 hw_windowValue(void) { return cpu_top()->value; }

static u32 hw_windowWrite(u64 place, u32 size, u64 value) {
  u64 to = window(place, size);
  if (size == 1) return try_write_1(to, value);
  if (size == 2) return try_write_2(to, value);
  return size == 4 ? try_write_4(to, value) : try_write_8(to, value);
}

static u32 hw_windowClear(u64 place, u64 size) { return try_clear(window(place, size), size); }

static u32 hw_windowToCore(u64 place, u32 destination, u32 size) {
  return try_copy(at(&core_memory, destination, size), window(place, size), size);
}

ALWAYS void hw_invalidatePage(u64 place) { __asm__ volatile("invlpg (%0)" : : "r"(place) : "memory"); }

/** Stops this CPU until a machine check or a reset. */
ALWAYS void hw_halt(void) { __asm__ volatile("cli; hlt"); }

ALWAYS u32 hw_cpuIndex(void) { return (u32)((u64)cpu_top() - (u64)cpus_start) / CPU_SIZE; }

ALWAYS void hw_pause(void) { __asm__ volatile("pause" : : : "memory"); }

static u32 hw_portIn(u32 port, u32 size) {
  u32 value = 0;
  if (size == 1)
    __asm__ volatile("inb %w1, %b0" : "+a"(value) : "Nd"(port) : "memory");
  else if (size == 2)
    __asm__ volatile("inw %w1, %w0" : "+a"(value) : "Nd"(port) : "memory");
  else
    __asm__ volatile("inl %w1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

static void hw_portOut(u32 port, u32 size, u32 value) {
  if (size == 1)
    __asm__ volatile("outb %b0, %w1" : : "a"(value), "Nd"(port) : "memory");
  else if (size == 2)
    __asm__ volatile("outw %w0, %w1" : : "a"(value), "Nd"(port) : "memory");
  else
    __asm__ volatile("outl %0, %w1" : : "a"(value), "Nd"(port) : "memory");
}

static u64 hw_readMsr(u32 msr) {
  u32 low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
  return (u64)high << 32 | low;
}

static void hw_writeMsr(u32 msr, u64 value) {
  __asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

ALWAYS u32 hw_tryReadMsr(u32 msr) { return try_read_msr(msr, &cpu_top()->value); }
ALWAYS u32 hw_tryWriteMsr(u32 msr, u64 value) { return try_write_msr(msr, value); }
ALWAYS u64 hw_readMsrValue(void) { return cpu_top()->value; }

static void cpuid_parts(u32 leaf, u32 subleaf, u32* parts) {
  __asm__ volatile("cpuid"
                   : "=a"(parts[0]), "=b"(parts[1]), "=c"(parts[2]), "=d"(parts[3])
                   : "a"(leaf), "c"(subleaf));
}

static u32 hw_cpuid(u32 leaf, u32 subleaf, u32 part) {
  u32 parts[4];
  cpuid_parts(leaf, subleaf, parts);
  return parts[part & 3];
}

static void hw_cpuidParts(u32 leaf, u32 subleaf, u32 destination) {
  cpuid_parts(leaf, subleaf, (u32*)at(&metal_memory, destination, 16));
}

static u64 hw_timestamp(void) {
  u32 low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return (u64)high << 32 | low;
}

static u64 hw_readControl(u32 number) {
  u64 value;
  if (number == 0)
    __asm__ volatile("movq %%cr0, %0" : "=r"(value) : : "memory");
  else if (number == 2)
    __asm__ volatile("movq %%cr2, %0" : "=r"(value) : : "memory");
  else if (number == 3)
    __asm__ volatile("movq %%cr3, %0" : "=r"(value) : : "memory");
  else
    __asm__ volatile("movq %%cr4, %0" : "=r"(value) : : "memory");
  return value;
}

static u64 hw_extendedControl(void) {
  u32 low, high;
  if (!(hw_readControl(4) & CR4_OSXSAVE)) return 1;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (u64)high << 32 | low;
}

static void hw_writeExtendedControl(u64 value) {
  if (hw_readControl(4) & CR4_OSXSAVE) try_write_xcr(value);
}

static u64 hw_readDebug(u32 number) {
  u64 value;
  if (number == 6)
    __asm__ volatile("movq %%dr6, %0" : "=r"(value));
  else
    __asm__ volatile("movq %%dr7, %0" : "=r"(value));
  return value;
}

static void hw_clearBreakpoints(void) {
  __asm__ volatile("movq %0, %%dr0; movq %0, %%dr1; movq %0, %%dr2; movq %0, %%dr3" : : "r"(0ull));
}

static void write_cr0(u64 value) { __asm__ volatile("movq %0, %%cr0" : : "r"(value) : "memory"); }
static void write_cr3(u64 value) { __asm__ volatile("movq %0, %%cr3" : : "r"(value) : "memory"); }
static void write_cr4(u64 value) { __asm__ volatile("movq %0, %%cr4" : : "r"(value) : "memory"); }

/** AMD64 manual, volume 2, section 11.5: a header whose XSTATE_BV is zero asks for initial configurations. */
static void hw_resetExtendedState(void) {
  bool has_xsave = hw_cpuid(CPUID_BASIC, 0, 2) & CPUID_XSAVE;
  write_cr0(hw_readControl(0) & ~(u64)(CR0_EM | CR0_TS));
  write_cr4(hw_readControl(4) | CR4_OSFXSR | (has_xsave ? CR4_OSXSAVE : 0));
  // The registers behind x87's empty tags, and XMM, also where XSAVE is not; then the pointers, which this may leave.
  restore_legacy(&initial_states[0]);
  if (!has_xsave) return;
  try_write_xcr((u64)hw_cpuid(CPUID_XSTATE, 0, 3) << 32 | hw_cpuid(CPUID_XSTATE, 0, 0));
  try_restore(&initial_states[0]);
  if (hw_cpuid(CPUID_XSTATE, 1, 0) & CPUID_XSAVES) {
    try_write_msr(MSR_XSS, (u64)hw_cpuid(CPUID_XSTATE, 1, 3) << 32 | hw_cpuid(CPUID_XSTATE, 1, 2));
    try_restore_supervisor(&initial_states[1]);
    try_write_msr(MSR_XSS, 0);
  }
  try_write_xcr(1);
}

static u64 hw_linuxState(u32 field) {
  if (field >= LINUX_FIELDS) panic(PANIC_CONTRACT);
  return cpu_top()->linux_state[field];
}

ALWAYS void hw_writeCr4(u64 value) { write_cr4(value); }

/** Without global pages, loading CR3 flushes all translations, Linux' included; CR0.WP makes read-only pages so for us. */
static void hw_useOwnTables(u64 root) {
  write_cr4(hw_readControl(4) & ~(u64)CR4_PGE);
  write_cr0(hw_readControl(0) | CR0_WP);
  write_cr3(root);
}

static void hw_useLinuxTables(void) {
  const u64* state = cpu_top()->linux_state;
  write_cr3(state[LINUX_CR3]);
  write_cr0(state[LINUX_CR0]);
  write_cr4(state[LINUX_CR4]);
}

__attribute__((noreturn)) static void hw_restart(void) { restart(); }

__attribute__((noreturn)) static void hw_panic(u32 code) { panic(code); }

#include "vendor.h"

#endif
