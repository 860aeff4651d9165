/* Between the start-up and the translated module: memory functions, traps, tables, interrupt table, start of CPUs. */
#include "inmate.h"
#include "wasm-rt.h"

#define CODE_SELECTOR (sizeof(void*) == 8 ? 0x18 : 0x08)
#define INTERRUPT_GATE 0x8e00
#define ENTRY_SIZE 16
#define MAX_TABLE 512

extern const uint8_t vector_entries[], spurious_entry[];

/* A gate of the interrupt table (AMD64 manual, volume 2, sections 4.7.2 and 4.8.4). */
struct gate {
  uint16_t offset_low, selector, flags, offset_middle;
#ifdef __x86_64__
  uint32_t offset_high, reserved;
#endif
};

struct table_pointer {
  uint16_t limit;
  uintptr_t base;
} __attribute__((packed));

static struct gate interrupt_table[SPURIOUS_VECTOR + 1] __attribute__((aligned(16)));
static wasm_rt_funcref_t functions[MAX_TABLE];
static wasm_rt_memory_t memory;
static Z_inmate_instance_t instance;

void* memcpy(void* restrict to, const void* restrict from, size_t size) {
  void* result = to;
  __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
  return result;
}

void* memmove(void* to, const void* from, size_t size) {
  if ((uintptr_t)to - (uintptr_t)from >= size) return memcpy(to, from, size);
  const uint8_t* source = (const uint8_t*)from + size - 1;
  uint8_t* target = (uint8_t*)to + size - 1;
  __asm__ volatile("std; rep movsb; cld" : "+D"(target), "+S"(source), "+c"(size) : : "memory");
  return to;
}

void* memset(void* to, int value, size_t size) {
  void* result = to;
  __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
  return result;
}

/* Cell memory as the module sees it: WebAssembly addresses are physical ones. */
wasm_rt_memory_t* Z_envZ_memory(struct Z_env_instance_t* environment) {
  (void)environment;
  memory.data = (uint8_t*)0;
  memory.pages = memory.max_pages = HEAP_END_PAGES;
  memory.size = MEMORY_END;
  return &memory;
}

bool wasm_rt_is_initialized(void) {
  return true;
}

/* The heap has all the memory there is from the start. */
uint32_t wasm_rt_grow_memory(wasm_rt_memory_t* grown, uint32_t pages) {
  return pages == 0 ? grown->pages : UINT32_MAX;
}

/* The module's types are distinct already, so each gets a number of its own. */
uint32_t wasm_rt_register_func_type(uint32_t params, uint32_t results, ...) {
  static uint32_t count;
  (void)params;
  (void)results;
  return ++count;
}

void wasm_rt_allocate_funcref_table(wasm_rt_funcref_table_t* table, uint32_t elements, uint32_t max_elements) {
  if (elements > MAX_TABLE) wasm_rt_trap(WASM_RT_TRAP_OOB);
  table->data = functions;
  table->size = elements;
  table->max_size = max_elements;
}

void wasm_rt_free_funcref_table(wasm_rt_funcref_table_t* table) {
  (void)table;
}

static void report_trap(wasm_rt_trap_t reason) {
  Z_inmateZ_trap(&instance, reason);
}

/* Reports on an emptied stack, because what trapped may have used it up. Does not return: the report ends in a halt. */
void wasm_rt_trap(wasm_rt_trap_t reason) {
#ifdef __x86_64__
  __asm__ volatile("or %1, %%rsp; and $-16, %%rsp; call *%2"
                   :
                   : "D"((uint64_t)reason), "i"(STACK_SIZE - 1), "r"(report_trap)
                   : "memory");
#else
  __asm__ volatile("or %1, %%esp; and $-16, %%esp; sub $12, %%esp; push %0; call *%2"
                   :
                   : "r"(reason), "i"(STACK_SIZE - 1), "r"(report_trap)
                   : "memory");
#endif
  __builtin_unreachable();
}

/* Called by vectors.S; `frame` points to the saved registers, which the vector follows. */
void dispatch_vector(uintptr_t* frame) {
  uint32_t vector = frame[sizeof(void*) == 8 ? 15 : 7];
  if (vector < EXCEPTION_COUNT)
    Z_inmateZ_exception(&instance, (uintptr_t)frame);
  else
    Z_inmateZ_interrupt(&instance, vector);
}

static void set_gate(uint32_t vector, uintptr_t entry) {
  struct gate* gate = &interrupt_table[vector];
  gate->offset_low = entry;
  gate->selector = CODE_SELECTOR;
  gate->flags = INTERRUPT_GATE;
  gate->offset_middle = entry >> 16;
}

static void load_interrupt_table(void) {
  struct table_pointer pointer = {sizeof(interrupt_table) - 1, (uintptr_t)interrupt_table};
  __asm__ volatile("lidt %0" : : "m"(pointer));
}

__attribute__((noreturn)) static void halt_forever(void) {
  for (;;) __asm__ volatile("cli; hlt");
}

/* The first CPU of the cell, from boot.S: variables are zero, the stack is empty, interrupts are off. */
__attribute__((noreturn)) void start_first_cpu(void) {
  for (uint32_t vector = 0; vector < VECTOR_COUNT; vector++)
    set_gate(vector, (uintptr_t)vector_entries + vector * ENTRY_SIZE);
  set_gate(SPURIOUS_VECTOR, (uintptr_t)spurious_entry);
  load_interrupt_table();
  Z_inmate_init_module();
  Z_inmate_instantiate(&instance, NULL, NULL);
  Z_inmateZ_initialize(&instance);
  Z_inmateZ_main(&instance);
  halt_forever();
}

/* Any other CPU, after `startCpu` of lib/smp.ts gave it a stack and sent the start-up IPI. */
__attribute__((noreturn)) void start_next_cpu(void) {
  load_interrupt_table();
  Z_inmateZ_initializeNext(&instance);
  halt_forever();
}
