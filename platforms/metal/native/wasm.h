// What the translated modules are made of, instead of wasm2c's own preamble: accesses to a module's memory that check its
// bounds, and arithmetic that traps. A trap is an undefined instruction, which the exception handler reports; it does not return.
#ifndef WASM_H_
#define WASM_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef int16_t s16;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;
typedef int64_t s64;

void* memcpy(void* to, const void* from, size_t size);
void* memmove(void* to, const void* from, size_t size);
void* memset(void* to, int value, size_t size);

#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define ALWAYS static inline __attribute__((always_inline))
#define TRAP() __builtin_trap()
#define UNREACHABLE TRAP()
// There is no recursion, and the build knows how deep stacks can get.
#define FUNC_PROLOGUE
#define FUNC_EPILOGUE (void)0

/** WebAssembly's unit of memory sizes. */
#define WASM_PAGE 65536u

/** A module's memory. */
struct memory {
  u8* data;
  u64 size;
};

/** Where `size` bytes at `address` are; traps unless all of them are in the memory. */
ALWAYS u8* at(const struct memory* memory, u64 address, u64 size) {
  if (UNLIKELY(address + size > memory->size)) TRAP();
  return memory->data + address;
}

#define DEFINE_LOAD(name, type, extended, result)               \
  ALWAYS result name(const struct memory* memory, u64 address) { \
    type value;                                                 \
    __builtin_memcpy(&value, at(memory, address, sizeof(type)), sizeof(type)); \
    return (result)(extended)value;                             \
  }
#define DEFINE_STORE(name, type, argument)                                 \
  ALWAYS void name(const struct memory* memory, u64 address, argument value) { \
    type stored = (type)value;                                             \
    __builtin_memcpy(at(memory, address, sizeof(type)), &stored, sizeof(type)); \
  }

DEFINE_LOAD(i32_load, u32, u32, u32)
DEFINE_LOAD(i64_load, u64, u64, u64)
DEFINE_LOAD(i32_load8_s, s8, s32, u32)
DEFINE_LOAD(i64_load8_s, s8, s64, u64)
DEFINE_LOAD(i32_load8_u, u8, u32, u32)
DEFINE_LOAD(i64_load8_u, u8, u64, u64)
DEFINE_LOAD(i32_load16_s, s16, s32, u32)
DEFINE_LOAD(i64_load16_s, s16, s64, u64)
DEFINE_LOAD(i32_load16_u, u16, u32, u32)
DEFINE_LOAD(i64_load16_u, u16, u64, u64)
DEFINE_LOAD(i64_load32_s, s32, s64, u64)
DEFINE_LOAD(i64_load32_u, u32, u64, u64)
DEFINE_STORE(i32_store, u32, u32)
DEFINE_STORE(i64_store, u64, u64)
DEFINE_STORE(i32_store8, u8, u32)
DEFINE_STORE(i32_store16, u16, u32)
DEFINE_STORE(i64_store8, u8, u64)
DEFINE_STORE(i64_store16, u16, u64)
DEFINE_STORE(i64_store32, u32, u64)

ALWAYS void memory_fill(const struct memory* memory, u32 to, u32 value, u32 size) {
  memset(at(memory, to, size), (int)value, size);
}

ALWAYS u32 memory_pages(const struct memory* memory) { return memory->size / WASM_PAGE; }

ALWAYS void memory_copy(const struct memory* to, const struct memory* from, u32 target, u32 source, u32 size) {
  memmove(at(to, target, size), at(from, source, size), size);
}

/** What follows is WebAssembly's arithmetic where it is not C's. */
#define I32_CLZ(x) ((x) ? __builtin_clz(x) : 32)
#define I64_CLZ(x) ((x) ? __builtin_clzll(x) : 64)
#define I32_CTZ(x) ((x) ? __builtin_ctz(x) : 32)
#define I64_CTZ(x) ((x) ? __builtin_ctzll(x) : 64)
#define I32_POPCNT(x) (__builtin_popcount(x))
#define I64_POPCNT(x) (__builtin_popcountll(x))

#define DIV_S(type, minimum, x, y) \
  ((y) == 0 || ((x) == (minimum) && (y) == -1) ? (TRAP(), 0) : (type)((x) / (y)))
#define REM_S(type, x, y) ((y) == 0 ? (TRAP(), 0) : (y) == -1 ? 0 : (type)((x) % (y)))
#define I32_DIV_S(x, y) DIV_S(u32, INT32_MIN, (s32)(x), (s32)(y))
#define I64_DIV_S(x, y) DIV_S(u64, INT64_MIN, (s64)(x), (s64)(y))
#define I32_REM_S(x, y) REM_S(u32, (s32)(x), (s32)(y))
#define I64_REM_S(x, y) REM_S(u64, (s64)(x), (s64)(y))
#define DIV_U(x, y) ((y) == 0 ? (TRAP(), 0) : (x) / (y))
#define REM_U(x, y) ((y) == 0 ? (TRAP(), 0) : (x) % (y))

#define ROTL(x, y, mask) (((x) << ((y) & (mask))) | ((x) >> (((mask) - (y) + 1) & (mask))))
#define ROTR(x, y, mask) (((x) >> ((y) & (mask))) | ((x) << (((mask) - (y) + 1) & (mask))))
#define I32_ROTL(x, y) ROTL(x, y, 31)
#define I64_ROTL(x, y) ROTL(x, y, 63)
#define I32_ROTR(x, y) ROTR(x, y, 31)
#define I64_ROTR(x, y) ROTR(x, y, 63)

#endif
