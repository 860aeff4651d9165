/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The part of C's <string.h> that compilers count on, and a little more. */
#ifndef JAILHOUSE_STRING_H
#define JAILHOUSE_STRING_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

void* memcpy(void* to, const void* from, size_t size);
void* memmove(void* to, const void* from, size_t size);
void* memset(void* to, int value, size_t size);
int memcmp(const void* first, const void* second, size_t size);
size_t strlen(const char* text);
int strcmp(const char* first, const char* second);
int strncmp(const char* first, const char* second, size_t size);

#ifdef __cplusplus
}
#endif
#endif
