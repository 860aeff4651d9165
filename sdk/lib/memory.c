/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The heap: from the last variable on, and never freed. The start-up has cleared it. */
#include "start.h"

extern uint8_t jh_bss_end[];

void* jh_alloc(size_t size, size_t alignment) {
  static uintptr_t next;
  if (next == 0) next = (uintptr_t)jh_bss_end;
  uintptr_t start = (next + alignment - 1) & -(uintptr_t)alignment;
  if (alignment == 0 || start < next || start > JH_HEAP_END || size > JH_HEAP_END - start) jh_fail("out of memory");
  next = start + size;
  return (void*)start;
}
