// Stands in for Linux and its driver: loads an image as its header says, calls the entry on all CPUs, plays a scenario.
// Multiboot modules: the image, the system configuration; for the scenario "demo" a cell's configuration and its image.
#include "machine.h"

#define MULTIBOOT_COMMAND_LINE 16
#define MULTIBOOT_MODULES 20
#define ID_OFFSET 40
/** "Genu", of GenuineIntel. */
#define VENDOR_INTEL 0x756e6547
#define LARGE_PAGE 0x200000ull
/** Flat, readable and writable; the first selector of a local table. */
#define DATA_DESCRIPTOR 0x00cf93000000ffffull
#define LOCAL_SELECTOR 4
#define TABLE_MASK 0x1ff
/** Between two looks at a cell's state, and what a cell runs at least while others storm. */
#define STORM_VECTOR 0x40
#define STORM_CELLS 4
#define POLL_MS 100
#define RUN_MS 3000

struct module {
  uint32_t start, end, text, reserved;
};

struct header {
  char signature[8];
  uint64_t core_size, percpu_size, entry, console_page, gcov;
  uint32_t max_cpus, online_cpus;
  uint64_t debug_console_base, arm;
};

/** What the other CPUs do next. */
enum command { NOTHING, ENTER, DISABLE, CALL, STORM, CALM, HALT };

extern uint32_t boot_info;
extern uint64_t page_map[512];
extern const uint8_t trampoline[], trampoline_end[], vectors[];

static uint64_t base_pointers[512] __attribute__((aligned(4096)));
static uint64_t base_directory[512] __attribute__((aligned(4096)));
static volatile enum command commands[MAX_CPUS];
static volatile int32_t results[MAX_CPUS];
static volatile bool present[MAX_CPUS];
static uint32_t cpus;
/** Another hypervisor has VT-x on. */
static bool is_in_use;
bool is_intel;
static struct module* modules;
static struct header* const header = (struct header*)VIRTUAL_BASE;

static struct {
  uint16_t low, selector, flags, middle;
  uint32_t high, reserved;
} gates[VECTORS];

void* memcpy(void* to, const void* from, size_t size) {
  void* result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return result;
}

void* memset(void* to, int value, size_t size) {
  void* result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
  return result;
}

void fault(const uint64_t* frame) {
  say("loader: exception ");
  say_number((frame[0] - (uint64_t)vectors) / STUB_SIZE);
  for (int word = 1; word < 5; word++) {
    put(' ');
    say_hex(frame[word]);
  }
  say("\n");
  quit();
}

static void load_gates(void) {
  struct {
    uint16_t limit;
    uint64_t base;
  } __attribute__((packed)) pointer = {sizeof(gates) - 1, (uint64_t)gates};
  for (int vector = 0; vector < VECTORS; vector++) {
    uint64_t stub = (uint64_t)vectors + vector * STUB_SIZE;
    gates[vector].low = stub;
    gates[vector].selector = CODE64;
    gates[vector].flags = 0x8e00;
    gates[vector].middle = stub >> 16;
  }
  __asm__ volatile("lidt %0" : : "m"(pointer));
}

static void report(const char* what, int64_t result) {
  say(what);
  say(": ");
  say_number(result);
  say("\n");
}

/**
 * Waits until something has come on COM1, which who started the machine sees (loader.ts): `what` with `cpu`. How long that takes
 * on a busy host nobody knows.
 */
static void await(const char* what, uint32_t cpu) {
  say("loader: awaits ");
  say(what);
  put(' ');
  say_number(cpu);
  say("\n");
  hear();
}

/** All other CPUs do this, and so does the caller; the results are printed. */
static void everywhere(const char* what, enum command command, int32_t (*mine)(uint32_t)) {
  for (uint32_t cpu = 1; cpu < cpus; cpu++) commands[cpu] = command;
  int32_t result = mine(0);
  for (uint32_t cpu = 1; cpu < cpus; cpu++)
    while (commands[cpu] != NOTHING) __asm__ volatile("pause");
  say(what);
  say(":");
  for (uint32_t cpu = 0; cpu < cpus; cpu++) {
    put(' ');
    say_number(cpu ? results[cpu] : result);
  }
  say("\n");
}

