// Copies, searches and fills as a C library has them: sixteen bytes at a time with SSE2, unaligned ends, streaming stores.
#include "torture.h"

typedef uint8_t block __attribute__((vector_size(16)));
typedef uint8_t loose __attribute__((vector_size(16), aligned(1), may_alias));
typedef char bytes16 __attribute__((vector_size(16)));

static uint8_t from[600] __attribute__((aligned(64))), to[600] __attribute__((aligned(64)));

static NOINLINE void copy(void* target, const void* source, size_t size) {
  uint8_t* t = target;
  const uint8_t* s = source;
  if (size < 16) {
    for (size_t i = 0; i < size; i++) t[i] = s[i];
    return;
  }
  loose tail = *(const loose*)(s + size - 16);
  for (size_t i = 0; i + 16 <= size; i += 16) *(loose*)(t + i) = *(const loose*)(s + i);
  *(loose*)(t + size - 16) = tail;
}

static NOINLINE void fill(void* target, int value, size_t size) {
  uint8_t* t = target;
  block all = {0};
  all += (uint8_t)value;
  for (; size > 0 && (uintptr_t)t % 16; size--) *t++ = (uint8_t)value;
  for (; size >= 16; size -= 16, t += 16) __asm__("movntdq %1, %0" : "=m"(*(block*)t) : "x"(all));
  for (; size > 0; size--) *t++ = (uint8_t)value;
  __asm__ volatile("sfence" : : : "memory");
}

/** Reads whole aligned blocks: beside the text, but never beyond its page. */
static NOINLINE __attribute__((no_sanitize("address"))) size_t length(const char* text) {
  const block* at = (const block*)((uintptr_t)text & ~(uintptr_t)15);
  const block zero = {0};
  unsigned skipped = (uintptr_t)text % 16;
  unsigned mask = (unsigned)__builtin_ia32_pmovmskb128((bytes16)(*at == zero)) >> skipped;
  if (mask) return (size_t)__builtin_ctz(mask);
  for (size_t count = 16 - skipped;; count += 16) {
    mask = (unsigned)__builtin_ia32_pmovmskb128((bytes16)(*++at == zero));
    if (mask) return count + (size_t)__builtin_ctz(mask);
  }
}

static NOINLINE int compare(const uint8_t* a, const uint8_t* b, size_t size) {
  size_t i = 0;
  for (; i + 16 <= size; i += 16) {
    block same = (block)(*(const loose*)(a + i) == *(const loose*)(b + i));
    unsigned mask = (unsigned)__builtin_ia32_pmovmskb128((bytes16)same) ^ 0xffff;
    if (mask) return a[i + (size_t)__builtin_ctz(mask)] - b[i + (size_t)__builtin_ctz(mask)];
  }
  for (; i < size; i++)
    if (a[i] != b[i]) return a[i] - b[i];
  return 0;
}

/** Plain loops, which compilers turn into vectors. */
static NOINLINE unsigned sum_bytes(const uint8_t* at, size_t size) {
  unsigned sum = 0;
  for (size_t i = 0; i < size; i++) sum += at[i];
  return sum;
}

static NOINLINE void swap_case(uint8_t* at, size_t size) {
  for (size_t i = 0; i < size; i++) at[i] = at[i] >= 'a' && at[i] <= 'z' ? (uint8_t)(at[i] - 32) : at[i];
}

static NOINLINE int16_t loudest(const int16_t* at, size_t count) {
  int16_t most = -32768;
  for (size_t i = 0; i < count; i++) most = at[i] > most ? at[i] : most;
  return most;
}

static NOINLINE void mix_samples(int16_t* at, const int16_t* with, size_t count) {
  for (size_t i = 0; i < count; i++) {
    int sum = at[i] + with[i];
    at[i] = (int16_t)(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
  }
}

static NOINLINE uint32_t checksum(const uint32_t* at, size_t count) {
  uint32_t sum = 1;
  for (size_t i = 0; i < count; i++) sum += (at[i] >> 3 ^ at[i] << 5) * 0x9e3779b1u;
  return sum;
}

void torture_memory(void) {
  uint64_t sum = 0;
  for (size_t i = 0; i < sizeof(from); i++) from[i] = (uint8_t)(next_random() | 1);
  for (size_t offset = 0; offset < 20; offset++)
    for (size_t size = 0; size < 200; size += 7 + offset % 3) {
      fill(to, (int)size, sizeof(to));
      copy(to + offset, from + size / 3, size);
      sum = mix(sum, to, 240);
      to[offset + size] = 0;
      size_t found = length((const char*)to + offset);
      MIX(sum, found);
      int order = compare(to + offset, from + size / 3 + offset % 2, size);
      MIX(sum, order);
    }
  print("memory %llx bytes %u\n", sum, sum_bytes(from, 599));
  swap_case(from, sizeof(from) - 3);
  static int16_t left[250], right[250];
  for (size_t i = 0; i < 250; i++) left[i] = (int16_t)next_random(), right[i] = (int16_t)next_random();
  mix_samples(left, right, 250);
  print("loops %llx %d %llx %x\n", mix(0, from, sizeof(from)), loudest(left, 249), mix(0, left, sizeof(left)),
        checksum((const uint32_t*)(const void*)from, 149));
}
