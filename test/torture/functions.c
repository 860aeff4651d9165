// Roots, sines and exponentials by polynomials and iterations, in all three types.
#include "torture.h"

static NOINLINE double root(double square) {
  double x = square > 1 ? square : 1;
  for (int i = 0; i < 40; i++) x = (x + square / x) / 2;
  return x;
}

static NOINLINE long double long_root(long double square) {
  long double x = square > 1 ? square : 1;
  for (int i = 0; i < 40; i++) x = (x + square / x) / 2;
  return x;
}

static NOINLINE double sine(double angle) {
  const double pi = 3.14159265358979323846;
  angle -= (double)(int)(angle / (2 * pi)) * (2 * pi);
  double term = angle, sum = angle;
  for (int n = 1; n < 20; n++) {
    term *= -angle * angle / ((2 * n) * (2 * n + 1));
    sum += term;
  }
  return sum;
}

static NOINLINE float cosine(float angle) {
  float term = 1, sum = 1;
  for (int n = 1; n < 12; n++) {
    term *= -angle * angle / (float)((2 * n - 1) * (2 * n));
    sum += term;
  }
  return sum;
}

static NOINLINE long double exponential(long double power) {
  long double term = 1, sum = 1;
  for (int n = 1; n < 30; n++) {
    term *= power / n;
    sum += term;
  }
  return sum;
}

static NOINLINE double horner(const double* coefficients, int count, double x) {
  double sum = 0;
  for (int i = count - 1; i >= 0; i--) sum = sum * x + coefficients[i];
  return sum;
}

void torture_functions(void) {
  static const double coefficients[] = {1, -0.5, 0.25, -0.125, 1.0 / 3, 1e-3, -7e5};
  for (int i = 0; i < 12; i++) {
    double x = (double)i * 0.73 + 0.01;
    print("sqrt %.9f %b %e\n", root(x), __builtin_sqrt(x), long_root(x));
    print("sin %.9f cos %.7f exp %e\n", sine(x * 3 - 5), (double)cosine((float)x / 4), exponential(x / 2));
    print("horner %b abs %b sign %b\n", horner(coefficients, 7, x - 2), __builtin_fabs(x - 3), __builtin_copysign(x, 2 - x));
  }
  uint64_t sum = 0;
  for (int i = 0; i < 200; i++) {
    double square = __builtin_fabs(next_bits());
    volatile double x = __builtin_sqrt(square);
    volatile float y = __builtin_sqrtf((float)square);
    double a = x;
    float b = y;
    MIX(sum, a);
    MIX(sum, b);
    sum = mix_long(sum, __builtin_sqrtl(square));
  }
  print("roots %llx\n", sum);
}
