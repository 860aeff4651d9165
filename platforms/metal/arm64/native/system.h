// System registers, barriers, and descriptors of the hypervisor's own page table.
#ifndef SYSTEM_H_
#define SYSTEM_H_

#define READ_SYSTEM(name)                                         \
  ({                                                              \
    u64 value_;                                                   \
    __asm__ volatile("mrs %0, " #name : "=r"(value_) : : "memory"); \
    value_;                                                       \
  })
#define WRITE_SYSTEM(name, value) __asm__ volatile("msr " #name ", %0" : : "r"((u64)(value)) : "memory")
#define BARRIER(text) __asm__ volatile(text : : : "memory")

/** Descriptors of the hypervisor's own table: a page, accessed, not executable; device memory; cached and shared memory. */
#define PAGE_BITS (3ull | 1ull << 6 | 1ull << 10 | 1ull << 54)
#define DEVICE_BITS (PAGE_BITS | 1ull << 2)
#define MEMORY_BITS (PAGE_BITS | 3ull << 8)

#endif
