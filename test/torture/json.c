// A parser of JSON that prints what it has read again, with sums of its numbers; a computed switch and recursion.
#include "torture.h"

static const char document[] =
    "{\"name\": \"oven\", \"on\": true, \"off\": false, \"none\": null, \"gains\": [0.08, 6e-2, -1.25E+3, 0, -0.0, 17, 4.9e-324, "
    "1.7976931348623157e308], \"deep\": {\"a\": [[], {}, [[1, [2.5, {\"b\": -3.75}]]]], \"text\": \"tab\\t quote\\\" \\u0041\"},"
    " \"many\": [3.141592653589793, 2.718281828459045, 1e22, 1e23, 123456789012345678, 0.000001]}";

static const char* at;
static double total;
static int depth, deepest, count;

static void skip(void) {
  while (*at == ' ') at++;
}

/** Digits, then a power of ten by multiplication: not the nearest double, but everywhere the same. */
static NOINLINE double read_number(void) {
  double value = 0, sign = 1, place = 1;
  int power = 0, direction = 1;
  if (*at == '-') sign = -1, at++;
  for (; *at >= '0' && *at <= '9'; at++) value = value * 10 + (*at - '0');
  if (*at == '.')
    for (at++; *at >= '0' && *at <= '9'; at++) value += (*at - '0') * (place /= 10);
  if (*at == 'e' || *at == 'E') {
    at++;
    if (*at == '-') direction = -1;
    if (*at == '-' || *at == '+') at++;
    for (; *at >= '0' && *at <= '9'; at++) power = power * 10 + (*at - '0');
  }
  for (; power > 0; power--) value = direction > 0 ? value * 10 : value / 10;
  return sign * value;
}

static void read_text(void) {
  for (at++; *at != '"'; at++) {
    if (*at != '\\') {
      put(*at);
      continue;
    }
    switch (*++at) {
      case 't':
        print("<tab>");
        break;
      case 'u':
        print("<%c%c%c%c>", at[1], at[2], at[3], at[4]);
        at += 4;
        break;
      default:
        put(*at);
    }
  }
  at++;
}

static void read_value(void);

static void read_list(char end, int has_names) {
  if (++depth > deepest) deepest = depth;
  put(*at++);
  for (skip(); *at != end; skip()) {
    if (has_names) {
      read_text();
      skip();
      put(*at++);
    }
    read_value();
    skip();
    if (*at == ',') put(*at++);
  }
  put(*at++);
  depth--;
}

static void read_value(void) {
  skip();
  count++;
  switch (*at) {
    case '{':
      read_list('}', 1);
      break;
    case '[':
      read_list(']', 0);
      break;
    case '"':
      read_text();
      break;
    case 't':
    case 'f':
    case 'n':
      print("%c", *at);
      at += *at == 'f' ? 5 : 4;
      break;
    default: {
      double value = read_number();
      total += value > 1e200 ? 1 : value;
      print("%b", value);
    }
  }
}

void torture_json(void) {
  at = document;
  read_value();
  print("\njson %d values, depth %d, total %.6f\n", count, deepest, total);
}
