// What compilers make of C, in parts; each prints what it has calculated. The same objects are linked as an inmate and as a program of
// this computer, and must print the same.
#ifndef TORTURE_H
#define TORTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/** Prints one character; of inmate.c or native.c. */
void put(char character);

/** Prints %d %u %x %s %c, with `ll`; %f with a precision, exactly; %e of a long double; %b, %B: the bits of a double or a float. */
void print(const char* format, ...);
/** The exact decimal digits of a double, rounded half to even. */
void print_fixed(double value, int decimals);
/** A long double as digits and a power of ten, by division in its own precision. */
void print_scaled(long double value);

/** The next of a sequence of numbers that look random; the same at each start. */
uint64_t next_random(void);
/** A double of any bits, or one that is not too far from 1. */
double next_bits(void);
double next_double(void);

/** Mixes bytes into a sum that any change of one of them changes. */
uint64_t mix(uint64_t sum, const void* bytes, size_t size);
#define MIX(sum, value) ((sum) = mix((sum), &(value), sizeof(value)))
/** Mixes a long double: ten bytes, the rest is padding. */
uint64_t mix_long(uint64_t sum, long double value);

#define NOINLINE __attribute__((noinline))

void torture_arithmetic(void);
void torture_conversions(void);
void torture_printing(void);
void torture_arguments(void);
void torture_memory(void);
void torture_matrix(void);
void torture_sha256(void);
void torture_json(void);
void torture_functions(void);
void torture_structs(void);
void torture_jumps(void);
void torture_wide(void);
void torture_fast(void);
void torture_integers(void);

/** All parts, one after the other. */
void torture(void);

#endif
