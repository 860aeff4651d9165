// A cell's program that tells every register that it finds, and leaves something in each. On COM2: a line "name=value" (hex)
// for each register that is not zero, "end" after the last. With a second CPU it then does the same on that one, after
// it has soiled it and sent it INIT and a start-up IPI. At last it soils its own CPU.
#include "probe.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned u32;
typedef unsigned long u64;

#define PORT 0x2f8
#define LINE_STATUS 5
#define TRANSMITTER_EMPTY 0x20
#define COMM_REGION 0x100000
#define IDT_GATE_PRESENT 0x8e00
#define FXSAVE_SIZE 512
#define FXSAVE_USED 416
#define XSAVE_HEADER 512
#define XSAVE_SIZE 4096
#define FEATURE_XSAVE (1u << 26)
/** APIC ids of its CPUs, where there are two; either can be the first to come. */
#define ONE_ID 2ul
#define OTHER_ID 3ul
#define SECRET 0x5ec2e75ec2e7ul
/** Default control word, and MXCSR with denormals as zeros. */
#define SOILED_FCW 0x037f
#define SOILED_MXCSR 0x1fc0
#define ICR_INIT 0x4500
#define ICR_STARTUP 0x4600
/** Masked, any vector. */
#define APIC_LVT_SOILED 0x10066
#define CALIBRATION_TICKS 20000000ul

extern u64 found[FOUND_END];
extern volatile u32 gate, tried_faulted;
extern u8 general_protection[];
static volatile u32 may_soil, has_soiled, is_second;
static u8 area[XSAVE_SIZE] __attribute__((aligned(64)));
static u64 idt[2 * (VECTOR_GP + 1)];
static struct {
  u16 limit;
  u64 base;
} __attribute__((packed)) table;

static void out(u16 port, u8 value) { __asm__ volatile("outb %0, %1" : : "a"(value), "d"(port)); }
static u8 in(u16 port) {
  u8 value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "d"(port));
  return value;
}

static void put(char character) {
  while (!(in(PORT + LINE_STATUS) & TRANSMITTER_EMPTY));
  out(PORT, character);
}
static void print(const char* text) {
  while (*text) put(*text++);
}
static void print_hex(u64 value) {
  int shift = 60;
  while (shift && !(value >> shift)) shift -= 4;
  for (; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15]);
}
static void tell(const char* name, u64 index, u64 value) {
  if (!value) return;
  print(name);
  print_hex(index);
  put('=');
  print_hex(value);
  put('\n');
}

static u32 cpuid(u32 leaf, u32 subleaf, u32 part) {
  u32 parts[4];
  __asm__ volatile("cpuid" : "=a"(parts[0]), "=b"(parts[1]), "=c"(parts[2]), "=d"(parts[3]) : "a"(leaf), "c"(subleaf));
  return parts[part];
}
static u32 read_msr(u32 msr, u64* value) {
  u32 low = 0, high = 0;
  tried_faulted = 0;
  __asm__ volatile("rdmsr" : "+a"(low), "+d"(high) : "c"(msr) : "memory");
  *value = (u64)high << 32 | low;
  return !tried_faulted;
}
static void write_msr(u32 msr, u64 value) {
  __asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}
static void write_apic(u32 number, u32 value) { write_msr(MSR_X2APIC_FIRST + number, value); }
static u64 timestamp(void) {
  u32 low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (u64)high << 32 | low;
}
static u64 read_cr4(void) {
  u64 value;
  __asm__ volatile("movq %%cr4, %0" : "=r"(value));
  return value;
}
static void write_cr4(u64 value) { __asm__ volatile("movq %0, %%cr4" : : "r"(value)); }
static void clear(void* at, u64 size) { __asm__ volatile("rep stosb" : "+D"(at), "+c"(size) : "a"(0) : "memory"); }

static void set_vectors(void) {
  u64 at = (u64)general_protection;
  idt[2 * VECTOR_GP] = (at & 0xffff) | CODE64 << 16 | (u64)IDT_GATE_PRESENT << 32 | (at >> 16 & 0xffff) << 48;
  table.limit = sizeof(idt) - 1;
  table.base = (u64)idt;
  __asm__ volatile("lidt %0" : : "m"(table));
}