static int32_t enter(uint32_t cpu) {
  int32_t (*entry)(uint32_t) = (int32_t (*)(uint32_t))(VIRTUAL_BASE + header->entry);
  return entry(cpu);
}

static int32_t disable(uint32_t cpu) {
  (void)cpu;
  return hypercall(HC_DISABLE, 0, 0);
}

/** Leaves its guest as often as it can, and sends the next CPU interrupts, until it is told to be calm. */
static int32_t storm(uint32_t cpu) {
  int32_t rounds = 0;
  while (commands[cpu] == STORM) {
    if (hypercall(HC_HYPERVISOR_GET_INFO, 0, 0) <= 0) return -1;
    AT(uint32_t, XAPIC + XAPIC_ICR_HIGH) = (3 - cpu) << 24;
    AT(uint32_t, XAPIC + XAPIC_ICR_LOW) = ICR_FIXED + STORM_VECTOR;
    rounds++;
  }
  return rounds;
}

static void serve(uint32_t cpu) {
  present[cpu] = true;
  for (;;) {
    enum command command = commands[cpu];
    if (command == ENTER) results[cpu] = enter(cpu);
    if (command == DISABLE) results[cpu] = disable(cpu);
    if (command == CALL) results[cpu] = hypercall(0, 0, 0);
    if (command == STORM) results[cpu] = storm(cpu);
    // Not otherwise: a command that has just come would be lost.
    if (command != NOTHING) commands[cpu] = NOTHING;
    while (command == HALT) __asm__ volatile("cli; hlt");
    __asm__ volatile("pause");
  }
}

/** Maps, fills and describes the hypervisor's memory, as the driver does. */
static void load(void) {
  const uint8_t* config = (const uint8_t*)(uintptr_t)modules[1].start;
  uint64_t start = *(const uint64_t*)(config + SYS_HYPERVISOR_MEMORY + MEM_PHYS_START);
  uint64_t size = *(const uint64_t*)(config + SYS_HYPERVISOR_MEMORY + MEM_REGION_SIZE);
  page_map[TABLE_MASK] = (uint64_t)base_pointers | PTE_PRESENT | PTE_WRITABLE;
  base_pointers[TABLE_MASK] = (uint64_t)base_directory | PTE_PRESENT | PTE_WRITABLE;
  for (uint64_t at = 0; at < size; at += LARGE_PAGE)
    base_directory[((uint64_t)VIRTUAL_BASE / LARGE_PAGE + at / LARGE_PAGE) & TABLE_MASK] =
        (start + at) | PTE_PRESENT | PTE_WRITABLE | PTE_LARGE;
  memset((void*)VIRTUAL_BASE, 0, size);
  memcpy((void*)VIRTUAL_BASE, (const void*)(uintptr_t)modules[0].start, modules[0].end - modules[0].start);
  header->max_cpus = cpus;
  header->online_cpus = cpus;
  uint8_t* place = (uint8_t*)VIRTUAL_BASE + header->core_size + cpus * header->percpu_size;
  memcpy(place, config, modules[1].end - modules[1].start);
  *(uint32_t*)(place + SYS_X86_TSC_KHZ) = KHZ;
  *(uint32_t*)(place + SYS_X86_APIC_KHZ) = KHZ;
  *(uint16_t*)(place + SYS_X86_PM_TIMER_ADDRESS) = PM_TIMER;
}

static void info(void) {
  for (uint32_t kind = 0; kind <= 4; kind++) report("info", hypercall(HC_HYPERVISOR_GET_INFO, kind, 0));
}

