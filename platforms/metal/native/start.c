// From the entry to the translated modules: their memories, the way back if they refuse, and what can go wrong later.
#include "hw.h"

/** Who sets up the modules, and how that went. */
#define START_NOBODY 0
#define START_BUSY 1
#define START_DONE 2
#define START_FAILED 3

/** Part of what is left for memories that the core gets. */
#define CORE_SHARE 4

u8 console_page[PAGE_SIZE] __attribute__((section(".bss.console"), aligned(PAGE_SIZE)));
static u32 start_state;
struct memory memories[2];
_Static_assert(sizeof(struct memory) == MEMORY_SIZE, "image.h disagrees");

extern const u64 gdt[2], idt[2 * VECTORS];

/** What LGDT and LIDT take. */
struct table {
  u16 limit;
  u64 base;
} __attribute__((packed));

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
  u64 config_offset = config - (const u8*)VIRTUAL_BASE;
  u64 end = load64(config + SYS_HYPERVISOR_MEMORY + MEM_REGION_SIZE);
  u64 size = config_size(config);
  u64 core = round_up(config_offset + size, PAGE_SIZE);
  if (end > UINT32_MAX || core >= end) return false;
  u64 core_size = (end - core) / CORE_SHARE & ~(u64)(WASM_PAGE - 1);
  if (core_size < WASM_PAGE) return false;
  u64 platform = core + core_size;
  layout.physical = load64(config + SYS_HYPERVISOR_MEMORY + MEM_PHYS_START);
  layout.parts[PART_CONSTANTS] = constants_start - (u8*)VIRTUAL_BASE;
  layout.parts[PART_DATA] = data_start - (u8*)VIRTUAL_BASE;
  layout.parts[PART_CPUS] = cpus_start - (u8*)VIRTUAL_BASE;
  layout.parts[PART_CONFIG] = config_offset;
  layout.parts[PART_CORE] = core;
  layout.parts[PART_PLATFORM] = platform;
  layout.parts[PART_END] = end;
  layout.config_size = size;
  memories[0] = (struct memory){(u8*)VIRTUAL_BASE + core, core_size};
  memories[1] = (struct memory){(u8*)VIRTUAL_BASE + platform, (end - platform) & ~(u64)(WASM_PAGE - 1)};
  return true;
}

static void make_initial_states(void) {
  for (u32 index = 0; index < 2; index++) {
    initial_states[index].fcw = FCW_INITIAL;
    initial_states[index].mxcsr = MXCSR_INITIAL;
  }
  initial_states[1].compaction = COMPACTED;
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
  make_initial_states();
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

/** Loads the code selector by a far return, and the others; 0 will do for data. */
static void load_selectors(u64 code, u64 stack, u64 ds, u64 es) {
  __asm__ volatile(
      "pushq %0; pushq $1f; lretq; 1: movl %k1, %%ss; movl %k2, %%ds; movl %k3, %%es"
      :
      : "r"(code), "r"(stack), "r"(ds), "r"(es)
      : "memory");
}

static void load_tables(struct table descriptors, struct table gates) {
  __asm__ volatile("lgdt %0; lidt %1" : : "m"(descriptors), "m"(gates) : "memory");
}

#define READ_SELECTOR(name, value) __asm__("movl %%" name ", %k0" : "=r"(value))

static void save_linux(u64* state) {
  struct table table;
  state[LINUX_CR0] = hw_readControl(0);
  state[LINUX_CR3] = hw_readControl(3);
  state[LINUX_CR4] = hw_readControl(4);
  state[LINUX_EFER] = hw_readMsr(MSR_EFER);
  __asm__ volatile("sgdt %0" : "=m"(table));
  state[LINUX_GDT_BASE] = table.base;
  state[LINUX_GDT_LIMIT] = table.limit;
  __asm__ volatile("sidt %0" : "=m"(table));
  state[LINUX_IDT_BASE] = table.base;
  state[LINUX_IDT_LIMIT] = table.limit;
  READ_SELECTOR("cs", state[LINUX_CS]);
  READ_SELECTOR("ss", state[LINUX_SS]);
  READ_SELECTOR("ds", state[LINUX_DS]);
  READ_SELECTOR("es", state[LINUX_ES]);
}

static void restore_linux(const u64* state) {
  hw_useLinuxTables();
  load_tables((struct table){state[LINUX_GDT_LIMIT], state[LINUX_GDT_BASE]},
              (struct table){state[LINUX_IDT_LIMIT], state[LINUX_IDT_BASE]});
  load_selectors(state[LINUX_CS], state[LINUX_SS], state[LINUX_DS], state[LINUX_ES]);
  // STGI exists only with EFER.SVME, and GIF has to be set before that goes.
  if (hw_readMsr(MSR_EFER) & EFER_SVME) __asm__ volatile("stgi" : : : "memory");
  hw_writeMsr(MSR_EFER, state[LINUX_EFER]);
}

/** Not part of its caller, where the modules' memories were still to be filled in. */
__attribute__((noinline)) static s32 enter_platform(void) { return (s32)metal_enter(hw_cpuIndex()); }

/** Called by entry.S on this CPU's stack; returns only if the CPU does not become a guest. */
s32 start(void) {
  u64* state = cpu_top()->linux_state;
  save_linux(state);
  load_tables((struct table){sizeof(gdt) - 1, (u64)gdt}, (struct table){sizeof(idt) - 1, (u64)idt});
  load_selectors(CODE_SELECTOR, 0, 0, 0);
  s32 result = start_modules() ? enter_platform() : -(s32)ENOMEM;
  restore_linux(state);
  return result;
}

/** The platform's call of core.init: says which core this is, once it prints. */
static u32 start_core(u32 cpu, u32 config, u32 size) {
  u32 result = core_init(cpu, config, size);
  console_description = config + SYS_DEBUG_CONSOLE;
  if (!result) say("hypervisor.wasm sha256 " DIGEST "\n");
  return result;
}

/** Called by entry.S on an empty stack. */
__attribute__((noreturn)) void run_cpu(void) {
  metal_run();
  panic(PANIC_CONTRACT);
}
