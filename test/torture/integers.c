// Integers: 128-bit products where the compiler has them, divisions, shifts, bit counts, strings of digits, sorting; jumps out of functions.
#include "torture.h"

static volatile uint64_t big = 0xfedcba9876543210;

static NOINLINE void multiply_long(uint64_t a, uint64_t b, uint64_t* high, uint64_t* low) {
#ifdef __SIZEOF_INT128__
  unsigned __int128 product = (unsigned __int128)a * b;
  *high = (uint64_t)(product >> 64);
  *low = (uint64_t)product;
#else
  uint64_t a0 = (uint32_t)a, a1 = a >> 32, b0 = (uint32_t)b, b1 = b >> 32;
  uint64_t middle = a1 * b0 + (a0 * b0 >> 32), other = a0 * b1 + (uint32_t)middle;
  *high = a1 * b1 + (middle >> 32) + (other >> 32);
  *low = a * b;
#endif
}

void torture_wide(void) {
  uint64_t sum = 0, high, low;
  for (int i = 0; i < 100; i++) {
    uint64_t factor = next_random() ^ big;
    multiply_long(factor, next_random(), &high, &low);
    MIX(sum, high);
    MIX(sum, low);
  }
  print("wide %llx %llx %llx\n", high, low, sum);
#ifdef __SIZEOF_INT128__
  __int128 value = (__int128)big * -3;
  for (int i = 1; i < 20; i++) value = (value << 7) / (i * 3 + (value & 7)) - (value >> (i * 3));
  print("int128 %llx %llx\n", (uint64_t)(value >> 64), (uint64_t)value);
  print("int128 as double %b %b\n", (double)value, (double)(unsigned __int128)value);
#endif
}

static NOINLINE void sort(int32_t* from, int count) {
  for (int gap = count / 2; gap > 0; gap /= 2)
    for (int i = gap; i < count; i++) {
      int32_t value = from[i];
      int j = i;
      for (; j >= gap && from[j - gap] > value; j -= gap) from[j] = from[j - gap];
      from[j] = value;
    }
}

void torture_integers(void) {
  static int32_t values[200];
  uint64_t sum = 0;
  for (int i = 0; i < 200; i++) {
    uint64_t a = next_random() >> (i % 60), b = (next_random() >> (i % 50)) | 1;
    int64_t c = (int64_t)next_random(), d = (int64_t)(next_random() >> (i % 62)) | 1;
    uint64_t results[] = {a / b, a % b, (uint64_t)(c / d), (uint64_t)(c % d), a << (b % 64), (uint64_t)(c >> (b % 64)),
                          a >> 7 | a << 57, (uint64_t)__builtin_ctzll(b), (uint64_t)__builtin_clzll(b),
                          (uint64_t)__builtin_popcountll(a), __builtin_bswap64(a), a * (uint64_t)c,
                          (uint64_t)((int32_t)c / ((int32_t)b | 1)), (uint64_t)((int16_t)c % ((int8_t)b | 1)), (uint64_t)(a > b)};
    MIX(sum, results);
    values[i] = (int32_t)next_random();
  }
  sort(values, 200);
  print("integers %llx sorted %d %d %llx\n", sum, values[0], values[199], mix(0, values, sizeof(values)));
}

static void* landing[5];
static volatile int depth;

static NOINLINE void descend(int to) {
  volatile double kept = to * 1.5;
  if (to == 0) __builtin_longjmp(landing, 1);
  depth = depth + 1;
  descend(to - 1);
  print("never %b\n", kept);
}

void torture_jumps(void) {
  volatile double kept = 6.5;
  if (__builtin_setjmp(landing) == 0) {
    kept = kept * 2;
    descend(9);
  }
  print("jumped from %d, kept %b\n", depth, kept);
  static const void* const targets[] = {&&first, &&second, &&third, &&over};
  int turn = 0;
  double walked = 0;
first:
  walked += 0.1;
  goto *targets[turn++ % 3];
second:
  walked *= 3;
  goto *targets[turn++ % 3];
third:
  walked -= 0.7;
  goto *targets[turn++ < 9 ? turn % 3 : 3];
over:
  print("walked %b in %d\n", walked, turn);
}
