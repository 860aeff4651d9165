// Products of matrices, and equations solved by elimination.
#include "torture.h"

#define N 16

static float fa[N][N], fb[N][N], fc[N][N];
static double a[N][N + 1], b[N][N], c[N][N];
static int32_t ia[N][N], ib[N][N], ic[N][N];

static NOINLINE void multiply_floats(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      float sum = 0;
      for (int k = 0; k < N; k++) sum += fa[i][k] * fb[k][j];
      fc[i][j] = sum;
    }
}

/** In the order that compilers turn into vectors. */
static NOINLINE void multiply_doubles(void) {
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++)
      for (int j = 0; j < N; j++) c[i][j] += a[i][k] * b[k][j];
}

static NOINLINE void multiply_integers(void) {
  for (int i = 0; i < N; i++)
    for (int k = 0; k < N; k++)
      for (int j = 0; j < N; j++) ic[i][j] += ia[i][k] * ib[k][j];
}

static NOINLINE void eliminate(void) {
  for (int column = 0; column < N; column++) {
    int pivot = column;
    for (int row = column + 1; row < N; row++)
      if (__builtin_fabs(a[row][column]) > __builtin_fabs(a[pivot][column])) pivot = row;
    for (int i = 0; i <= N; i++) {
      double kept = a[column][i];
      a[column][i] = a[pivot][i];
      a[pivot][i] = kept;
    }
    for (int row = 0; row < N; row++) {
      if (row == column) continue;
      double factor = a[row][column] / a[column][column];
      for (int i = column; i <= N; i++) a[row][i] -= factor * a[column][i];
    }
  }
}

void torture_matrix(void) {
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      a[i][j] = (double)(int64_t)(next_random() % 2000) / 7 - 100;
      b[i][j] = next_double();
      fa[i][j] = (float)a[i][j];
      fb[i][j] = (float)b[i][j];
      ia[i][j] = (int32_t)(next_random() % 20001) - 10000;
      ib[i][j] = (int32_t)(next_random() % 20001) - 10000;
    }
  multiply_floats();
  multiply_doubles();
  multiply_integers();
  print("matrix %llx %llx %llx\n", mix(0, fc, sizeof(fc)), mix(0, c, sizeof(c)), mix(0, ic, sizeof(ic)));
  for (int i = 0; i < N; i++) a[i][N] = i;
  eliminate();
  for (int i = 0; i < N; i += 3) print("solution %.9f\n", a[i][N] / a[i][i]);
}
