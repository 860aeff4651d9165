// The hypervisor's own page table (Arm Architecture Reference Manual, DDI 0487, section D8.3), made before the MMU is on, by every
// CPU and always the same: so no CPU has to wait for another one where there are no atomic accesses yet. Compiled without
// unaligned accesses, which memory does not take either, then. Addresses are physical ones, with the MMU as without.
//
// Only the hypervisor's memory is mapped, nothing of it both writable and executable, each stack begins with a page that is
// not there; and a window for each CPU (hw.h).
#include "image.h"
#include "system.h"
#include "wasm.h"

#define ENTRIES 512
#define TABLE 3ull
#define NOT_BLOCK 2ull
#define READ_ONLY (1ull << 7)
#define NO_EXECUTE (1ull << 54)
#define GIB (1ull << 30)
#define ROOT_SHIFT 39
#define GIB_SHIFT 30
#define BLOCK_SHIFT 21
#define INDEX(address, shift) ((address) >> (shift) & (ENTRIES - 1))
/** The smallest line of a cache that there can be. */
#define LINE 16

extern u8 image_start[], constants_start[], data_start[], cpus_start[];
extern u32 header_max_cpus;

struct tables {
  u64 root[ENTRIES], gib[ENTRIES], block[ENTRIES], page[ENTRIES];
  u64 window_gib[ENTRIES], window_block[ENTRIES];
};
struct tables tables __attribute__((aligned(PAGE_SIZE)));
/** Written by hw.h only. */
u64 window_table[ENTRIES] __attribute__((aligned(PAGE_SIZE)));

/** A u64 of a configuration, whose fields are not aligned. */
static u64 field(const u8* at) {
  u64 value = 0;
  for (u32 index = 8; index--;) value = value << 8 | ((const volatile u8*)at)[index];
  return value;
}

/** The descriptor of page `offset` of the image's block. */
static u64 page_at(u64 base, u64 offset, u64 cpus, u64 cpus_end) {
  u64 address = base + offset;
  if (offset < (u64)(constants_start - image_start)) return address | (MEMORY_BITS & ~NO_EXECUTE) | READ_ONLY;
  if (offset < (u64)(data_start - image_start)) return address | MEMORY_BITS | READ_ONLY;
  bool is_guard = offset >= cpus && offset < cpus_end && (offset - cpus) % CPU_SIZE == 0;
  return is_guard ? 0 : address | MEMORY_BITS;
}

/** Makes everything but the window table. Returns 0 or -EINVAL where the hypervisor's memory does not lie as it has to. */
s32 boot(void) {
  u64 base = (u64)image_start;
  u64 cpus = cpus_start - image_start;
  u64 cpus_end = cpus + (u64)header_max_cpus * CPU_SIZE;
  const u8* memory = image_start + cpus_end + SYS_HYPERVISOR_MEMORY;
  u64 size = field(memory + MEM_REGION_SIZE);
  if (cpus_end >= BLOCK_SIZE || header_max_cpus > ENTRIES) return -EINVAL;
  if (field(memory + MEM_PHYS_START) != base || base % BLOCK_SIZE || size % BLOCK_SIZE || !size) return -EINVAL;
  if (size > GIB - base % GIB || base >> ROOT_SHIFT) return -EINVAL;
  tables.root[INDEX(base, ROOT_SHIFT)] = (u64)tables.gib | TABLE;
  tables.gib[INDEX(base, GIB_SHIFT)] = (u64)tables.block | TABLE;
  for (u64 offset = BLOCK_SIZE; offset < size; offset += BLOCK_SIZE)
    tables.block[INDEX(base + offset, BLOCK_SHIFT)] = (base + offset) | (MEMORY_BITS & ~NOT_BLOCK);
  tables.block[INDEX(base, BLOCK_SHIFT)] = (u64)tables.page | TABLE;
  for (u64 offset = 0; offset < BLOCK_SIZE; offset += PAGE_SIZE)
    tables.page[offset / PAGE_SIZE] = page_at(base, offset, cpus, cpus_end);
  tables.root[INDEX(EL2_WINDOWS, ROOT_SHIFT)] = (u64)tables.window_gib | TABLE;
  tables.window_gib[INDEX(EL2_WINDOWS, GIB_SHIFT)] = (u64)tables.window_block | TABLE;
  tables.window_block[INDEX(EL2_WINDOWS, BLOCK_SHIFT)] = (u64)window_table | TABLE;
  // A cache may hold what was there before.
  BARRIER("dsb sy");
  for (u8* line = (u8*)&tables; line < (u8*)(&tables + 1); line += LINE)
    __asm__ volatile("dc civac, %0" : : "r"(line) : "memory");
  BARRIER("dsb sy");
  return 0;
}
