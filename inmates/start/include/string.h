/* The C library's memory functions, from runtime.c: the compiler calls them too. */
#ifndef STRING_H_
#define STRING_H_
#include <stddef.h>
void* memcpy(void* restrict to, const void* restrict from, size_t size);
void* memmove(void* to, const void* from, size_t size);
void* memset(void* to, int value, size_t size);
#endif
