// A cell's program with two CPUs. The first one uses the page of an xAPIC, whatever mode its local APIC is in: for its timer, for
// interrupts to the other one with both kinds of destination, and it has the UART's interrupt routed to its flat logical
// id. The second one uses the MSRs of an x2APIC. On COM2: a line "name=value" (hex) for each thing, "end" after the last.
#include "xapic.h"

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned u32;
typedef unsigned long u64;

#define PORT 0x2f8
#define INTERRUPT_ENABLE 1
#define INTERRUPT_IDENTIFICATION 2
#define MODEM_CONTROL 4
#define LINE_STATUS 5
#define TRANSMITTER_EMPTY 0x20
#define ENABLE_TRANSMITTER 2
#define OUT2 8
#define UART_PIN 3
#define VECTOR_TIMER 0x31
#define VECTOR_IPI 0x32
#define VECTOR_UART 0x33
#define VECTORS 0x34
#define IDT_GATE_PRESENT 0x8e00
#define FEATURE_X2APIC (1u << 21)
#define SPURIOUS 0xff
#define TICKS 3
#define TICK 100000
#define ID_SHIFT 24
/** Sum of the APIC ids of the cell's CPUs. */
#define IDS 5

/** Interrupt vectors of each CPU. */
static u64 vectors[2][2 * VECTORS];
static volatile u32 ticks, received, answered, transmitted, is_second_ready;

struct frame;
/** The compiler saves every register that what they call may use: there are general ones only. */
#pragma clang diagnostic ignored "-Winterrupt-service-routine"
#define HANDLER __attribute__((interrupt)) static void

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
static void tell(const char* name, u64 value) {
  int shift = 60;
  while (*name) put(*name++);
  put('=');
  while (shift && !(value >> shift)) shift -= 4;
  for (; shift >= 0; shift -= 4) put("0123456789abcdef"[value >> shift & 15]);
  put('\n');
}

static u64 read_msr(u32 msr) {
  u32 low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr) : "memory");
  return (u64)high << 32 | low;
}
static void write_msr(u32 msr, u64 value) {
  __asm__ volatile("wrmsr" : : "c"(msr), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}
static volatile u32* device(u64 page, u32 offset) { return (volatile u32*)(page + offset); }
static u32 read_page(u32 number) { return *device(APIC_PAGE, number << 4); }
static void write_page(u32 number, u32 value) { *device(APIC_PAGE, number << 4) = value; }
static u32 read_ioapic(u32 number) {
  *device(IOAPIC_PAGE, IOAPIC_INDEX) = number;
  return *device(IOAPIC_PAGE, IOAPIC_DATA);
}
static void write_ioapic(u32 number, u32 value) {
  *device(IOAPIC_PAGE, IOAPIC_INDEX) = number;
  *device(IOAPIC_PAGE, IOAPIC_DATA) = value;
}

HANDLER on_timer(struct frame* frame) {
  if (++ticks < TICKS) write_page(APIC_TIMER_INITIAL, TICK);
  write_page(APIC_EOI, 0);
}
HANDLER on_answer(struct frame* frame) {
  answered++;
  write_page(APIC_EOI, 0);
}
HANDLER on_uart(struct frame* frame) {
  in(PORT + INTERRUPT_IDENTIFICATION);
  out(PORT + INTERRUPT_ENABLE, 0);
  transmitted++;
  write_page(APIC_EOI, 0);
}
/** On the second CPU: answers, to the id and in the end to the cluster's bit. */
HANDLER on_ask(struct frame* frame) {
  u64 other = IDS - read_msr(MSR_X2APIC_FIRST + APIC_ID);
  received++;
  if (received == 1) write_msr(MSR_X2APIC_ICR, other << 32 | ICR_ASSERT | VECTOR_IPI);
  else write_msr(MSR_X2APIC_ICR, 1ul << other << 32 | ICR_LOGICAL | ICR_ASSERT | VECTOR_IPI);
  write_msr(MSR_X2APIC_FIRST + APIC_EOI, 0);
}

static void set_vector(u64* idt, u32 vector, void (*handler)(struct frame*)) {
  u64 at = (u64)handler;
  idt[2 * vector] = (at & 0xffff) | CODE64 << 16 | (u64)IDT_GATE_PRESENT << 32 | (at >> 16 & 0xffff) << 48;
}

static void use_vectors(u64* idt) {
  struct {
    u16 limit;
    u64 base;
  } __attribute__((packed)) table = {sizeof(vectors[0]) - 1, (u64)idt};
  __asm__ volatile("lidt %0" : : "m"(table));
}

/** Waits with interrupts until `*counter` has come to `value`. */
static void await(volatile u32* counter, u32 value) {
  while (*counter < value) __asm__ volatile("sti; nop; nop; cli" : : : "memory");
}

static void route_uart(u32 own) {
  u32 entry = IOAPIC_REG_REDIRECTION + 2 * UART_PIN;
  write_ioapic(entry + 1, 1u << own << ID_SHIFT);
  write_ioapic(entry, ICR_LOGICAL | VECTOR_UART);
  tell("ioapic high", read_ioapic(entry + 1) >> own);
  tell("ioapic low", read_ioapic(entry));
  out(PORT + MODEM_CONTROL, OUT2);
  out(PORT + INTERRUPT_ENABLE, ENABLE_TRANSMITTER);
  await(&transmitted, 1);
}

static u32 feature_x2apic(void) {
  u32 eax = 1, ebx, ecx = 0, edx;
  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
  return (ecx & FEATURE_X2APIC) != 0;
}

void first(void) {
  u32 own = read_page(APIC_ID) >> ID_SHIFT;
  u32 other = IDS - own;
  tell("cpuid x2apic", feature_x2apic());
  tell("apic base", read_msr(MSR_APIC_BASE));
  tell("same id", own == read_msr(MSR_X2APIC_FIRST + APIC_ID));
  tell("flat id", read_page(APIC_LDR) >> ID_SHIFT >> own);
  tell("flat format", read_page(APIC_DFR));
  set_vector(vectors[0], VECTOR_TIMER, on_timer);
  set_vector(vectors[0], VECTOR_IPI, on_answer);
  set_vector(vectors[0], VECTOR_UART, on_uart);
  use_vectors(vectors[0]);
  write_page(APIC_SVR, APIC_SVR_ENABLE | SPURIOUS);
  write_page(APIC_LVT_TIMER, VECTOR_TIMER);
  write_page(APIC_TIMER_INITIAL, TICK);
  await(&ticks, TICKS);
  tell("ticks", ticks);
  while (!is_second_ready);
  write_page(APIC_ICR_HIGH, 1u << other << ID_SHIFT);
  write_page(APIC_ICR, ICR_LOGICAL | ICR_ASSERT | VECTOR_IPI);
  tell("icr", read_page(APIC_ICR) & ~ICR_PENDING);
  await(&answered, 1);
  write_page(APIC_ICR_HIGH, other << ID_SHIFT);
  write_page(APIC_ICR, ICR_ASSERT | VECTOR_IPI);
  await(&answered, 2);
  tell("received", received);
  tell("answered", answered);
  route_uart(own);
  tell("transmitted", transmitted);
  put('e'), put('n'), put('d'), put('\n');
  for (;;) __asm__ volatile("cli; hlt");
}

void second(void) {
  set_vector(vectors[1], VECTOR_IPI, on_ask);
  use_vectors(vectors[1]);
  write_msr(MSR_X2APIC_FIRST + APIC_SVR, APIC_SVR_ENABLE | SPURIOUS);
  is_second_ready = 1;
  for (;;) __asm__ volatile("sti; hlt");
}
