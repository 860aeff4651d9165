/*
 * What breakpoints and single steps do on the real processor: runs user code in a child that is traced, and prints where it traps.
 *
 * A line of input is a case, in hexadecimal: the code's bytes, DR0 to DR3, DR7, 1 to step, RCX, RDI, RSI. A line of output are its events:
 * DR6@RIP:RCX:RF for a trap, RIP as a distance from the code, and #SIGNAL@RIP for what ends it. The code ends in UD2.
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CODE = 0x10000000, CODE_SIZE = 64, MOST_EVENTS = 24, WORD = 8 };
/* The data: zeros, and the selector of SS in a few words; the stack grows down from the middle. */
enum { DATA = 0x10010000, DATA_SIZE = 0x1000, SELECTORS = 0x100, SELECTORS_SIZE = 0x40, STACK = DATA + 0x800, FRAME = DATA + 0x120 };
/* DR6: what matched, general detect, single step, task switch. */
enum { REASONS = 0xe00f, RF = 16 };

static pid_t child;

static void map(unsigned long address, size_t size, int rights)
{
	if (mmap((void *)address, size, rights, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		_exit(1);
}

static void start(void)
{
	child = fork();
	if (child == 0) {
		map(CODE, 4096, PROT_READ | PROT_WRITE | PROT_EXEC);
		map(DATA, DATA_SIZE, PROT_READ | PROT_WRITE);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
	}
	waitpid(child, NULL, 0);
}

static void put(unsigned long address, unsigned long word)
{
	ptrace(PTRACE_POKEDATA, child, address, word);
}

static long set_debug(int number, unsigned long value)
{
	return ptrace(PTRACE_POKEUSER, child, offsetof(struct user, u_debugreg) + number * sizeof(long), value);
}

static unsigned long debug_status(void)
{
	return ptrace(PTRACE_PEEKUSER, child, offsetof(struct user, u_debugreg) + 6 * sizeof(long), 0) & REASONS;
}

static void write_memory(const char *code, unsigned long selector)
{
	unsigned char bytes[CODE_SIZE];
	size_t length = strlen(code) / 2;

	memset(bytes, 0x90, sizeof(bytes));
	for (size_t i = 0; i < length; i++)
		sscanf(code + 2 * i, "%2hhx", &bytes[i]);
	bytes[length] = 0x0f;
	bytes[length + 1] = 0x0b;
	for (size_t i = 0; i < CODE_SIZE; i += WORD) {
		unsigned long word;
		memcpy(&word, bytes + i, WORD);
		put(CODE + i, word);
	}
	for (size_t i = 0; i < DATA_SIZE; i += WORD)
		put(DATA + i, i >= SELECTORS && i < SELECTORS + SELECTORS_SIZE ? selector : 0);
}

/* x87 and SSE in their initial configuration. */
static void reset_units(void)
{
	struct user_fpregs_struct units;

	memset(&units, 0, sizeof(units));
	units.cwd = 0x37f;
	units.mxcsr = 0x1f80;
	ptrace(PTRACE_SETFPREGS, child, 0, &units);
}

static void follow(int steps)
{
	for (int i = 0; i < MOST_EVENTS; i++) {
		struct user_regs_struct now;
		int status;

		ptrace(steps ? PTRACE_SINGLESTEP : PTRACE_CONT, child, 0, 0);
		waitpid(child, &status, 0);
		ptrace(PTRACE_GETREGS, child, 0, &now);
		if (WSTOPSIG(status) != SIGTRAP) {
			printf("#%d@%lld", WSTOPSIG(status), now.rip - CODE);
			break;
		}
		printf("%lx@%lld:%lld:%lld ", debug_status(), now.rip - CODE, now.rcx, now.eflags >> RF & 1);
		set_debug(6, 0);
	}
	printf("\n");
}

int main(void)
{
	struct user_regs_struct first;
	char code[2 * CODE_SIZE];
	unsigned long debug[4], control, steps, rcx, rdi, rsi;

	start();
	ptrace(PTRACE_GETREGS, child, 0, &first);
	while (scanf("%100s %lx %lx %lx %lx %lx %lx %lx %lx %lx", code, debug, debug + 1, debug + 2, debug + 3, &control, &steps, &rcx,
		     &rdi, &rsi) == 10) {
		struct user_regs_struct registers = first;

		write_memory(code, first.ss);
		reset_units();
		registers.rip = CODE;
		registers.rsp = STACK;
		registers.rbp = FRAME;
		registers.rax = first.ss;
		registers.rbx = 0;
		registers.rcx = rcx;
		registers.rdx = first.ss;
		registers.rsi = rsi;
		registers.rdi = rdi;
		registers.eflags = 0x202;
		registers.orig_rax = -1;
		ptrace(PTRACE_SETREGS, child, 0, &registers);
		set_debug(7, 0);
		for (int i = 0; i < 4; i++)
			set_debug(i, debug[i]);
		set_debug(6, 0);
		if (set_debug(7, control) != 0) {
			perror("DR7");
			return 2;
		}
		follow(steps);
	}
	kill(child, SIGKILL);
	return 0;
}
