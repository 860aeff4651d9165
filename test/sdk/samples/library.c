// Tries what the SDK has, one thing after the other; the command line's `do=` chooses something that ends the program.
#include <jailhouse.h>
#include <string.h>

#define F(...) (jh_printf(__VA_ARGS__), jh_putc('\n'))
#define KEPT 0x51

struct wide {
  char text[24];
} __attribute__((aligned(64)));

static int initialised = KEPT;
static struct wide aligned = {"aligned"};
static int cleared;
static const char* const words[] = {"pointers", "too"};

static void formats(void) {
#include "formats.h"
  jh_printf("unknown %f %y %");
  jh_putc('\n');
}

static void pointers(void) {
  jh_printf("pointer %p %p\n", (void*)0x1234, (void*)words[0]);
}

/** Divides what the test gives, and prints quotients and remainders of both kinds. */
static void divide(int64_t a, int64_t b) {
  uint64_t c = (uint64_t)a, d = (uint64_t)b;
  jh_printf("%lld %lld %llu %llu\n", (long long)(a / b), (long long)(a % b), (unsigned long long)(c / d),
            (unsigned long long)(c % d));
}

static void divisions(void) {
  static const int64_t values[] = {1, -1, 7, -10, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x123456789a, INT64_MAX,
                                   -0x123456789abcdef};
  for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
    for (size_t j = 0; j < sizeof(values) / sizeof(*values); j++) divide(values[i], values[j]);
}

static void memory(void) {
  char buffer[16] = "0123456789";
  memmove(buffer + 2, buffer, 8);
  jh_printf("up %s, ", buffer);
  memmove(buffer, buffer + 2, 8);
  jh_printf("down %s, ", buffer);
  memset(buffer, 'x', 3);
  memcpy(buffer + 3, "yz", 3);
  jh_printf("set %s, %u long\n", buffer, (unsigned)strlen(buffer));
  jh_printf("compare %d %d %d %d\n", memcmp("abc", "abd", 3) < 0, memcmp("abc", "abd", 2), strcmp("b", "a") > 0,
            strncmp("same", "sample", 2));
  uint8_t* first = jh_alloc(10, 1);
  uint8_t* second = jh_alloc(100, 256);
  bool is_zero = true;
  for (int i = 0; i < 100; i++) is_zero &= second[i] == 0;
  jh_printf("heap %d %d %d\n", (int)((uintptr_t)second % 256), second >= first + 10, is_zero);
}

/** Once changed, the image must still have the values of before. */
static void variables(void) {
  jh_printf("variables %x %s %d %d %s %s\n", (unsigned)initialised, aligned.text, (int)((uintptr_t)&aligned % 64), cleared,
            words[0], words[1]);
  initialised = cleared = 1;
  aligned.text[0] = 'X';
}

static void parameters(void) {
  char text[6];
  jh_printf("int %lld %lld %lld %lld %lld\n", (long long)jh_param_int("decimal", -1), (long long)jh_param_int("hex", -1),
            (long long)jh_param_int("negative", -1), (long long)jh_param_int("junk", -1),
            (long long)jh_param_int("dec", -1));
  jh_printf("bool %d %d %d %d %d\n", jh_param_bool("bare", false), jh_param_bool("no", true), jh_param_bool("odd", true),
            jh_param_bool("zero", true), jh_param_bool("one", false));
  bool is_given = jh_param_text("name", text, sizeof(text));
  jh_printf("text %d %s ", is_given, text);
  is_given = jh_param_text("absent", text, sizeof(text));
  jh_printf("%d [%s] %d %d %d\n", is_given, text, jh_param_is("name", "jailer"), jh_param_is("name", "jail"),
            jh_has_param("last"));
}

static void uart(void) {
  const struct jh_uart com2 = {0x2f8, false, 0};
  jh_uart_init(&com2, 1);
  jh_uart_write(&com2, '!');
  int byte;
  while ((byte = jh_uart_read(&com2)) < 0) jh_pause();
  jh_printf("received %c\n", byte);
}

static volatile int zero;

static void end(void) {
  if (jh_param_is("do", "divide")) jh_printf("%d\n", 10 / zero);
  if (jh_param_is("do", "opcode")) __asm__ volatile("ud2");
  if (jh_param_is("do", "memory")) jh_alloc(0x100000, 1);
  if (jh_param_is("do", "vector")) jh_on_interrupt(64, NULL);
  if (jh_param_is("do", "timer")) jh_set_timer(1);
  if (jh_param_is("do", "cpu")) jh_cpu_apic_id(1);
  if (jh_param_is("do", "hypercall")) jh_printf("hypercall %d\n", (int)jh_hypercall(0xbad, 0, 0));
  if (jh_param_is("do", "uart")) uart();
  if (jh_param_is("do", "time")) {
    uint64_t before = jh_tsc_ns(), pm = jh_pm_timer_ns();
    jh_delay_us(2000);
    jh_sleep_us(3000);
    jh_printf("passed %llu %llu\n", (unsigned long long)(jh_tsc_ns() - before) / 1000,
              (unsigned long long)(jh_pm_timer_ns() - pm) / 1000);
  }
}

void inmate_main(void) {
  if (!jh_has_param("do")) {
    variables();
    formats();
    pointers();
    divisions();
    memory();
    parameters();
  }
  end();
  jh_printf("done\n");
  jh_set_state(JH_CELL_SHUT_DOWN);
}
