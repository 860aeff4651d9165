// The translated modules' memories: where they are in the hypervisor's memory, and what is in them at the start. Part of each
// architecture's start.c, whose hw.h says where the image is (IMAGE_BASE); prepare_native is what else is to be made once.
/** Who sets up the modules, and how that went. */
#define START_NOBODY 0
#define START_BUSY 1
#define START_DONE 2
#define START_FAILED 3

/** Part of what is left for memories that the core gets. */
#define CORE_SHARE 4

static u32 start_state;

static u32 load32(const u8* from) {
  u32 value;
  __builtin_memcpy(&value, from, sizeof(value));
  return value;
}

static u64 load64(const u8* from) {
  u64 value;
  __builtin_memcpy(&value, from, sizeof(value));
  return value;
}

/** Packed data (tools/metal/pack.ts): what comes next, and bits of the byte before it, below a 1. */
struct packed {
  const u8* next;
  u32 bits;
};

__attribute__((noinline)) static u32 take_bit(struct packed* packed) {
  if (packed->bits == 1) packed->bits = *packed->next++ | 0x100;
  u32 bit = packed->bits & 1;
  packed->bits >>= 1;
  return bit;
}

__attribute__((noinline)) static u32 take_number(struct packed* packed) {
  u32 value = 1;
  while (!take_bit(packed)) value = value << 1 | take_bit(packed);
  return value;
}

/** Unpacks a module's data into its memory, from `address` to `end`. */
__attribute__((noinline)) static void load_data(const struct memory* memory, u64 address, u64 end, const u8* bytes) {
  struct packed packed = {bytes, 1};
  u64 distance = 1;
  for (bool is_behind_run = false; address < end;) {
    u32 is_copy = take_bit(&packed);
    bool is_run = !is_copy && !is_behind_run;
    if (is_copy) {
      distance = (u64)(take_number(&packed) - 1) << 8;
      distance += *packed.next++ + 1;
    }
    for (u32 left = take_number(&packed) + is_copy; left; left--) {
      *at(memory, address, 1) = is_run ? *packed.next++ : *at(memory, address - distance, 1);
      address++;
    }
    is_behind_run = is_run;
  }
}

/** Size of the system configuration by its own account. */
static u64 config_size(const u8* config) {
  const u8* cell = config + SYS_ROOT_CELL;
  return SYS_ROOT_CELL + CELL_HEADER_SIZE + (u64)load32(cell + CELL_CPU_SET_SIZE) +
         (u64)load32(cell + CELL_NUM_MEMORY) * MEM_SIZE + (u64)load32(cell + CELL_NUM_CACHE) * CACHE_SIZE +
         (u64)load32(cell + CELL_NUM_IRQCHIPS) * IRQCHIP_SIZE + (u64)load32(cell + CELL_NUM_PIO) * PIO_SIZE +
         (u64)load32(cell + CELL_NUM_PCI_DEVICES) * PCI_SIZE + (u64)load32(cell + CELL_NUM_PCI_CAPS) * CAP_SIZE +
         (u64)load32(cell + CELL_NUM_STREAM_IDS) * STREAM_ID_SIZE;
}

static u64 round_up(u64 value, u64 unit) { return (value + unit - 1) & ~(unit - 1); }

/** Divides the hypervisor's memory. False if it is too small or the configuration's end cannot be in it. */
static bool divide_memory(const u8* config) {
  u64 config_offset = config - IMAGE_BASE;
  u64 end = load64(config + SYS_HYPERVISOR_MEMORY + MEM_REGION_SIZE);
  u64 size = config_size(config);
  u64 core = round_up(config_offset + size, PAGE_SIZE);
  if (end > UINT32_MAX || core >= end) return false;
  u64 core_size = (end - core) / CORE_SHARE & ~(u64)(WASM_PAGE - 1);
  if (core_size < WASM_PAGE) return false;
  u64 platform = core + core_size;
  layout.physical = load64(config + SYS_HYPERVISOR_MEMORY + MEM_PHYS_START);
  layout.parts[PART_CONSTANTS] = constants_start - IMAGE_BASE;
  layout.parts[PART_DATA] = data_start - IMAGE_BASE;
  layout.parts[PART_CPUS] = cpus_start - IMAGE_BASE;
  layout.parts[PART_CONFIG] = config_offset;
  layout.parts[PART_CORE] = core;
  layout.parts[PART_PLATFORM] = platform;
  layout.parts[PART_END] = end;
  layout.config_size = size;
  memories[0] = (struct memory){IMAGE_BASE + core, core_size};
  memories[1] = (struct memory){IMAGE_BASE + platform, (end - platform) & ~(u64)(WASM_PAGE - 1)};
  return true;
}

/** Makes both modules' memories what their code expects; all memory was zero. */
static bool make_modules(void) {
  const u8* config = cpus_start + (u64)header_max_cpus * CPU_SIZE;
  if (!divide_memory(config)) return false;
  u64 place = round_up(core_heapBase(), PAGE_SIZE);
  if (place + layout.config_size > memories[0].size) return false;
  load_data(&memories[0], core_data_start, core_data_end, core_data);
  load_data(&memories[1], metal_data_start, metal_data_end, metal_data);
  memcpy(at(&memories[0], place, layout.config_size), config, layout.config_size);
  prepare_native();
  return true;
}

static bool start_modules(void) {
  u32 nobody = START_NOBODY;
  if (__atomic_compare_exchange_n(&start_state, &nobody, START_BUSY, false, __ATOMIC_ACQUIRE,
                                  __ATOMIC_ACQUIRE))
    __atomic_store_n(&start_state, make_modules() ? START_DONE : START_FAILED, __ATOMIC_RELEASE);
  u32 state;
  while ((state = __atomic_load_n(&start_state, __ATOMIC_ACQUIRE)) == START_BUSY) hw_pause();
  return state == START_DONE;
}
