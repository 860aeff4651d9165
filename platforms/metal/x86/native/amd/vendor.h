// The members of ../../amd/hw.ts, and what AMD-V adds to entering and to refusing.
#ifndef VENDOR_H_
#define VENDOR_H_

void run_guest(u64 control, u8* registers);
__attribute__((noreturn)) void leave(u8* block, u8* registers);

static void hw_runGuest(u64 control, u32 registers) {
  run_guest(control, at(&metal_memory, registers, REGISTERS_SIZE));
}

ALWAYS void hw_loadGuest(u64 control) { __asm__ volatile("vmload" : : "a"(control) : "memory"); }
ALWAYS void hw_takeNmi(void) { __asm__ volatile("stgi; nop; clgi" : : : "memory"); }

static u32 hw_takeMachineCheck(void) {
  u32 came = cpu_top()->machine_check;
  cpu_top()->machine_check = 0;
  return came;
}

__attribute__((noreturn)) static void hw_leave(u32 block, u32 registers) {
  leave(at(&metal_memory, block, PAGE_SIZE), at(&metal_memory, registers, REGISTERS_SIZE));
}

/** Keeps more of what Linux called the entry with: all else stays in the processor. */
ALWAYS void save_more(void) {}

/** STGI exists only with EFER.SVME, and GIF has to be set before that goes. */
ALWAYS void restore_more(void) {
  if (hw_readMsr(MSR_EFER) & EFER_SVME) __asm__ volatile("stgi" : : : "memory");
}

#endif
