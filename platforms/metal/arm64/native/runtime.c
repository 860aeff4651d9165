// What compiled code expects without an operating system: memory functions; and what happens when there is no going on.
#include "hw.h"

void* memcpy(void* to, const void* from, size_t size) {
  u8* target = to;
  const u8* source = from;
  for (; size >= sizeof(u64); size -= sizeof(u64), target += sizeof(u64), source += sizeof(u64))
    __builtin_memcpy(target, source, sizeof(u64));
  while (size--) *target++ = *source++;
  return to;
}

void* memmove(void* to, const void* from, size_t size) {
  if ((uintptr_t)to - (uintptr_t)from >= size) return memcpy(to, from, size);
  u8* target = to;
  const u8* source = from;
  while (size--) target[size] = source[size];
  return to;
}

void* memset(void* to, int value, size_t size) {
  u8* target = to;
  while (size--) *target++ = (u8)value;
  return to;
}

#include "report.c"

__attribute__((noreturn)) static void end_report(void) {
  say("\nStopping CPU ");
  say_decimal(hw_cpuIndex());
  say("\n");
  metal_flushConsole();
  __atomic_store_n(&reporter, 0, __ATOMIC_RELEASE);
  for (;;) hw_halt();
}

__attribute__((noreturn, cold)) static void panic(u32 code) {
  begin_report();
  say(code == PANIC_OWN_MEMORY ? "FATAL: Jailhouse was about to touch its own memory"
                               : "FATAL: Jailhouse named what does not exist");
  say_hex("\nCalled from: 0x", (u64)__builtin_return_address(0));
  end_report();
}

/** Called by entry.S: an exception at EL2, or one of a guest's that nobody routes here; `vector` is the table's entry. */
__attribute__((noreturn)) void exception(u32 vector) {
  u64 syndrome = READ_SYSTEM(esr_el2);
  begin_report();
  say("FATAL: Jailhouse triggered exception #");
  say_decimal(vector);
  say_hex("\nESR: 0x", syndrome);
  say_hex("\nPC: 0x", READ_SYSTEM(elr_el2));
  say_hex(" PSTATE: 0x", READ_SYSTEM(spsr_el2));
  say_hex("\nFAR: 0x", READ_SYSTEM(far_el2));
  if ((syndrome >> ESR_EC_SHIFT & ESR_EC_MASK) == EC_BREAKPOINT)
    say("\nA check has failed: bounds of memory, division, or what cannot be");
  end_report();
}
