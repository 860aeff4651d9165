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

static void say_where(void) {}

/** Called by entry.S: an exception at EL2, or one of a guest's that nobody routes here; `vector` is the table's entry. */
__attribute__((noreturn)) void exception(u32 vector) {
  u64 syndrome = READ_SYSTEM(esr_el2);
  begin_exception(vector);
  say_hex("\nESR: 0x", syndrome);
  say_hex("\nPC: 0x", READ_SYSTEM(elr_el2));
  say_hex(" PSTATE: 0x", READ_SYSTEM(spsr_el2));
  say_hex("\nFAR: 0x", READ_SYSTEM(far_el2));
  end_exception((syndrome >> ESR_EC_SHIFT & ESR_EC_MASK) == EC_BREAKPOINT);
}
