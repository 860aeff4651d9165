// What a program, a handler and a started CPU find in x87 and SSE, and whether a handler leaves them alone. Each CPU ends with a
// state that the next start must not find. `do=x87` and `do=sse` divide by zero with that exception unmasked.
#include <jailhouse.h>
#include <string.h>

#define VECTOR 40
#define AREA_SIZE 512
/* Offsets in what FXSAVE writes. */
#define MXCSR_AT 24
#define ST_AT 32
#define ST_STEP 16
#define ST_SIZE 10
#define XMM_AT 160
#define XMM_END (XMM_AT + 16 * (sizeof(void*) == 8 ? 16 : 8))
/* Rounded down, denormals flushed, exceptions masked; x87: 53 bits, rounded up, two values on the stack. */
#define ODD_MXCSR 0xbf80
#define ODD_FCW 0x0a7f
#define ODD_FSW 0x3000
#define ODD_TAGS 0xc0

typedef struct {
  uint8_t bytes[AREA_SIZE];
} __attribute__((aligned(16))) area;
typedef float vector __attribute__((vector_size(16)));

static area odd, before, after;
static volatile double two = 2;
static volatile long double three = 3;

static uint16_t word(const area* from, size_t offset) {
  return (uint16_t)(from->bytes[offset] | from->bytes[offset + 1] << 8);
}

static uintptr_t cr0(void) {
  uintptr_t value;
  __asm__ volatile("mov %%cr0, %0" : "=r"(value));
  return value & (JH_CR0_MP | JH_CR0_EM | JH_CR0_TS | JH_CR0_NE);
}

static uintptr_t cr4(void) {
  uintptr_t value;
  __asm__ volatile("mov %%cr4, %0" : "=r"(value));
  return value & (JH_CR4_OSFXSR | JH_CR4_OSXMMEXCPT);
}

/** The state as found, and whether a vector on the stack can be aligned. */
static void report(const char* who) {
  area found;
  volatile vector local = {1, 2, 3, 4};
  __asm__ volatile("fxsave %0" : "=m"(found));
  jh_printf("%s: cr0 %02x cr4 %03x fcw %04x fsw %04x tags %02x mxcsr %04x aligned %d\n", who, (unsigned)cr0(), (unsigned)cr4(),
            word(&found, 0), word(&found, 2), found.bytes[4], word(&found, MXCSR_AT), (uintptr_t)&local % 16 == 0);
}

/** A root by Newton's method; the result times 100000. */
static unsigned root(double square) {
  double x = square;
  for (int i = 0; i < 20; i++) x = (x + square / x) / 2;
  return (unsigned)(x * 100000);
}

static unsigned long_root(long double square) {
  long double x = square;
  for (int i = 0; i < 20; i++) x = (x + square / x) / 2;
  return (unsigned)(x * 100000);
}

static void handle(void) {
  report("handler");
  jh_printf("roots %u %u\n", root(two), long_root(three));
}

static void make_odd(void) {
  memset(&odd, 0, sizeof(odd));
  for (size_t i = ST_AT; i < XMM_END; i++) odd.bytes[i] = (uint8_t)(i * 7);
  for (size_t i = 0; i < 8; i++) memset(odd.bytes + ST_AT + i * ST_STEP + ST_SIZE, 0, ST_STEP - ST_SIZE);
  for (size_t i = 0; i < 8; i++) odd.bytes[ST_AT + i * ST_STEP + 7] |= 0x80;
  const uint16_t words[] = {ODD_FCW, ODD_FSW, ODD_TAGS};
  memcpy(odd.bytes, words, sizeof(words));
  const uint16_t mxcsr = ODD_MXCSR;
  memcpy(odd.bytes + MXCSR_AT, &mxcsr, sizeof(mxcsr));
}

/** Is interrupted in the odd state, in an instruction's gap, and looks at what is left of it. */
static void be_interrupted(void) {
  __asm__ volatile(
      "fxsave %0; fxrstor %2; int %3; fxsave %1; fxrstor %0" : "+m"(before), "=m"(after) : "m"(odd), "i"(VECTOR) : "memory");
  jh_printf("fcw %04x fsw %04x tags %02x mxcsr %04x registers %s\n", word(&after, 0), word(&after, 2), after.bytes[4],
            word(&after, MXCSR_AT), memcmp(after.bytes + ST_AT, odd.bytes + ST_AT, XMM_END - ST_AT) == 0 ? "kept" : "lost");
}

static void divide_by_x87(void) {
  const uint16_t control = 0x37b;
  __asm__ volatile("fldcw %0; fld1; fldz; fdivrp; fwait" : : "m"(control));
}

static void divide_by_sse(void) {
  const uint32_t control = 0x1d80;
  vector ones = {1, 1, 1, 1}, zeros = {0, 0, 0, 0};
  __asm__ volatile("ldmxcsr %1; divps %2, %0" : "+x"(ones) : "m"(control), "x"(zeros));
}

static void leave_odd(void) {
  __asm__ volatile("fxrstor %0" : : "m"(odd));
  jh_stop();
}

static void run(void) {
  report("started");
  leave_odd();
}

void inmate_main(void) {
  report("first");
  make_odd();
  jh_on_interrupt(VECTOR, handle);
  be_interrupted();
  if (jh_param_is("do", "x87")) divide_by_x87();
  if (jh_param_is("do", "sse")) divide_by_sse();
  while (jh_ready_cpus() < jh_comm()->num_cpus) jh_pause();
  for (uint32_t number = 1; number < jh_ready_cpus(); number++) {
    jh_start_cpu(jh_cpu_apic_id(number), run);
    jh_delay_us(10000);
  }
  jh_printf("done\n");
  jh_set_state(JH_CELL_SHUT_DOWN);
  leave_odd();
}
