/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What compilers call for copies and comparisons of their own, and a little more. */
#include <string.h>

#include <stdint.h>

void* memcpy(void* to, const void* from, size_t size) {
  void* result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return result;
}

void* memmove(void* to, const void* from, size_t size) {
  if ((uintptr_t)to - (uintptr_t)from >= size) return memcpy(to, from, size);
  const uint8_t* source = (const uint8_t*)from + size - 1;
  uint8_t* target = (uint8_t*)to + size - 1;
  __asm__ volatile("std; rep movsb; cld" : "+D"(target), "+S"(source), "+c"(size) : : "memory", "cc");
  return to;
}

void* memset(void* to, int value, size_t size) {
  void* result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
  return result;
}

int memcmp(const void* first, const void* second, size_t size) {
  const uint8_t *a = first, *b = second;
  for (; size > 0; size--, a++, b++)
    if (*a != *b) return *a - *b;
  return 0;
}

size_t strlen(const char* text) {
  size_t length = 0;
  while (text[length] != '\0') length++;
  return length;
}

int strcmp(const char* first, const char* second) {
  return strncmp(first, second, SIZE_MAX);
}

int strncmp(const char* first, const char* second, size_t size) {
  for (; size > 0; size--, first++, second++) {
    int difference = (uint8_t)*first - (uint8_t)*second;
    if (difference != 0 || *first == '\0') return difference;
  }
  return 0;
}