static u32 has_fxsave(void) { return cpuid(1, 0, 3) >> 24 & 1; }
static u32 has_xsave(void) { return cpuid(1, 0, 2) & FEATURE_XSAVE; }

/** Every component that the processor has, whatever XCR0 was. */
static void enable_components(void) {
  u32 low = cpuid(0xd, 0, 0), high = cpuid(0xd, 0, 3);
  __asm__ volatile("xsetbv" : : "a"(low), "d"(high), "c"(0));
}

static void tell_components(void) {
  if (!has_fxsave()) return;
  write_cr4(read_cr4() | CR4_OSFXSR);
  clear(area, sizeof(area));
  __asm__ volatile("fxsave64 %0" : "=m"(area) : : "memory");
  for (u32 word = 0; word < FXSAVE_USED / 8; word++) tell("fx", word * 8, ((u64*)area)[word]);
  if (!has_xsave()) return;
  write_cr4(read_cr4() | CR4_OSXSAVE);
  u32 low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  tell("xcr", 0, (u64)high << 32 | low);
  enable_components();
  clear(area, sizeof(area));
  __asm__ volatile("xsave64 %0" : "=m"(area) : "a"(-1), "d"(-1) : "memory");
  for (u32 word = XSAVE_HEADER / 8 + 8; word < XSAVE_SIZE / 8; word++) tell("xsave", word * 8, ((u64*)area)[word]);
}

static void tell_msrs(u32 first) {
  for (u32 msr = first; msr < first + 0x2000; msr++) {
    u64 value;
    if (read_msr(msr, &value)) tell("msr", msr, value);
  }
}

static void tell_selectors(void) {
  u64 task, local;
  __asm__ volatile("str %0; sldt %1" : "=r"(task), "=r"(local));
  tell("tr", 0, task);
  tell("ldtr", 0, local);
}

/** Counts of the APIC timer for a fixed number of the time-stamp counter's, read in between. */
static void tell_timer(void) {
  u64 count, before = 0, after;
  write_apic(APIC_TIMER_INITIAL, 0xffffffff);
  u64 start = timestamp();
  do {
    before = timestamp();
    read_msr(MSR_X2APIC_FIRST + APIC_TIMER_CURRENT, &count);
    after = timestamp();
    // Again if this CPU had to wait in between.
  } while (before - start < CALIBRATION_TICKS || after - before > (before - start) / 8);
  write_apic(APIC_TIMER_INITIAL, 0);
  tell("khz of tsc", 0, *(u32*)(COMM_REGION + COMM_TSC_KHZ));
  tell("khz of apic", 0, *(u32*)(COMM_REGION + COMM_APIC_KHZ));
  tell("timer counts", 0, 0xffffffff - count);
  tell("timer cycles", 0, before - start);
}

static void soil_components(void) {
  if (!has_fxsave()) return;
  for (u32 word = 0; word < sizeof(area) / 8; word++) ((u64*)area)[word] = SECRET;
  *(u16*)area = SOILED_FCW;
  *(u32*)(area + 24) = SOILED_MXCSR;
  __asm__ volatile("fxrstor64 %0" : : "m"(area) : "memory");
  if (!has_xsave()) return;
  clear(area + XSAVE_HEADER, 64);
  *(u64*)(area + XSAVE_HEADER) = (u64)cpuid(0xd, 0, 3) << 32 | cpuid(0xd, 0, 0);
  __asm__ volatile("xrstor64 %0" : : "m"(area), "a"(-1), "d"(-1) : "memory");
}

static void soil_debug(void) {
  u64 value = SECRET & 0xffffffff;
  __asm__ volatile("movq %0, %%dr0; movq %0, %%dr1; movq %0, %%dr2; movq %0, %%dr3" : : "r"(value));
}

