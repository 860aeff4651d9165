// The C library's words for formats.h.
#include <stdint.h>
#include <stdio.h>

#define F(...) (printf(__VA_ARGS__), puts(""))

int main(void) {
#include "formats.h"
}
