// SHA-256 (FIPS 180-4): its constants are made, not written down, by roots of primes in long double.
#include "torture.h"

static uint32_t constants[64], initial[8];

static uint32_t fraction(long double value) {
  return (uint32_t)((value - (long double)(int)value) * 4294967296.0L);
}

static long double cube_root(long double cube) {
  long double x = cube;
  for (int i = 0; i < 60; i++) x = (2 * x + cube / (x * x)) / 3;
  return x;
}

static void make_constants(void) {
  int count = 0;
  for (int candidate = 2; count < 64; candidate++) {
    int divisor = 2;
    while (candidate % divisor) divisor++;
    if (divisor < candidate) continue;
    if (count < 8) initial[count] = fraction(__builtin_sqrtl(candidate));
    constants[count++] = fraction(cube_root(candidate));
  }
}

static uint32_t rotate(uint32_t value, int by) {
  return value >> by | value << (32 - by);
}

static NOINLINE void compress(uint32_t* state, const uint8_t* bytes) {
  uint32_t w[64], s[8];
  for (int i = 0; i < 16; i++)
    w[i] = (uint32_t)bytes[i * 4] << 24 | (uint32_t)bytes[i * 4 + 1] << 16 | (uint32_t)bytes[i * 4 + 2] << 8 | bytes[i * 4 + 3];
  for (int i = 16; i < 64; i++)
    w[i] = w[i - 16] + w[i - 7] + (rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3) +
           (rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10);
  for (int i = 0; i < 8; i++) s[i] = state[i];
  for (int i = 0; i < 64; i++) {
    uint32_t first = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) + ((s[4] & s[5]) ^ (~s[4] & s[6])) +
                     constants[i] + w[i];
    uint32_t second = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    for (int j = 7; j > 0; j--) s[j] = s[j - 1];
    s[4] += first;
    s[0] = first + second;
  }
  for (int i = 0; i < 8; i++) state[i] += s[i];
}

static void hash(const char* text, size_t size) {
  uint32_t state[8];
  uint8_t last[64];
  for (int i = 0; i < 8; i++) state[i] = initial[i];
  uint64_t bits = (uint64_t)size * 8;
  for (; size >= 64; size -= 64, text += 64) compress(state, (const uint8_t*)text);
  for (size_t i = 0; i < 64; i++) last[i] = i < size ? (uint8_t)text[i] : i == size ? 0x80 : 0;
  if (size >= 56) {
    compress(state, last);
    for (int i = 0; i < 64; i++) last[i] = 0;
  }
  for (int i = 0; i < 8; i++) last[63 - i] = (uint8_t)(bits >> (8 * i));
  compress(state, last);
  print("sha256 ");
  for (int i = 0; i < 8; i++) print("%x", state[i]);
  print("\n");
}

void torture_sha256(void) {
  static char long_text[2000];
  make_constants();
  hash("", 0);
  hash("abc", 3);
  for (size_t i = 0; i < sizeof(long_text); i++) long_text[i] = (char)('a' + i % 26);
  hash(long_text, sizeof(long_text));
  hash(long_text, 60);
}
