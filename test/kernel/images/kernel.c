/*
 * A multiboot test kernel: prints on COM1 what it was told and what it finds, starts the other CPUs, and ends by the exit port. The same
 * image runs on the PC and in QEMU, and prints the same: what differs by design (the memory map above 1 MiB, the loader's name) is left out.
 */
#include <stdint.h>

#define COM1 0x3f8
#define LINE_STATUS 5
#define THR_EMPTY 0x20
#define EXIT_PORT 0xf4
#define FW_CFG_SELECTOR 0x510
#define FW_CFG_DATA 0x511
#define FW_CFG_SIGNATURE 0x00
#define FW_CFG_NB_CPUS 0x05
#define FW_CFG_MAX_CPUS 0x0f
#define APIC 0xfee00000
#define APIC_ID 0x20
#define APIC_SVR 0xf0
#define APIC_ICR 0x300
#define APIC_ICR_HIGH 0x310
#define ICR_BUSY 0x1000
#define ICR_INIT_ALL_BUT_SELF 0xc4500
#define ICR_SIPI_ALL_BUT_SELF 0xc0600
#define MULTIBOOT_MAGIC 0x2badb002
#define VALID 0x4d /* memory, command line, modules, memory map */
#define MAP_AVAILABLE 1

struct information {
	uint32_t flags, mem_lower, mem_upper, boot_device, command_line;
	uint32_t module_count, modules, symbols[4], map_length, map_address;
};

struct module {
	uint32_t start, end, text, reserved;
};

struct map_entry {
	uint32_t size;
	uint64_t address, length;
	uint32_t type;
} __attribute__((packed));

extern const char trampoline[], trampoline_end[];
extern volatile uint32_t arrivals;
static volatile uint32_t greeted;
static volatile uint8_t seen[256];

static void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static void outw(uint16_t port, uint16_t value)
{
	__asm__ volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static void outl(uint16_t port, uint32_t value)
{
	__asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static uint8_t inb(uint16_t port)
{
	uint8_t value;
	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static volatile uint32_t *apic(uint32_t reg)
{
	return (volatile uint32_t *)(uintptr_t)(APIC + reg);
}

static void put(char c)
{
	while (!(inb(COM1 + LINE_STATUS) & THR_EMPTY)) {
	}
	outb(COM1, c);
}

static void print(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			put('\r');
		put(*text);
	}
}

static void print_number(uint32_t value)
{
	char digits[11];
	int at = sizeof(digits) - 1;

	digits[at] = 0;
	do {
		digits[--at] = '0' + value % 10;
		value /= 10;
	} while (value);
	print(digits + at);
}

static void say(const char *name, uint32_t value)
{
	print(name);
	print(" ");
	print_number(value);
	print("\n");
}

static uint32_t fw_cfg(uint16_t selector, int bytes)
{
	uint32_t value = 0;

	outw(FW_CFG_SELECTOR, selector);
	for (int i = 0; i < bytes; i++)
		value |= (uint32_t)inb(FW_CFG_DATA) << (8 * i);
	return value;
}

static void print_modules(const struct information *info)
{
	const struct module *modules = (const void *)(uintptr_t)info->modules;

	say("modules", info->module_count);
	for (uint32_t i = 0; i < info->module_count; i++) {
		const uint8_t *bytes = (const void *)(uintptr_t)modules[i].start;
		uint32_t size = modules[i].end - modules[i].start, sum = 0;

		for (uint32_t at = 0; at < size; at++)
			sum = sum * 31 + bytes[at];
		print((const char *)(uintptr_t)modules[i].text);
		say(modules[i].start & 0xfff ? " unaligned" : " aligned", size);
		say("sum", sum);
	}
}

static void print_map(const struct information *info)
{
	uint32_t end = info->map_address + info->map_length, kib = 0;

	for (uint32_t at = info->map_address; at < end;) {
		const struct map_entry *entry = (const void *)(uintptr_t)at;

		if (entry->type == MAP_AVAILABLE && entry->address >= 0x100000)
			kib += entry->length / 1024;
		at += entry->size + 4;
	}
	/* What firmware takes of the end of RAM for itself is not shown. */
	say("available MiB", (kib + 1023) / 1024);
}

void other_main(void)
{
	seen[*apic(APIC_ID) >> 24] = 1;
	__atomic_fetch_add(&greeted, 1, __ATOMIC_SEQ_CST);
}

static void start_others(uint32_t count)
{
	volatile uint8_t *to = (volatile uint8_t *)TRAMPOLINE;

	for (const char *from = trampoline; from < trampoline_end; from++)
		*to++ = *from;
	*apic(APIC_SVR) = 0x1ff;
	*apic(APIC_ICR) = ICR_INIT_ALL_BUT_SELF;
	while (*apic(APIC_ICR) & ICR_BUSY) {
	}
	*apic(APIC_ICR) = ICR_SIPI_ALL_BUT_SELF | (TRAMPOLINE >> 12);
	while (*apic(APIC_ICR) & ICR_BUSY) {
	}
	while (greeted < count - 1)
		__asm__ volatile("pause");
	say("others", greeted);
	for (uint32_t id = 0; id < 256; id++)
		if (seen[id])
			say("APIC id", id);
}

static void print_entry_state(uint32_t magic)
{
	uint32_t cr0, flags;

	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("pushf; pop %0" : "=r"(flags));
	print(magic == MULTIBOOT_MAGIC ? "magic\n" : "no magic\n");
	say("protection", cr0 & 1);
	say("paging", cr0 >> 31);
	say("IF and VM", flags & 0x20200);
}

void kernel_main(uint32_t magic, const struct information *info)
{
	print_entry_state(magic);
	say("flags", info->flags & VALID);
	say("lower at least 639", info->mem_lower >= 639);
	say("upper MiB", (info->mem_upper + 1023) / 1024);
	print((const char *)(uintptr_t)info->command_line);
	print("\n");
	print_modules(info);
	print_map(info);
	say("signature", fw_cfg(FW_CFG_SIGNATURE, 4));
	say("behind it", fw_cfg(FW_CFG_SIGNATURE, 4) ? inb(FW_CFG_DATA) : 1);
	uint32_t count = fw_cfg(FW_CFG_NB_CPUS, 2);
	say("CPUs", count);
	say("most CPUs", fw_cfg(FW_CFG_MAX_CPUS, 2));
	if (count > 1)
		start_others(count);
	print("end\n");
	outl(EXIT_PORT, STATUS);
}
