// The members of ../hw.ts and ../../hw.ts, whose contracts are there. The translated platform module calls them as `hw_<name>`.
#ifndef HW_H_
#define HW_H_

#include "image.h"
#include "system.h"
#include "wasm.h"

extern u8 image_start[];
/** Where the image is: its addresses are physical ones. */
#define IMAGE_BASE image_start

/** Linux' registers of EL2, as it had them before the entry. */
struct linux_el2 {
  u64 sctlr, vbar, hcr, vtcr, vttbr, tcr, mair, ttbr0;
};

/** What lies at the top of each CPU's stack; where its stack pointer is while a guest runs. */
struct cpu_top {
  /** X0 to X30. */
  u64 x[31];
  /** SP_EL0 and SP_EL1. */
  u64 sp[2];
  /** ELR_EL2 and SPSR_EL2. */
  u64 pc, pstate;
  struct linux_el2 linux;
  u64 unused[5];
};
_Static_assert(sizeof(struct cpu_top) == CPU_TOP_SIZE, "image.h disagrees");
_Static_assert(offsetof(struct cpu_top, sp) == FRAME_SP, "image.h disagrees");
_Static_assert(offsetof(struct cpu_top, pc) == FRAME_PC, "image.h disagrees");
_Static_assert(offsetof(struct cpu_top, linux) == FRAME_LINUX, "image.h disagrees");

#include "members.h"

/** SPSR_EL2: the guest used SP_EL1, and not SP_EL0. */
#define PSTATE_OWN_SP 1
/** HCR_EL2.VM: stage 2 is on. */
#define HCR_VM 1
/** VTTBR_EL2: where the VMID begins; that of all guests. */
#define VTTBR_VMID_SHIFT 48
#define VTTBR_TABLE 0xffffffffffff
#define VMID 1ull
extern u64 window_table[];
__attribute__((noreturn)) void leave(void);
static u32 start_core(u32 cpu, u32 config, u32 size);

/** The top of CPU `cpu`'s stack. */
ALWAYS struct cpu_top* top_of(u32 cpu) { return (struct cpu_top*)(cpus_start + (u64)(cpu + 1) * CPU_SIZE) - 1; }

ALWAYS u32 hw_cpuIndex(void) {
  u64 sp;
  __asm__("mov %0, sp" : "=r"(sp));
  return (u32)((sp - (u64)cpus_start) / CPU_SIZE);
}

ALWAYS void hw_pause(void) { BARRIER("yield"); }
/** Stops this CPU for good. */
ALWAYS void hw_halt(void) { BARRIER("msr daifset, #15; wfi"); }

/** Where REG_* of a CPU is; its frame is as its last trap has left it. */
static u64* register_of(u32 cpu, u32 number) {
  if (cpu >= header_max_cpus || number >= REG_COUNT) panic(PANIC_CONTRACT);
  struct cpu_top* top = top_of(cpu);
  if (number == REG_SP) return &top->sp[top->pstate & PSTATE_OWN_SP];
  if (number == REG_PC) return &top->pc;
  return number == REG_PSTATE ? &top->pstate : &top->x[number];
}

static u64 hw_guestRegister(u32 cpu, u32 number) { return *register_of(cpu, number); }
static void hw_setGuestRegister(u32 cpu, u32 number, u64 value) { *register_of(cpu, number) = value; }

/** Makes this CPU's window show the page of `address`, which is not the hypervisor's. Returns where the address is there. */
static u8* open_window(u64 address, u64 size, u64 bits) {
  u64 offset = address & (PAGE_SIZE - 1);
  u32 cpu = hw_cpuIndex();
  if (address - layout.physical < layout.parts[PART_END]) panic(PANIC_OWN_MEMORY);
  if (size > PAGE_SIZE - offset) panic(PANIC_CONTRACT);
  window_table[cpu] = (address - offset) | bits;
  BARRIER("dsb ishst; isb");
  return (u8*)EL2_WINDOWS + (u64)cpu * PAGE_SIZE + offset;
}

static void close_window(void) {
  u32 cpu = hw_cpuIndex();
  window_table[cpu] = 0;
  u64 page = EL2_WINDOWS / PAGE_SIZE + cpu;
  __asm__ volatile("dsb ishst; tlbi vae2is, %0; dsb ish; isb" : : "r"(page) : "memory");
}

static u64 hw_deviceRead(u64 address, u32 size) {
  const volatile u8* place = open_window(address, size, DEVICE_BITS);
  u64 value = 0;
  if (size == 1)
    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(place) : "memory");
  else if (size == 2)
    __asm__ volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(place) : "memory");
  else if (size == 4)
    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(place) : "memory");
  else
    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(place) : "memory");
  close_window();
  return value;
}

static void hw_deviceWrite(u64 address, u32 size, u64 value) {
  volatile u8* place = open_window(address, size, DEVICE_BITS);
  if (size == 1)
    __asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(place) : "memory");
  else if (size == 2)
    __asm__ volatile("strh %w0, [%1]" : : "r"(value), "r"(place) : "memory");
  else if (size == 4)
    __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(place) : "memory");
  else
    __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(place) : "memory");
  close_window();
}

static void hw_memoryToCore(u64 address, u32 destination, u32 size) {
  memcpy(at(&core_memory, destination, size), open_window(address, size, MEMORY_BITS), size);
  close_window();
}

static u64 hw_counter(void) {
  BARRIER("isb");
  return READ_SYSTEM(cntpct_el0);
}

ALWAYS u64 hw_counterFrequency(void) { return READ_SYSTEM(cntfrq_el0); }
ALWAYS u64 hw_affinity(void) { return READ_SYSTEM(mpidr_el1); }
ALWAYS u64 hw_memoryFeatures(void) { return READ_SYSTEM(id_aa64mmfr0_el1); }

/** The rest of HCR_EL2 stays as Linux has it: there are bits without which its pointer authentication traps. */
static void hw_useGuestMap(u64 root, u64 control) {
  WRITE_SYSTEM(vtcr_el2, control);
  WRITE_SYSTEM(vttbr_el2, root | VMID << VTTBR_VMID_SHIFT);
  WRITE_SYSTEM(hcr_el2, READ_SYSTEM(hcr_el2) | HCR_VM);
  BARRIER("isb; tlbi vmalls12e1; dsb nsh; isb");
}

static void hw_flushGuests(void) {
  u64 before = READ_SYSTEM(vttbr_el2);
  WRITE_SYSTEM(vttbr_el2, (before & VTTBR_TABLE) | VMID << VTTBR_VMID_SHIFT);
  BARRIER("dsb ishst; isb; tlbi vmalls12e1is; dsb ish; isb");
  WRITE_SYSTEM(vttbr_el2, before);
  BARRIER("isb");
}

ALWAYS void hw_leave(void) { leave(); }
ALWAYS void hw_panic(u32 code) { panic(code); }

#endif
