/* wasm2c asserts that its run time is initialised; runtime.c does it in order. */
#define assert(condition) ((void)0)
