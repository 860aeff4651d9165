// Arithmetic that compilers may reorder: -ffast-math, as its own objects are built.
#include "torture.h"

#define COUNT 256

static float samples[COUNT], taps[16], filtered[COUNT];
static double values[COUNT];

static NOINLINE double mean(const double* from, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += from[i];
  return sum / count;
}

static NOINLINE double deviation(const double* from, int count, double middle) {
  double sum = 0;
  for (int i = 0; i < count; i++) sum += (from[i] - middle) * (from[i] - middle);
  return __builtin_sqrt(sum / count);
}

static NOINLINE void filter(void) {
  for (int i = 0; i + 16 <= COUNT; i++) {
    float sum = 0;
    for (int j = 0; j < 16; j++) sum += samples[i + j] * taps[j];
    filtered[i] = sum;
  }
}

static NOINLINE float greatest(const float* from, int count) {
  float most = from[0];
  for (int i = 1; i < count; i++) most = from[i] > most ? from[i] : most;
  return most;
}

/** In double: of floats compilers make RSQRTPS and RCPPS here, whose approximations differ from processor to processor. */
static NOINLINE void normalise(double* at, int count) {
  for (int i = 0; i < count; i++) at[i] = 1 / __builtin_sqrt(at[i] * at[i] + 1) + at[i] / 3;
}

void torture_fast(void) {
  for (int i = 0; i < COUNT; i++) {
    values[i] = next_double();
    samples[i] = (float)((double)(next_random() % 1000) / 1000);
  }
  for (int i = 0; i < 16; i++) taps[i] = (float)(1.0 / (i + 1));
  filter();
  double middle = mean(values, COUNT);
  print("fast mean %b deviation %b\n", middle, deviation(values, COUNT, middle));
  print("fast most %B\n", (double)greatest(filtered, COUNT));
  normalise(values, COUNT);
  print("fast filter %llx values %llx\n", mix(0, filtered, sizeof(filtered)), mix(0, values, sizeof(values)));
}