/** A cell from its creation to its end; it gets the last CPU, and runs so many milliseconds at least. */
static void run_cell(uint32_t milliseconds) {
  uint8_t* config = (uint8_t*)(uintptr_t)modules[2].start;
  uint32_t cpu = cpus - 1;
  const uint8_t* memory = config + CELL_HEADER_SIZE + *(uint32_t*)(config + CELL_CPU_SET_SIZE);
  config[ID_OFFSET] = 1;
  commands[cpu] = HALT;
  while (commands[cpu] != NOTHING) __asm__ volatile("pause");
  present[cpu] = false;
  report("create", hypercall(HC_CELL_CREATE, (uint64_t)config, 0));
  report("set loadable", hypercall(HC_CELL_SET_LOADABLE, 1, 0));
  // An inmate's image begins with the segment of its reset address.
  uint64_t base = *(uint64_t*)(config + CELL_CPU_RESET_ADDRESS) & ~0xffffull;
  memcpy((void*)(*(uint64_t*)(memory + MEM_PHYS_START) + base), (void*)(uintptr_t)modules[3].start,
         modules[3].end - modules[3].start);
  report("start", hypercall(HC_CELL_START, 1, 0));
  while (hypercall(HC_CELL_GET_STATE, 1, 0) == 0) wait_ms(POLL_MS);
  await("a tick of CPU", cpu);
  wait_ms(milliseconds);
  report("state", hypercall(HC_CELL_GET_STATE, 1, 0));
  report("exits", hypercall(HC_CPU_GET_INFO, cpu, 1000));
  int32_t result = hypercall(HC_CELL_DESTROY, 1, 0);
  report("destroy", result);
  if (result) report("destroy", hypercall(HC_CELL_DESTROY, 1, 0));
  start_cpu(cpu);
  while (!present[cpu]) __asm__ volatile("pause");
  say("CPU is back\n");
}

/** Whether a selector of the local descriptor table, which there is not, names what is at linear address 0, where one would be for base 0. */
static bool has_ldt(void) {
  uint64_t kept, data = DATA_DESCRIPTOR, place = 0;
  uint32_t selector = LOCAL_SELECTOR;
  bool is_readable;
  __asm__ volatile("movq (%2), %0; movq %3, (%2); verr %w4; setz %1; movq %0, (%2)"
                   : "=&r"(kept), "=&q"(is_readable)
                   : "r"(place), "r"(data), "r"(selector)
                   : "memory", "cc");
  return is_readable;
}

/** Enable, a cell, disable. */
static void demo(void) {
  load();
  everywhere("enter", ENTER, enter);
  report("LDT", has_ldt());
  info();
  run_cell(0);
  info();
  everywhere("disable", DISABLE, disable);
}

/** Cells come and go while two other CPUs are busy with the hypervisor. */
static void storms(void) {
  load();
  everywhere("enter", ENTER, enter);
  info();
  commands[1] = commands[2] = STORM;
  for (int round = 0; round < STORM_CELLS; round++) run_cell(RUN_MS);
  for (uint32_t cpu = 1; cpu <= 2; cpu++) {
    commands[cpu] = CALM;
    while (commands[cpu] != NOTHING) __asm__ volatile("pause");
    report("storm", results[cpu] > 0);
  }
  info();
  everywhere("disable", DISABLE, disable);
}

/** The conformance cases, which are the hypercalls of that core; `wrong`, if it is one, cannot pass on this machine. */
static void conformance(int64_t wrong) {
  load();
  everywhere("enter", ENTER, enter);
  commands[1] = HALT;
  while (commands[1] != NOTHING) __asm__ volatile("pause");
  int32_t result;
  for (uint32_t number = 0;; number++) {
    if (number == wrong) {
      say("case: wrong here\n");
      continue;
    }
    if ((result = hypercall(number, 0, 0)) == -1) break;
    report("case", result);
  }
}

/** Each other CPU makes a hypercall that goes wrong in its own way; this one goes on. */
static void faults(void) {
  load();
  everywhere("enter", ENTER, enter);
  for (uint32_t cpu = 1; cpu < cpus; cpu++) {
    commands[cpu] = CALL;
    await("the stop of CPU", cpu);
    report("call", hypercall(0, 0, 0));
    report("CPU is back", commands[cpu] == NOTHING);
  }
  say("loader: waits\n");
  for (;;) __asm__ volatile("pause");
}

/** What the hypervisor has to put back if it does not stay. */
struct state {
  uint64_t cr0, cr3, cr4, efer;
  uint8_t gdt[10], idt[10];
  uint16_t cs, ss, ds, es;
};