/** Those that a cell may have without an exit, and those that it may not have; values that they take. */
static void soil_msrs(void) {
  static const u32 msrs[] = {MSR_SYSENTER_CS, MSR_SYSENTER_ESP, MSR_SYSENTER_EIP, MSR_STAR, MSR_LSTAR, MSR_CSTAR,
                             MSR_SFMASK, MSR_FS_BASE, MSR_GS_BASE, MSR_KERNEL_GS_BASE, MSR_TSC_AUX, 0xc0011019,
                             0xc001101a, 0xc001101b, 0xc0011027, 0x1d9, 0xc0010000, 0xc0010004};
  for (u32 index = 0; index < sizeof(msrs) / sizeof(msrs[0]); index++) write_msr(msrs[index], SECRET & 0xffffffff);
  write_msr(0x48, 4);
  write_msr(MSR_TSC, timestamp() + (1ul << 50));
}

static void soil(void) {
  soil_components();
  soil_debug();
  soil_msrs();
  write_apic(APIC_SVR, 0x1ff);
  write_apic(APIC_TPR, 0x20);
  write_apic(APIC_LVT_TIMER, APIC_LVT_SOILED);
  write_apic(APIC_LVT_LINT0, APIC_LVT_SOILED);
  write_apic(APIC_TIMER_DIVIDE, 0xb);
  write_apic(APIC_TIMER_INITIAL, 0xffffffff);
}

static __attribute__((noreturn)) void stop(void) {
  for (;;) __asm__ volatile("cli; hlt");
}

/** A CPU that came while the gate was closed: soils itself when told to. */
__attribute__((noreturn)) void wait_for_turn(void) {
  set_vectors();
  while (!may_soil) __asm__ volatile("pause");
  write_cr4(read_cr4() | (has_fxsave() ? CR4_OSFXSR : 0) | (has_xsave() ? CR4_OSXSAVE : 0));
  if (has_xsave()) enable_components();
  soil();
  has_soiled = 1;
  stop();
}

/** Lets the other CPU soil itself, then starts it as if it were the first, on the first one's stack: that is not used again. */
static __attribute__((noreturn)) void start_second(void) {
  is_second = 1;
  may_soil = 1;
  while (!has_soiled) __asm__ volatile("pause");
  gate = 0;
  u64 second = cpuid(1, 0, 1) >> 24 == ONE_ID ? OTHER_ID : ONE_ID;
  write_msr(MSR_X2APIC_ICR, (second << 32) | ICR_INIT);
  u64 command = (second << 32) | ICR_STARTUP;
  __asm__ volatile("wrmsr; 1: cli; hlt; jmp 1b" : : "c"(MSR_X2APIC_ICR), "a"((u32)command), "d"((u32)second));
  __builtin_unreachable();
}

static void tell_general(void) {
  for (u32 index = 0; index < 8; index++) tell("gpr", index, found[FOUND_GENERAL + index]);
  for (u32 index = 0; index < 8; index++) tell("gpr", index + 8, found[FOUND_R8 + index]);
  tell("cr", 0, found[FOUND_CR0]);
  tell("cr", 2, found[FOUND_CR2]);
  tell("cr", 3, found[FOUND_CR3]);
  tell("cr", 4, found[FOUND_CR4]);
  for (u32 index = 0; index < 4; index++) tell("dr", index, found[FOUND_DR0 + index]);
  tell("dr", 6, found[FOUND_DR6]);
  tell("dr", 7, found[FOUND_DR7]);
  tell("efer", 0, found[FOUND_EFER]);
  for (u32 index = 0; index < 6; index++) tell("segment", index, found[FOUND_SEGMENTS + index]);
  tell("gdtr", 0, found[FOUND_GDTR]);
  tell("idtr", 0, found[FOUND_IDTR]);
}

/** The CPU that found the gate open. */
__attribute__((noreturn)) void probe(void) {
  set_vectors();
  tell_general();
  tell_selectors();
  tell_components();
  tell_msrs(0);
  tell_msrs(0xc0000000);
  tell_msrs(0xc0010000);
  tell_timer();
  print("end\n");
  if (!is_second && *(volatile u16*)(COMM_REGION + COMM_NUM_CPUS) > 1) start_second();
  write_cr4(read_cr4() | (has_fxsave() ? CR4_OSFXSR : 0));
  soil();
  print("soiled\n");
  stop();
}
