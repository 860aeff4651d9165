// From the entry to the translated modules: their memories, the way back if they refuse, and what can go wrong later.
#include "hw.h"

u8 console_page[PAGE_SIZE] __attribute__((section(".bss.console"), aligned(PAGE_SIZE)));
struct memory memories[2];
_Static_assert(sizeof(struct memory) == MEMORY_SIZE, "image.h disagrees");

/** What LGDT and LIDT take. */
struct table {
  u16 limit;
  u64 base;
} __attribute__((packed));

/** Fills in what hw_resetExtendedState loads. */
static void prepare_native(void) {
  for (u32 index = 0; index < 2; index++) {
    initial_states[index].fcw = FCW_INITIAL;
    initial_states[index].mxcsr = MXCSR_INITIAL;
  }
  initial_states[1].compaction = COMPACTED;
}

#include "modules.c"

/** Loads the code selector by a far return, and the others; 0 will do for data. */
static void load_selectors(u64 code, u64 stack, u64 ds, u64 es) {
  __asm__ volatile(
      "pushq %0; pushq $1f; lretq; 1: movl %k1, %%ss; movl %k2, %%ds; movl %k3, %%es"
      :
      : "r"(code), "r"(stack), "r"(ds), "r"(es)
      : "memory");
}

static void load_descriptors(struct table table) { __asm__ volatile("lgdt %0" : : "m"(table) : "memory"); }

static void load_gates(struct table table) { __asm__ volatile("lidt %0" : : "m"(table) : "memory"); }

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
  load_descriptors((struct table){state[LINUX_GDT_LIMIT], state[LINUX_GDT_BASE]});
  load_selectors(state[LINUX_CS], state[LINUX_SS], state[LINUX_DS], state[LINUX_ES]);
  load_gates((struct table){state[LINUX_IDT_LIMIT], state[LINUX_IDT_BASE]});
  restore_more();
  hw_writeMsr(MSR_EFER, state[LINUX_EFER]);
}

/** Not part of its caller, where the modules' memories were still to be filled in. */
__attribute__((noinline)) static s32 enter_platform(void) { return (s32)metal_enter(hw_cpuIndex()); }

/** Called by entry.S on this CPU's stack; returns only if the CPU does not become a guest. */
s32 start(void) {
  u64* state = cpu_top()->linux_state;
  save_linux(state);
  save_more();
  // An NMI finds a gate and segments that fit at any moment: null selectors, and one of code, which both tables have.
  load_gates((struct table){sizeof(idt) - 1, (u64)idt});
  load_selectors(state[LINUX_CS], 0, 0, 0);
  load_descriptors((struct table){sizeof(gdt) - 1, (u64)gdt});
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
