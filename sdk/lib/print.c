/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Formatted printing. All state is on the caller's stack, since handlers and other CPUs print too. */
#include "start.h"

/** Enough for 64 bits in decimal. */
#define MAX_DIGITS 20

/** What stands between a `%` and its letter. */
struct spec {
  bool is_left, is_zero_filled;
  int width;
  /** -1 without one. */
  int precision;
  /** Bytes of an integer. */
  size_t size;
};

static void put_times(char character, int times) {
  for (; times > 0; times--) jh_putc(character);
}

/** Puts a sign or 0x, and characters, filled up to the width. */
static void put_field(const struct spec* spec, const char* prefix, const char* text, int length) {
  int fill = spec->width - length;
  for (const char* character = prefix; *character != '\0'; character++) fill--;
  if (!spec->is_left && !spec->is_zero_filled) put_times(' ', fill);
  for (; *prefix != '\0'; prefix++) jh_putc(*prefix);
  if (!spec->is_left && spec->is_zero_filled) put_times('0', fill);
  for (int i = 0; i < length; i++) jh_putc(text[i]);
  if (spec->is_left) put_times(' ', fill);
}

static void put_number(const struct spec* spec, const char* prefix, uint64_t value, uint32_t base, char ten) {
  char digits[MAX_DIGITS];
  int start = MAX_DIGITS;
  do {
    char digit = (char)(value % base);
    digits[--start] = (char)(digit < 10 ? '0' + digit : ten + digit - 10);
    value /= base;
  } while (value != 0);
  put_field(spec, prefix, digits + start, MAX_DIGITS - start);
}

static void put_text(const struct spec* spec, const char* text) {
  struct spec plain = *spec;
  int length = 0;
  if (text == NULL) text = "(null)";
  while (length != spec->precision && text[length] != '\0') length++;
  plain.is_zero_filled = false;
  put_field(&plain, "", text, length);
}

/** Reads a decimal number and returns it; a width of more than this is nobody's wish. */
static int read_number(const char** format) {
  int number = 0;
  for (; **format >= '0' && **format <= '9'; (*format)++)
    if (number < 1000) number = number * 10 + (**format - '0');
  return number;
}

static size_t read_size(const char** format) {
  size_t size = sizeof(int);
  for (;; (*format)++) {
    if (**format == 'l')
      size = size == sizeof(int) && (*format)[1] != 'l' ? sizeof(long) : sizeof(long long);
    else if (**format == 'h')
      size /= 2;
    else if (**format == 'z')
      size = sizeof(size_t);
    else
      return size;
  }
}

static struct spec read_spec(const char** format) {
  struct spec spec = {false, false, 0, -1, 0};
  for (; **format == '-' || **format == '0'; (*format)++)
    *(**format == '-' ? &spec.is_left : &spec.is_zero_filled) = true;
  spec.width = read_number(format);
  if (**format == '.') {
    (*format)++;
    spec.precision = read_number(format);
  }
  spec.size = read_size(format);
  return spec;
}

/** Makes a signed number of a size's lowest bytes positive; says whether it was not. */
static bool take_sign(uint64_t* value, size_t size) {
  unsigned unused = 64 - (unsigned)size * 8;
  int64_t extended = (int64_t)(*value << unused) >> unused;
  *value = extended < 0 ? -(uint64_t)extended : (uint64_t)extended;
  return extended < 0;
}

static void put_integer(const struct spec* spec, char letter, uint64_t value) {
  unsigned unused = 64 - (unsigned)spec->size * 8;
  if (letter == 'd' || letter == 'i') {
    bool is_negative = take_sign(&value, spec->size);
    put_number(spec, is_negative ? "-" : "", value, 10, 'a');
    return;
  }
  value = value << unused >> unused;
  put_number(spec, "", value, letter == 'u' ? 10 : 16, letter == 'X' ? 'A' : 'a');
}

static bool is_integer(char letter) {
  return letter == 'd' || letter == 'i' || letter == 'u' || letter == 'x' || letter == 'X';
}

void jh_vprintf(const char* format, va_list arguments) {
  const struct spec pointer = {false, true, 2 + 2 * (int)sizeof(void*), -1, sizeof(void*)};
  for (; *format != '\0'; format++) {
    if (*format != '%') {
      jh_putc(*format);
      continue;
    }
    const char* start = format++;
    struct spec spec = read_spec(&format);
    if (is_integer(*format)) {
      uint64_t value = spec.size > sizeof(int) && spec.size > sizeof(long) ? va_arg(arguments, unsigned long long)
                       : spec.size > sizeof(int)                           ? va_arg(arguments, unsigned long)
                                                                           : va_arg(arguments, unsigned int);
      put_integer(&spec, *format, value);
    } else if (*format == 'c') {
      char character = (char)va_arg(arguments, int);
      spec.is_zero_filled = false;
      put_field(&spec, "", &character, 1);
    } else if (*format == 's') {
      put_text(&spec, va_arg(arguments, const char*));
    } else if (*format == 'p') {
      put_number(&pointer, "0x", (uintptr_t)va_arg(arguments, void*), 16, 'a');
    } else if (*format == '%') {
      jh_putc('%');
    } else {
      /* Not ours: as it stands, from the sign on. */
      jh_putc('%');
      format = start;
    }
  }
}

void jh_printf(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  jh_vprintf(format, arguments);
  va_end(arguments);
}
