// From the entry to the translated modules, and from a guest's trap to them.
#include "hw.h"

u8 console_page[PAGE_SIZE] __attribute__((section(".bss.console"), aligned(PAGE_SIZE)));
struct memory memories[2];
_Static_assert(sizeof(struct memory) == MEMORY_SIZE, "image.h disagrees");

/** PAR_EL1 (Arm Architecture Reference Manual, DDI 0487, section D19.2.121): a translation that failed; the page's address. */
#define PAR_FAILED 1
#define PAR_ADDRESS 0xffffffffff000
#define PAGE_SHIFT 12
/** HPFAR_EL2: where the number of the page begins. */
#define HPFAR_PAGE_SHIFT 4

static void prepare_native(void) {}

#include "modules.c"

/** Not part of its caller, where the modules' memories were still to be filled in. */
__attribute__((noinline)) static s32 enter_platform(void) { return (s32)metal_enter(hw_cpuIndex()); }

/** Called by entry.S on this CPU's stack. Returns 0: Linux goes on as a guest; or -errno: it goes on as it was. */
s32 start(void) { return start_modules() ? enter_platform() : -(s32)ENOMEM; }

/** The platform's call of core.init: says which core this is, once it prints. */
static u32 start_core(u32 cpu, u32 config, u32 size) {
  u32 result = core_init(cpu, config, size);
  console_description = config + SYS_DEBUG_CONSOLE;
  if (!result) say("hypervisor-arm64.wasm sha256 " DIGEST "\n");
  return result;
}

/** Whether HPFAR_EL2 is undefined: after a permission fault that is none of a page table walk. */
static bool lacks_address(u64 syndrome) {
  u32 class = syndrome >> ESR_EC_SHIFT & ESR_EC_MASK;
  if (class != EC_DATA_ABORT && class != EC_FETCH_ABORT) return false;
  return (syndrome & ABORT_STATUS_MASK) == ABORT_STATUS_PERMISSION && !(syndrome & ABORT_WALK);
}

/** Translates FAR_EL2 by the guest's own tables, as HPFAR_EL2 would have it. False if they have changed meanwhile. */
static bool translate_address(u64 address, u64* page) {
  u64 guests = READ_SYSTEM(par_el1);
  __asm__ volatile("at s1e1r, %0; isb" : : "r"(address) : "memory");
  u64 result = READ_SYSTEM(par_el1);
  WRITE_SYSTEM(par_el1, guests);
  *page = (result & PAR_ADDRESS) >> PAGE_SHIFT << HPFAR_PAGE_SHIFT;
  return !(result & PAR_FAILED);
}

/** Called by entry.S when this CPU's guest has trapped, with its state in place; the guest goes on when it returns. */
void guest_trapped(void) {
  u64 syndrome = READ_SYSTEM(esr_el2);
  u64 address = READ_SYSTEM(far_el2);
  u64 page = READ_SYSTEM(hpfar_el2);
  // The guest repeats an access whose translation has gone.
  if (lacks_address(syndrome) && !translate_address(address, &page)) return;
  metal_trap(hw_cpuIndex(), syndrome, address, page);
}
