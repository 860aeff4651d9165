// The members of ../../intel/hw.ts, and what VT-x adds to entering and to refusing.
#ifndef VENDOR_H_
#define VENDOR_H_

u32 run_guest(u8* registers, u8* cr2, u32 is_launched);
__attribute__((noreturn)) void leave(u64* fields, u8* cr2, u8* registers);
void end_nmi(void);
extern const u8 vm_exit[];

/** What LGDT and LIDT take. */
struct descriptor_table {
  u16 limit;
  u64 base;
} __attribute__((packed));

/** Room for the descriptors of Linux' TR and LDTR at their places in a GDT, and the index of the image's code segment. */
#define SCRATCH_ENTRIES 18
#define CODE_INDEX (CODE_SELECTOR / 8)
#define SELECTOR_INDEX(selector) ((selector) >> 3)
/** Access rights: a TSS is busy, limits count pages, there is no segment; those that a descriptor has. */
#define RIGHTS_BUSY 0x2
#define RIGHTS_PAGES 0x8000
#define RIGHTS_BITS 0xf0ff

static u32 hw_vmxOn(u64 region) {
  u8 has_failed;
  __asm__ volatile("vmxon %1; setna %0" : "=rm"(has_failed) : "m"(region) : "cc", "memory");
  return !has_failed;
}

ALWAYS void hw_vmxOff(void) { __asm__ volatile("vmxoff" : : : "cc", "memory"); }

ALWAYS void hw_clearVmcs(u64 vmcs) { __asm__ volatile("vmclear %0" : : "m"(vmcs) : "cc", "memory"); }

static u32 hw_makeCurrent(u64 vmcs) {
  u8 has_failed;
  __asm__ volatile("vmclear %1; vmptrld %1; setna %0" : "=rm"(has_failed) : "m"(vmcs) : "cc", "memory");
  return !has_failed;
}

static u64 hw_readField(u32 encoding) {
  u64 value = 0;
  __asm__ volatile("vmread %1, %0" : "+r"(value) : "r"((u64)encoding) : "cc");
  return value;
}

static void hw_writeField(u32 encoding, u64 value) {
  __asm__ volatile("vmwrite %0, %1" : : "r"(value), "r"((u64)encoding) : "cc");
}

static void hw_invalidateTables(u32 type) {
  u64 descriptor[2] = {0, 0};
  __asm__ volatile("invept %0, %1" : : "m"(descriptor), "r"((u64)type) : "cc", "memory");
}

ALWAYS u64 hw_exitAddress(void) { return (u64)vm_exit; }

ALWAYS u32 hw_codeSelector(void) { return CODE_SELECTOR; }

ALWAYS u64 hw_tableAddress(u32 table) { return (u64)(table ? idt : gdt); }

static u32 hw_runGuest(u32 registers, u32 cr2, u32 is_launched) {
  return run_guest(at(&metal_memory, registers, REGISTERS_SIZE), at(&metal_memory, cr2, sizeof(u64)), is_launched);
}

/** What has come so far is forgotten before the next one can come. */
static void hw_takeNmi(void) {
  cpu_top()->nmi = 0;
  end_nmi();
}

ALWAYS u32 hw_hasNmi(void) { return *(volatile u8*)&cpu_top()->nmi; }

static u32 hw_takeMachineCheck(void) { return __atomic_exchange_n(&cpu_top()->machine_check, 0, __ATOMIC_RELAXED); }

ALWAYS void hw_writeDebugStatus(u64 value) { __asm__ volatile("movq %0, %%dr6" : : "r"(value)); }

static u64 hw_linuxExtra(u32 field) {
  if (field >= EXTRA_FIELDS) panic(PANIC_CONTRACT);
  return cpu_top()->extra[field];
}

/** Loads TR or LDTR by a GDT that has nothing else: a busy TSS cannot be loaded, and Linux' own GDT is none to write to. */
static void load_system(const u64* fields, u32 segment) {
  u64 scratch[SCRATCH_ENTRIES] = {[CODE_INDEX] = gdt[CODE_INDEX]};
  struct descriptor_table table = {sizeof(scratch) - 1, (u64)scratch};
  u64 selector = fields[FIELD_SELECTORS + segment];
  u64 base = fields[FIELD_BASES + segment];
  u64 limit = fields[FIELD_LIMITS + segment];
  u64 rights = fields[FIELD_RIGHTS + segment];
  u32 index = SELECTOR_INDEX(selector);
  if (index + 1 >= SCRATCH_ENTRIES) panic(PANIC_CONTRACT);
  if (rights & RIGHTS_PAGES) limit >>= 12;
  if (segment == SEGMENT_TR) rights &= ~(u64)RIGHTS_BUSY;
  if (index) {
    scratch[index] = (limit & 0xffff) | (base & 0xffffff) << 16 | (rights & RIGHTS_BITS) << 40 |
                     (limit & 0xf0000) << 32 | (base >> 24 & 0xff) << 56;
    scratch[index + 1] = base >> 32;
  }
  __asm__ volatile("lgdt %0" : : "m"(table), "m"(scratch));
  if (segment == SEGMENT_LDTR)
    __asm__ volatile("lldt %w0" : : "r"(selector) : "memory");
  else if (index)
    __asm__ volatile("ltr %w0" : : "r"(selector) : "memory");
  table = (struct descriptor_table){GDT_SIZE - 1, (u64)gdt};
  __asm__ volatile("lgdt %0" : : "m"(table));
}

__attribute__((noreturn)) static void hw_leave(u32 fields, u32 cr2, u32 registers) {
  u64* values = (u64*)at(&metal_memory, fields, FIELD_COUNT * sizeof(u64));
  load_system(values, SEGMENT_TR);
  load_system(values, SEGMENT_LDTR);
  leave(values, at(&metal_memory, cr2, sizeof(u64)), at(&metal_memory, registers, REGISTERS_SIZE));
}

/** A descriptor of 16 bytes in the GDT at `base`; nothing for the null selector. */
static void save_descriptor(u64* to, u64 base, u64 selector) {
  const u64* from = (const u64*)(base + (selector & ~7ull));
  if (!SELECTOR_INDEX(selector)) return;
  to[0] = from[0];
  to[1] = from[1];
}

/** Keeps more of what Linux called the entry with: what exits replace, as its GDT has it. */
static void save_more(void) {
  u64* extra = cpu_top()->extra;
  struct descriptor_table table;
  __asm__ volatile("sgdt %0" : "=m"(table));
  __asm__("movl %%fs, %k0" : "=r"(extra[EXTRA_FS]));
  __asm__("movl %%gs, %k0" : "=r"(extra[EXTRA_GS]));
  __asm__("str %k0" : "=r"(extra[EXTRA_TR]));
  __asm__("sldt %k0" : "=r"(extra[EXTRA_LDTR]));
  save_descriptor(&extra[EXTRA_TR_LOW], table.base, extra[EXTRA_TR]);
  save_descriptor(&extra[EXTRA_LDTR_LOW], table.base, extra[EXTRA_LDTR]);
}

/** VMX operation has ended already, if it was begun. */
ALWAYS void restore_more(void) {}

#endif
