/* Declarations for helpers that wasm2c always emits; nothing that uses them can be linked: inmates do not use SSE. */
#ifndef MATH_H_
#define MATH_H_
#define NAN __builtin_nanf("")
#define isnan(x) __builtin_isnan(x)
#define signbit(x) __builtin_signbit(x)
double ceil(double), fabs(double), floor(double), nearbyint(double), sqrt(double), trunc(double);
float ceilf(float), fabsf(float), floorf(float), nearbyintf(float), sqrtf(float), truncf(float);
#endif
