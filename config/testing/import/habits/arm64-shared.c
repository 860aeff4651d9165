/* A board whose cell is another one's with more memory: the file is included. */
#define REGIONS_MORE 1
#include "arm64-inmate.c"

/* What is defined besides is no part of it. */
static const char unused[] __attribute__((unused)) = "not this";
int other = 5;