static struct state read_state(void) {
  struct state state;
  uint32_t low, high;
  memset(&state, 0, sizeof(state));
  __asm__ volatile("movq %%cr0, %0" : "=r"(state.cr0));
  __asm__ volatile("movq %%cr3, %0" : "=r"(state.cr3));
  __asm__ volatile("movq %%cr4, %0" : "=r"(state.cr4));
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(MSR_EFER));
  state.efer = (uint64_t)high << 32 | low;
  __asm__ volatile("sgdt %0; sidt %1" : "=m"(state.gdt), "=m"(state.idt));
  __asm__ volatile("movw %%cs, %0; movw %%ss, %1" : "=rm"(state.cs), "=rm"(state.ss));
  __asm__ volatile("movw %%ds, %0; movw %%es, %1" : "=rm"(state.ds), "=rm"(state.es));
  return state;
}

/** An enable that cannot succeed; `absent` CPUs are said to come and do not. */
static void refusal(uint32_t absent) {
  load();
  header->online_cpus += absent;
  struct state before = read_state();
  everywhere("enter", ENTER, enter);
  struct state after = read_state();
  const uint8_t* first = (const uint8_t*)&before;
  const uint8_t* second = (const uint8_t*)&after;
  uint32_t differences = 0;
  for (size_t at = 0; at < sizeof(before); at++) differences += first[at] != second[at];
  report("differences", differences);
}

/** The number behind the scenario; -1 without one. */
static int64_t argument(const char* text) {
  int64_t number = 0;
  while (*text && *text != '=') text++;
  if (!*text) return -1;
  while (*++text) number = number * 10 + (*text - '0');
  return number;
}

/** By the first letters of the vendor's name. */
static bool find_intel(void) {
  uint32_t leaf = 0, name, rest, more;
  __asm__("cpuid" : "+a"(leaf), "=b"(name), "=c"(rest), "=d"(more));
  return name == VENDOR_INTEL;
}

/** As another hypervisor leaves CR4 while it uses VT-x. */
static void use(void) {
  uint64_t cr4;
  __asm__ volatile("movq %%cr4, %0" : "=r"(cr4));
  __asm__ volatile("movq %0, %%cr4" : : "r"(cr4 | CR4_VMXE));
}

void cpu_main(uint32_t cpu) {
  load_gates();
  // As Linux has none: after a reset there is one, at address 0.
  __asm__ volatile("lldt %w0" : : "r"(0));
  is_intel = find_intel();
  if (cpu && is_in_use) use();
  AT(uint32_t, XAPIC + XAPIC_SVR) = SVR_ENABLED;
  if (cpu) serve(cpu);
  out8(COM1 + LINE_CONTROL, LINE_8N1);
  out8(COM2 + LINE_CONTROL, LINE_8N1);
  out8(COM3 + LINE_CONTROL, LINE_8N1);
  memcpy((void*)TRAMPOLINE, trampoline, trampoline_end - trampoline);
  modules = (struct module*)(uintptr_t)*(uint32_t*)(uintptr_t)(boot_info + MULTIBOOT_MODULES + 4);
  // The command line is the kernel's path, then the number of CPUs, the scenario, and what the scenario takes.
  const char* text = (const char*)(uintptr_t)*(uint32_t*)(uintptr_t)(boot_info + MULTIBOOT_COMMAND_LINE);
  while (*text != ' ') text++;
  cpus = text[1] - '0';
  is_in_use = text[2] == 'r' && argument(text) >= 0;
  if (is_in_use) use();
  for (cpu = 1; cpu < cpus; cpu++) {
    start_cpu(cpu);
    while (!present[cpu]) __asm__ volatile("pause");
  }
  say("loader: all CPUs are here\n");
  if (text[2] == 'c')
    conformance(argument(text));
  else if (text[2] == 'r' || text[2] == 'a')
    refusal(text[2] == 'a');
  else if (text[2] == 's')
    storms();
  else if (text[2] == 'f')
    faults();
  else
    for (int round = 0; round < 2; round++) demo();
  say("loader: end\n");
  quit();
}
