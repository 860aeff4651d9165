/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* 64-bit division for 32-bit programs: compilers call these by name, and their own library is seldom installed for 32 bits. */
#include <stdint.h>

#ifdef __i386__

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t* remainder);
int64_t __divmoddi4(int64_t dividend, int64_t divisor, int64_t* remainder);
uint64_t __udivdi3(uint64_t dividend, uint64_t divisor);
uint64_t __umoddi3(uint64_t dividend, uint64_t divisor);
int64_t __divdi3(int64_t dividend, int64_t divisor);
int64_t __moddi3(int64_t dividend, int64_t divisor);

/** The CPU's own division of 64 bits by 32; the quotient must fit. */
static uint32_t divide(uint32_t high, uint32_t low, uint32_t divisor, uint32_t* rest) {
  uint32_t quotient;
  __asm__("divl %4" : "=a"(quotient), "=d"(*rest) : "0"(low), "1"(high), "rm"(divisor) : "cc");
  return quotient;
}

/** For divisors of more than 32 bits: the quotient has 32, found bit by bit. */
static uint64_t divide_long(uint64_t dividend, uint64_t divisor, uint64_t* rest) {
  uint64_t quotient = 0, left = dividend >> 32;
  for (int bit = 31; bit >= 0; bit--) {
    /* What is shifted out of `left` counts: it is more than any divisor. */
    uint64_t carry = left >> 63;
    left = left << 1 | (dividend >> bit & 1);
    quotient <<= 1;
    if (carry || left >= divisor) {
      left -= divisor;
      quotient |= 1;
    }
  }
  *rest = left;
  return quotient;
}

uint64_t __udivmoddi4(uint64_t dividend, uint64_t divisor, uint64_t* remainder) {
  uint64_t quotient, rest;
  if (divisor >> 32) {
    quotient = divide_long(dividend, divisor, &rest);
  } else {
    /* Of 0 too: the CPU raises #DE, as for any other division. */
    uint32_t high, low;
    uint32_t upper = divide(0, (uint32_t)(dividend >> 32), (uint32_t)divisor, &high);
    quotient = (uint64_t)upper << 32 | divide(high, (uint32_t)dividend, (uint32_t)divisor, &low);
    rest = low;
  }
  if (remainder) *remainder = rest;
  return quotient;
}

static uint64_t magnitude(int64_t value) {
  return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

int64_t __divmoddi4(int64_t dividend, int64_t divisor, int64_t* remainder) {
  uint64_t rest;
  uint64_t quotient = __udivmoddi4(magnitude(dividend), magnitude(divisor), &rest);
  if (remainder) *remainder = (int64_t)(dividend < 0 ? -rest : rest);
  return (int64_t)((dividend < 0) != (divisor < 0) ? -quotient : quotient);
}

uint64_t __udivdi3(uint64_t dividend, uint64_t divisor) {
  return __udivmoddi4(dividend, divisor, 0);
}

uint64_t __umoddi3(uint64_t dividend, uint64_t divisor) {
  uint64_t rest;
  __udivmoddi4(dividend, divisor, &rest);
  return rest;
}

int64_t __divdi3(int64_t dividend, int64_t divisor) {
  return __divmoddi4(dividend, divisor, 0);
}

int64_t __moddi3(int64_t dividend, int64_t divisor) {
  int64_t rest;
  __divmoddi4(dividend, divisor, &rest);
  return rest;
}

#endif

/* A translation unit is not empty. */
typedef int jh_divide_is_for_32_bits;
