// Printing, of floats too: exactly, by a binary fixed-point number of all bits that a double can have.
#include "torture.h"

#define WORDS 68
/** Words of the fraction; the rest are the integer part. */
#define FRACTION 34
#define MANTISSA_BITS 52
#define BIAS 1023
#define DIGITS 340
#define BILLION 1000000000u

/** Puts the mantissa at its place: word 0 is the lowest of the fraction. */
static void place(uint32_t* words, uint64_t mantissa, int lowest_bit) {
  for (int bit = 0; bit <= MANTISSA_BITS; bit++)
    if (mantissa >> bit & 1) {
      int at = FRACTION * 32 + lowest_bit + bit;
      words[at / 32] |= 1u << (at % 32);
    }
}

static uint32_t times_ten(uint32_t* words) {
  uint64_t carry = 0;
  for (int i = 0; i < FRACTION; i++) {
    carry += (uint64_t)words[i] * 10;
    words[i] = (uint32_t)carry;
    carry >>= 32;
  }
  return (uint32_t)carry;
}

static uint32_t divide(uint32_t* words) {
  uint64_t rest = 0;
  for (int i = WORDS - 1; i >= FRACTION; i--) {
    rest = rest << 32 | words[i];
    words[i] = (uint32_t)(rest / BILLION);
    rest %= BILLION;
  }
  return (uint32_t)rest;
}

/** Is what is left of the fraction more than a half (1), a half (0), or less (-1)? */
static int compare_to_half(const uint32_t* words) {
  if (words[FRACTION - 1] != 0x80000000u) return words[FRACTION - 1] > 0x80000000u ? 1 : -1;
  for (int i = 0; i < FRACTION - 1; i++)
    if (words[i] != 0) return 1;
  return 0;
}

static void add_one(char* digits, int last) {
  for (; digits[last] == '9'; last--) digits[last] = '0';
  digits[last]++;
}

void print_fixed(double value, int decimals) {
  union {
    double value;
    uint64_t bits;
  } u = {value};
  int exponent = (int)(u.bits >> MANTISSA_BITS & 0x7ff);
  uint64_t mantissa = u.bits & 0xfffffffffffff;
  if (u.bits >> 63) put('-');
  if (exponent == 0x7ff) {
    print(mantissa ? "nan" : "inf");
    return;
  }
  uint32_t words[WORDS] = {0};
  if (exponent > 0) mantissa |= 1ull << MANTISSA_BITS;
  place(words, mantissa, (exponent > 0 ? exponent : 1) - BIAS - MANTISSA_BITS);
  char digits[DIGITS + 64];
  for (int at = DIGITS - 1; at > 0;) {
    uint32_t group = divide(words);
    for (int i = 0; i < 9 && at > 0; i++, group /= 10) digits[at--] = (char)('0' + group % 10);
  }
  digits[0] = '0';
  for (int i = 0; i < decimals; i++) digits[DIGITS + i] = (char)('0' + times_ten(words));
  int last = DIGITS + decimals - 1, half = compare_to_half(words);
  if (half > 0 || (half == 0 && (digits[last] - '0') % 2 == 1)) add_one(digits, last);
  int start = 0;
  while (start < DIGITS - 1 && digits[start] == '0') start++;
  for (int i = start; i <= last; i++) {
    if (i == DIGITS) put('.');
    put(digits[i]);
  }
}

void print_scaled(long double value) {
  int power = 0;
  if (value != value || value - value != 0) {
    print(value != value ? "nan" : value > 0 ? "inf" : "-inf");
    return;
  }
  if (value < 0) {
    put('-');
    value = -value;
  }
  while (value >= 10.0L) {
    value /= 10.0L;
    power++;
  }
  while (value > 0 && value < 1.0L) {
    value *= 10.0L;
    power--;
  }
  for (int i = 0; i < 18; i++) {
    int digit = (int)value;
    put((char)('0' + digit));
    if (i == 0) put('.');
    value = (value - digit) * 10.0L;
  }
  print("e%d", power);
}

static void print_number(uint64_t value, unsigned base, int least) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0 || count < least);
  while (count > 0) put(digits[--count]);
}

static void print_signed(long long value) {
  if (value < 0) put('-');
  print_number(value < 0 ? -(uint64_t)value : (uint64_t)value, 10, 1);
}

static void print_bits(double value) {
  union {
    double value;
    uint64_t bits;
  } u = {value};
  print_number(u.bits, 16, 16);
}

static void print_float_bits(float value) {
  union {
    float value;
    uint32_t bits;
  } u = {value};
  print_number(u.bits, 16, 8);
}

void print(const char* format, ...) {
  va_list list;
  va_start(list, format);
  for (; *format; format++) {
    int is_long = 0, precision = 6;
    if (*format != '%') {
      put(*format);
      continue;
    }
    format++;
    if (*format == '.') precision = *++format - '0', format++;
    for (; *format == 'l'; format++) is_long++;
    switch (*format) {
      case 'd':
        print_signed(is_long ? va_arg(list, long long) : va_arg(list, int));
        break;
      case 'u':
        print_number(is_long ? va_arg(list, unsigned long long) : va_arg(list, unsigned), 10, 1);
        break;
      case 'x':
        print_number(is_long ? va_arg(list, unsigned long long) : va_arg(list, unsigned), 16, is_long ? 16 : 8);
        break;
      case 's':
        for (const char* text = va_arg(list, const char*); *text; text++) put(*text);
        break;
      case 'c':
        put((char)va_arg(list, int));
        break;
      case 'f':
        print_fixed(va_arg(list, double), precision);
        break;
      case 'e':
        print_scaled(va_arg(list, long double));
        break;
      case 'b':
        print_bits(va_arg(list, double));
        break;
      case 'B':
        print_float_bits((float)va_arg(list, double));
        break;
      default:
        put('%');
        put(*format);
    }
  }
  va_end(list);
}

void torture_printing(void) {
  static volatile double values[] = {0.0,  -0.0,   0.5,   1.5,    2.5,     0.1,          1e15, 123456.789,
                                     1e22, 1e-300, 5e-324, -2.0e40, 9999999.5};
  for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
    print("print %.3f|%.9f|", values[i], values[i]);
    print("%e|%b\n", (long double)values[i], values[i]);
  }
  double zero = values[0];
  print("print %.1f %.1f %.1f %.0f\n", 1 / zero, -1 / zero, zero / zero, values[3]);
  for (int i = 0; i < 10; i++) {
    double first = next_double(), second = next_double(), third = next_double();
    print("print %.9f %e\n", first, (long double)second * third);
  }
}
