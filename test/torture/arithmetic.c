// The four operations, comparisons and conversions, on operands near each other and on any bits at all.
#include "torture.h"

#define ROUNDS 300

#define OPERATIONS(TYPE, NAME)                                                                  \
  static NOINLINE TYPE add_##NAME(TYPE a, TYPE b) { return a + b; }                             \
  static NOINLINE TYPE subtract_##NAME(TYPE a, TYPE b) { return a - b; }                        \
  static NOINLINE TYPE multiply_##NAME(TYPE a, TYPE b) { return a * b; }                        \
  static NOINLINE TYPE divide_##NAME(TYPE a, TYPE b) { return a / b; }                          \
  static NOINLINE TYPE negate_##NAME(TYPE a, TYPE b) { return -a * (b < 0 ? -b : b); }          \
  static NOINLINE TYPE choose_##NAME(TYPE a, TYPE b) { return a < b ? a : b; }                  \
  static NOINLINE TYPE sum_##NAME(TYPE a, TYPE b) { return a * b + a / (b * b + 1) - (a - b); } \
  static TYPE (*const NAME##_operations[])(TYPE, TYPE) = {add_##NAME,    subtract_##NAME, multiply_##NAME, divide_##NAME, \
                                                          negate_##NAME, choose_##NAME,   sum_##NAME};     \
  static NOINLINE int compare_##NAME(TYPE a, TYPE b) {                                          \
    return (a < b) | (a <= b) << 1 | (a == b) << 2 | (a != b) << 3 | (a > b) << 4 | (a >= b) << 5 | (!(a < b)) << 6; \
  }
OPERATIONS(float, float)
OPERATIONS(double, double)
OPERATIONS(long double, extended)

#define EACH(TYPE, NAME, MAKE, ADD)                                                       \
  for (size_t which = 0; which < 7; which++) {                                            \
    uint64_t sum = 0;                                                                     \
    for (int round = 0; round < ROUNDS; round++) {                                        \
      TYPE a = (TYPE)MAKE(), b = (TYPE)MAKE();                                            \
      TYPE result = NAME##_operations[which](a, b);                                       \
      sum = ADD;                                                                          \
      if (round == 0) print("%b %b: %b, ", (double)a, (double)b, (double)result);         \
    }                                                                                     \
    print(#NAME " " #MAKE " %u: %llx\n", (unsigned)which, sum);                           \
  }                                                                                       \
  for (uint64_t round = 0, sum = 0; round < ROUNDS; round++) {                            \
    TYPE a = (TYPE)MAKE(), b = round % 3 ? (TYPE)MAKE() : a;                              \
    int result = compare_##NAME(a, b);                                                    \
    MIX(sum, result);                                                                     \
    if (round == ROUNDS - 1) print(#NAME " " #MAKE " compared: %llx\n", sum);             \
  }

void torture_arithmetic(void) {
  EACH(float, float, next_double, mix(sum, &result, sizeof(result)))
  EACH(float, float, next_bits, mix(sum, &result, sizeof(result)))
  EACH(double, double, next_double, mix(sum, &result, sizeof(result)))
  EACH(double, double, next_bits, mix(sum, &result, sizeof(result)))
  EACH(long double, extended, next_double, mix_long(sum, result))
  EACH(long double, extended, next_bits, mix_long(sum, result))
}

#define CONVERT(TYPE, NAME)                                                     \
  static NOINLINE TYPE double_to_##NAME(double value) { return (TYPE)value; }   \
  static NOINLINE TYPE float_to_##NAME(float value) { return (TYPE)value; }     \
  static NOINLINE TYPE extended_to_##NAME(long double value) { return (TYPE)value; } \
  static NOINLINE double NAME##_to_double(TYPE value) { return (double)value; } \
  static NOINLINE float NAME##_to_float(TYPE value) { return (float)value; }    \
  static NOINLINE long double NAME##_to_extended(TYPE value) { return (long double)value; }
CONVERT(int8_t, i8)
CONVERT(uint16_t, u16)
CONVERT(int32_t, i32)
CONVERT(uint32_t, u32)
CONVERT(int64_t, i64)
CONVERT(uint64_t, u64)

/** Values are kept inside of the type's range, outside of which C says nothing. */
#define THERE_AND_BACK(TYPE, NAME, MOST)                                        \
  {                                                                             \
    uint64_t sum = 0;                                                           \
    for (int round = 0; round < ROUNDS; round++) {                              \
      TYPE whole = (TYPE)(next_random() >> (next_random() % 64));               \
      double d = NAME##_to_double(whole);                                       \
      float f = NAME##_to_float(whole);                                         \
      long double l = NAME##_to_extended(whole);                                \
      MIX(sum, d);                                                              \
      MIX(sum, f);                                                              \
      sum = mix_long(sum, l);                                                   \
      double part = (double)(next_random() >> 11) / 9007199254740992.0 * MOST;  \
      TYPE a = double_to_##NAME(part), b = float_to_##NAME((float)part / 2), c = extended_to_##NAME(l), \
           e = extended_to_##NAME((long double)part);                           \
      MIX(sum, a);                                                              \
      MIX(sum, b);                                                              \
      MIX(sum, c);                                                              \
      MIX(sum, e);                                                              \
      if (round == 0) print(#NAME " %.3f: %lld %lld %lld\n", part, (long long)a, (long long)b, (long long)e); \
    }                                                                           \
    print(#NAME ": %llx\n", sum);                                               \
  }

void torture_conversions(void) {
  THERE_AND_BACK(int8_t, i8, 127.0)
  THERE_AND_BACK(uint16_t, u16, 65535.0)
  THERE_AND_BACK(int32_t, i32, -2147483648.0)
  THERE_AND_BACK(uint32_t, u32, 4294967295.0)
  THERE_AND_BACK(int64_t, i64, -9223372036854775808.0)
  THERE_AND_BACK(uint64_t, u64, 18446744073709549568.0)
  uint64_t sum = 0;
  for (int round = 0; round < ROUNDS; round++) {
    volatile double any = next_bits();
    volatile float narrow = (float)any;
    volatile long double wide = any;
    volatile double back = (double)(wide * 1.0000001L);
    volatile float both = (float)(wide / 3);
    float copies[] = {narrow, both};
    double more[] = {any, back, (double)narrow};
    MIX(sum, copies);
    MIX(sum, more);
  }
  print("any bits: %llx\n", sum);
}
