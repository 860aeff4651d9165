// Structures by value in registers and memory, bit fields, unions, pointers to functions, variable argument lists with doubles.
#include "torture.h"

struct two_floats {
  float x, y;
};
struct four_floats {
  float x, y, z, w;
};
struct mixed {
  double d;
  int64_t i;
};
struct large {
  double values[5];
  char text[7];
};
struct with_extended {
  long double l;
  char c;
};
struct bits {
  unsigned a : 3;
  signed b : 5;
  unsigned long long c : 37;
  unsigned d : 1;
  signed e : 20;
};
struct packed {
  char c;
  double d;
  short s;
} __attribute__((packed));

static NOINLINE struct two_floats turn(struct two_floats v) {
  return (struct two_floats){-v.y, v.x * 1.5f};
}

static NOINLINE struct four_floats scale(struct four_floats v, float by, struct two_floats w) {
  return (struct four_floats){v.x * by + w.x, v.y * by, v.z - w.y, v.w / by};
}

static NOINLINE struct mixed exchange(struct mixed m, struct mixed n) {
  return (struct mixed){(double)m.i + n.d, (int64_t)(m.d * 4) - n.i};
}

static NOINLINE struct large rotate(struct large l, int by) {
  struct large result = l;
  for (int i = 0; i < 5; i++) result.values[(i + by) % 5] = l.values[i] + i;
  result.text[by % 7] = '#';
  return result;
}

static NOINLINE struct with_extended extend(struct with_extended e, double by) {
  return (struct with_extended){e.l * by, (char)(e.c + 1)};
}

static NOINLINE double many(double a, int i, float b, double c, double d, long double e, double f, double g, double h, double k, double m,
                            float n) {
  return a + i * b - c * d + (double)e / f - g * h + k * m * n;
}

static NOINLINE double sum(int count, ...) {
  va_list list, again;
  double total = 0;
  va_start(list, count);
  va_copy(again, list);
  for (int i = 0; i < count; i++) total += va_arg(list, double) * (i + 1);
  for (int i = 0; i < count; i++) total -= va_arg(again, double) / 2;
  va_end(again);
  va_end(list);
  return total;
}

/** i: int, d: double, L: long double, l: 64 bits, p: structure. */
static NOINLINE void show(const char* kinds, ...) {
  va_list list;
  va_start(list, kinds);
  for (; *kinds; kinds++) switch (*kinds) {
      case 'i':
        print(" %d", va_arg(list, int));
        break;
      case 'd':
        print(" %b", va_arg(list, double));
        break;
      case 'L':
        print(" %e", va_arg(list, long double));
        break;
      case 'l':
        print(" %llx", va_arg(list, unsigned long long));
        break;
      default: {
        struct mixed m = va_arg(list, struct mixed);
        print(" {%b %lld}", m.d, (long long)m.i);
      }
    }
  va_end(list);
  print("\n");
}

void torture_arguments(void) {
  volatile double x = 1.25;
  print("sum %b\n", sum(12, x, x + 1, x * 3, -x, 1e10 * x, x / 7, x, x, x, x - 9, x * x, 2.0));
  print("many %b\n", many(x, 3, 1.5f, x, 2, 3.25L, x * 7, -x, x, 1e5, x / 3, 0.1f));
  show("idlLidddddddddpdiLl", 1, x, 0x123456789abcdefULL, (long double)x / 3, -2, x, x, x, x, x, x, x, x, x, (struct mixed){x, -5}, x * 2, 9,
       -1.0L / (long double)x, 1ULL);
}

void torture_structs(void) {
  volatile float f = 2.5f;
  volatile unsigned field = 5;
  struct two_floats two = turn((struct two_floats){f, -f});
  struct four_floats four = scale((struct four_floats){f, 1, f * f, 7}, 0.3f, two);
  print("floats %B %B %B %B %B %B\n", (double)two.x, (double)two.y, (double)four.x, (double)four.y, (double)four.z, (double)four.w);
  struct mixed m = exchange((struct mixed){f, 1000000007}, (struct mixed){-0.125, 3});
  print("mixed %b %lld\n", m.d, (long long)m.i);
  struct large l = {{1, 2, f, 4, 5}, "struct"};
  for (int i = 0; i < 5; i++) l = rotate(l, i);
  print("large %b %b %b %s\n", l.values[0], l.values[2], l.values[4], l.text);
  struct with_extended e = extend(extend((struct with_extended){1.0L / 3, 'x'}, f), -f);
  print("extended %e %c\n", e.l, e.c);
  struct bits b = {field, -3, 0x123456789, 1, -70000};
  for (unsigned i = 0; i < 9; i++) {
    b.a += i;
    b.b = (signed)(b.b - (int)i);
    b.c = b.c * 5 + b.a;
    b.d ^= i & 1;
    b.e = b.e / 2 + b.b;
  }
  print("bits %d %d %llx %d %d\n", (int)b.a, (int)b.b, (unsigned long long)b.c, (int)b.d, (int)b.e);
  struct packed p = {1, f, 3};
  p.d += p.c * p.s;
  print("packed %b %u\n", p.d, (unsigned)sizeof(p));
}
