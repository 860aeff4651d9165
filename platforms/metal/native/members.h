// The members of ../hw.ts that are the same on every architecture: the hypervisor's memory, the modules' memories, atomics. An
// architecture's hw.h, which includes this, says where the image is (IMAGE_BASE) and which CPU executes it (hw_cpuIndex).
#ifndef MEMBERS_H_
#define MEMBERS_H_

/** Where things are, once the first CPU has found out: offsets in the hypervisor's memory (PART_*), and its place. */
static struct {
  u64 physical;
  u32 parts[PART_END + 1];
  u32 config_size;
} layout;
/** The modules' memories; start.c fills them in before any module runs, and for these the compiler may keep what it read. */
extern const struct memory core_memory, metal_memory;
/** The same two, to fill in (image.ld). */
extern struct memory memories[2];

extern u8 constants_start[], data_start[], cpus_start[], console_page[];
extern u32 header_max_cpus, header_online_cpus;

ALWAYS u32 hw_cpuIndex(void);
__attribute__((noreturn)) static void panic(u32 code);

static u64 hw_physicalOf(u32 address) {
  return layout.physical + layout.parts[PART_PLATFORM] + address;
}

static u64 hw_coreRead(u32 address, u32 size) {
  switch (size) {
    case 1:
      return i32_load8_u(&core_memory, address);
    case 2:
      return i32_load16_u(&core_memory, address);
    case 4:
      return i32_load(&core_memory, address);
    default:
      return i64_load(&core_memory, address);
  }
}

static void hw_coreWrite(u32 address, u64 value) { i64_store(&core_memory, address, value); }

static void hw_copyToCore(u32 source, u32 destination, u32 size) {
  memcpy(at(&core_memory, destination, size), at(&metal_memory, source, size), size);
}

static void hw_publishConsole(u32 address, u32 size) {
  if (size > PAGE_SIZE) panic(PANIC_CONTRACT);
  memcpy(console_page, at(&core_memory, address, size), size);
}

ALWAYS u32 hw_configSize(void) { return layout.config_size; }
ALWAYS u64 hw_hypervisorStart(void) { return layout.physical; }
ALWAYS u64 hw_hypervisorSize(void) { return layout.parts[PART_END]; }
ALWAYS u64 hw_consolePhysical(void) { return layout.physical + (u64)console_page - (u64)IMAGE_BASE; }

static u32 hw_partOffset(u32 part) {
  if (part > PART_END) panic(PANIC_CONTRACT);
  return layout.parts[part];
}

ALWAYS u32 hw_onlineCpus(void) { return header_online_cpus; }

static u32 hw_compareExchange(u32 address, u32 expected, u32 value) {
  __atomic_compare_exchange_n((u32*)at(&metal_memory, address, sizeof(u32)), &expected, value, false,
                              __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  return expected;
}

ALWAYS u32 hw_loadAcquire(u32 address) {
  return __atomic_load_n((u32*)at(&metal_memory, address, sizeof(u32)), __ATOMIC_ACQUIRE);
}

ALWAYS void hw_storeRelease(u32 address, u32 value) {
  __atomic_store_n((u32*)at(&metal_memory, address, sizeof(u32)), value, __ATOMIC_RELEASE);
}

#endif
