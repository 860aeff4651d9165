// The small program that runs the translated core on the machine at hand.

/**
 * C source. It gives the core a memory that claims to be larger than it is, and lets `init` use it up to its claimed end:
 * the translated code's own bounds check has to notice.
 */
export function hostProgram(platformMembers: readonly string[]): string {
  const stubs = platformMembers
    .map((name) => `unsigned long Z_platformZ_${name}() { return 0; }`)
    .join("\n");
  return `#include <stdio.h>
#include <stdlib.h>
#include "wasm-rt.h"

enum { PAGE = 65536, REAL_PAGES = 64, CLAIMED_PAGES = 65535, CONFIG_SIZE = 4096 };
static const unsigned BEYOND = 0x7fff0000u;

uint32_t wasm_rt_call_stack_depth;
static wasm_rt_memory_t memory;

_Bool wasm_rt_is_initialized(void) { return 1; }
uint32_t wasm_rt_register_func_type(uint32_t parameters, uint32_t results, ...) { return 1; }
wasm_rt_memory_t *Z_envZ_memory(void *env) { return &memory; }

void wasm_rt_trap(wasm_rt_trap_t code) {
  puts(code == WASM_RT_TRAP_OOB ? "panic: out of bounds" : "panic: another trap");
  exit(0);
}

${stubs}

struct instance { void *platform; void *memory; };
void Z_hypervisor_init_module(void);
void Z_hypervisor_instantiate(struct instance *, void *env, void *platform);
uint32_t Z_hypervisorZ_init(struct instance *, uint32_t cpu, uint32_t config, uint32_t size);

int main(void) {
  struct instance core = {0};
  memory.data = calloc(REAL_PAGES, PAGE);
  memory.size = REAL_PAGES * PAGE;
  memory.pages = CLAIMED_PAGES;
  memory.max_pages = CLAIMED_PAGES;
  Z_hypervisor_init_module();
  Z_hypervisor_instantiate(&core, NULL, NULL);
  printf("no panic: init returned %d\\n", (int)Z_hypervisorZ_init(&core, 0, BEYOND, CONFIG_SIZE));
  return 1;
}
`;
}
