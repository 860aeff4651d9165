/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The command line. Where nothing was loaded the memory is zero: an empty command line. */
#include "start.h"

/** The character at an offset; NUL at the end and behind it. */
static char at(size_t offset) {
  return offset < JH_COMMAND_LINE_SIZE - 1 ? jh_command_line()[offset] : '\0';
}

static bool is_end(char character) {
  return character == '\0' || character == ' ';
}

/** Does the text at an offset begin with the word? Returns the offset behind it, or 0. */
static size_t skip(size_t offset, const char* word) {
  for (; *word != '\0'; word++, offset++)
    if (at(offset) != *word) return 0;
  return offset;
}

/** Offset of a parameter's value (of what is behind a word without `=`), or -1. */
static ptrdiff_t find(const char* name) {
  for (size_t offset = 0; at(offset) != '\0';) {
    while (at(offset) == ' ') offset++;
    size_t end = skip(offset, name);
    if (end > offset && at(end) == '=') return (ptrdiff_t)end + 1;
    if (end > offset && is_end(at(end))) return (ptrdiff_t)end;
    while (!is_end(at(offset))) offset++;
  }
  return -1;
}

bool jh_has_param(const char* name) {
  return find(name) >= 0;
}

/** A digit's value; 16 for any other character. */
static uint32_t digit_of(char character) {
  char lower = (char)(character | 0x20);
  if (character >= '0' && character <= '9') return (uint32_t)(character - '0');
  return lower >= 'a' && lower <= 'f' ? (uint32_t)(lower - 'a') + 10 : 16;
}

int64_t jh_param_int(const char* name, int64_t fallback) {
  ptrdiff_t found = find(name);
  if (found < 0) return fallback;
  size_t offset = (size_t)found;
  bool is_negative = at(offset) == '-';
  if (is_negative || at(offset) == '+') offset++;
  uint32_t base = at(offset) == '0' && (at(offset + 1) | 0x20) == 'x' ? 16 : 10;
  if (base == 16) offset += 2;
  if (is_end(at(offset))) return fallback;
  uint64_t value = 0;
  for (; !is_end(at(offset)); offset++) {
    uint32_t digit = digit_of(at(offset));
    if (digit >= base) return fallback;
    value = value * base + digit;
  }
  return (int64_t)(is_negative ? -value : value);
}

bool jh_param_is(const char* name, const char* value) {
  ptrdiff_t found = find(name);
  if (found < 0) return false;
  size_t end = *value == '\0' ? (size_t)found : skip((size_t)found, value);
  return end != 0 && is_end(at(end));
}

bool jh_param_bool(const char* name, bool fallback) {
  if (jh_param_is(name, "") || jh_param_is(name, "true") || jh_param_is(name, "1")) return true;
  if (jh_param_is(name, "false") || jh_param_is(name, "0")) return false;
  return fallback;
}

bool jh_param_text(const char* name, char* buffer, size_t size) {
  ptrdiff_t found = find(name);
  size_t length = 0;
  for (; found >= 0 && length + 1 < size && !is_end(at((size_t)found + length)); length++)
    buffer[length] = at((size_t)found + length);
  if (size > 0) buffer[length] = '\0';
  return found >= 0;
}
