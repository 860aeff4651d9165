/* Included by wasm2c's output, which uses it for imported exceptions only. */
#define alloca __builtin_alloca
