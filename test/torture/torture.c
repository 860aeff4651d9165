#include "torture.h"

static uint64_t state = 0x9e3779b97f4a7c15;

uint64_t next_random(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state * 0x2545f4914f6cdd1d;
}

double next_bits(void) {
  union {
    uint64_t bits;
    double value;
  } u = {next_random()};
  return u.value;
}

double next_double(void) {
  union {
    uint64_t bits;
    double value;
  } u = {next_random()};
  u.bits = (u.bits & 0x800fffffffffffff) | (uint64_t)(1023 - 20 + next_random() % 40) << 52;
  return u.value;
}

uint64_t mix(uint64_t sum, const void* bytes, size_t size) {
  const uint8_t* at = bytes;
  for (size_t i = 0; i < size; i++) sum = (sum ^ at[i]) * 0x100000001b3;
  return sum;
}

uint64_t mix_long(uint64_t sum, long double value) {
  return mix(sum, &value, 10);
}

void torture(void) {
  torture_arithmetic();
  torture_conversions();
  torture_printing();
  torture_arguments();
  torture_memory();
  torture_matrix();
  torture_sha256();
  torture_json();
  torture_functions();
  torture_structs();
  torture_jumps();
  torture_wide();
  torture_integers();
  torture_fast();
  print("end\n");
}
