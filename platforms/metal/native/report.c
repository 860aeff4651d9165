// What native code says on the console when there is no going on. Part of each architecture's runtime.c, which has `say_where`: what
// that one's processors are called by besides their numbers.
#define RING_TAIL 4
#define RING_CONTENT 8
#define RING_SIZE 2048
#define HEX_DIGITS_64 16

/** Address in the core's memory of the debug console's description; 0 before there is one. */
static u32 console_description;
/** Number + 1 of the CPU that reports a fault of the hypervisor, or 0. */
static u32 reporter;

/** Puts a byte where the core puts its own: into the console's ring, and on the debug console. */
static void put_byte(u8 byte) {
  u32 page = core_consolePage();
  if (page) {
    u32 tail = i32_load(&core_memory, page + RING_TAIL);
    i32_store8(&core_memory, page + RING_CONTENT + tail % RING_SIZE, byte);
    i32_store(&core_memory, page + RING_TAIL, tail + 1);
    hw_publishConsole(page, PAGE_SIZE);
  }
  if (!console_description || !i32_load16_u(&core_memory, console_description + CONSOLE_TYPE)) return;
  if (byte == '\n') metal_putConsole(console_description, '\r');
  metal_putConsole(console_description, byte);
}

static void say(const char* text) {
  while (*text) put_byte(*text++);
}

static void say_hex(const char* name, u64 value) {
  say(name);
  for (u32 digit = HEX_DIGITS_64; digit--;) put_byte("0123456789abcdef"[value >> digit * 4 & 15]);
}

/** Below 1000: vectors and numbers of CPUs are. */
static void say_decimal(u32 value) {
  if (value >= 100) put_byte('0' + value / 100);
  if (value >= 10) put_byte('0' + value / 10 % 10);
  put_byte('0' + value % 10);
}

/** The way to report: one CPU at a time, and none twice. */
static void begin_report(void) {
  u32 self = hw_cpuIndex() + 1;
  u32 other = 0;
  while (!__atomic_compare_exchange_n(&reporter, &other, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
    while (other == self) hw_halt();
    other = 0;
    hw_pause();
  }
}

static void say_where(void);

__attribute__((noreturn)) static void end_report(void) {
  say_where();
  say("\nStopping CPU ");
  say_decimal(hw_cpuIndex());
  say("\n");
  metal_flushConsole();
  __atomic_store_n(&reporter, 0, __ATOMIC_RELEASE);
  for (;;) hw_halt();
}

__attribute__((noreturn, cold)) static void panic(u32 code) {
  begin_report();
  say(code == PANIC_OWN_MEMORY ? "FATAL: Jailhouse was about to touch its own memory"
                               : "FATAL: Jailhouse named what does not exist");
  say_hex("\nCalled from: 0x", (u64)__builtin_return_address(0));
  end_report();
}

/** The first lines about an exception in the hypervisor's own code, which is none of a guest's. */
static void begin_exception(u32 vector) {
  begin_report();
  say("FATAL: Jailhouse triggered exception #");
  say_decimal(vector);
}

__attribute__((noreturn)) static void end_exception(bool is_trap) {
  if (is_trap) say("\nA check has failed: bounds of memory, division, or what cannot be");
  end_report();
}
