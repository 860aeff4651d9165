// What compiled code expects without an operating system: memory functions; and what happens when there is no going on.
#include "hw.h"

/** Exceptions with an error code (AMD64 manual, volume 2, table 8-1). */
#define ERROR_CODES (1u << 8 | 0x1fu << 10 | 1u << 17 | 1u << 21 | 1u << 29 | 1u << 30)
#define UD2 0x0b0f

void* memcpy(void* to, const void* from, size_t size) {
  void* result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return result;
}

void* memmove(void* to, const void* from, size_t size) {
  if ((uintptr_t)to - (uintptr_t)from >= size) return memcpy(to, from, size);
  const u8* source = (const u8*)from + size - 1;
  u8* target = (u8*)to + size - 1;
  __asm__ volatile("std; rep movsb; cld" : "+D"(target), "+S"(source), "+c"(size) : : "memory");
  return to;
}

void* memset(void* to, int value, size_t size) {
  void* result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
  return result;
}

#include "report.c"

static void say_where(void) {
  say("\nPhysical CPU ID: ");
  say_decimal(hw_cpuid(1, 0, 1) >> 24);
}

/** Whether the instruction at `rip` is a trap of the translated code (wasm.h). */
static bool is_trap(u64 rip) {
  return rip >= VIRTUAL_BASE && rip < (u64)constants_start && *(const u16*)rip == UD2;
}

/** Called by exceptions.S: `frame` is the address behind the stub's call, then what the processor pushed. */
__attribute__((noreturn)) void exception(const u64* frame) {
  u32 vector = (*frame++ - CALL_SIZE - STUBS - VIRTUAL_BASE) / STUB_SIZE;
  u64 error_code = ERROR_CODES >> vector & 1 ? *frame++ : 0;
  begin_exception(vector);
  say_hex("\nError code: 0x", error_code);
  say_hex("\nRIP: 0x", frame[0]);
  say_hex(" RSP: 0x", frame[3]);
  say_hex(" FLAGS: 0x", frame[2]);
  if (vector == VECTOR_PF) say_hex("\nCR2: 0x", hw_readControl(2));
  end_exception(vector == VECTOR_UD && is_trap(frame[0]));
}
