/*
 * Configurations as a C compiler lays them out: the format's description (docs/abi.md, section 1) written as packed
 * structures, independently of the tables in config/. `golden NAME` writes one file to its standard output.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define PACKED __attribute__((packed))

struct console {
	uint64_t address;
	uint32_t size;
	uint16_t type, flags;
	uint32_t divider, gate;
	uint64_t clock;
} PACKED;

struct cell {
	char signature[5];
	uint8_t architecture;
	uint16_t revision;
	char name[32];
	uint32_t id, flags, cpu_bytes;
	uint32_t memories, caches, irqchips, ports, devices, capabilities, streams;
	uint32_t vpci_irq;
	uint64_t reset, timeout;
	struct console console;
} PACKED;

struct memory {
	uint64_t physical, virtual, size, flags;
} PACKED;

struct cache {
	uint32_t start, size;
	uint8_t type, padding;
	uint16_t flags;
} PACKED;

struct irqchip {
	uint64_t address;
	uint32_t id, base, pins[4];
} PACKED;

struct ports {
	uint16_t base, length;
} PACKED;

struct device {
	uint8_t type, iommu;
	uint16_t domain, bdf;
	uint32_t bars[6];
	uint16_t caps_start, caps;
	uint8_t msi;
	uint8_t msi_64 : 1, msi_maskable : 1;
	uint16_t msix, msix_size;
	uint64_t msix_address;
	uint32_t shmem_start;
	uint8_t shmem_id, shmem_peers;
	uint16_t shmem_protocol;
} PACKED;

struct capability {
	uint16_t id, start, length, flags;
} PACKED;

struct iommu {
	uint32_t type;
	uint64_t base;
	uint32_t size;
	union {
		struct {
			uint16_t bdf;
			uint8_t capability, msi;
			uint32_t features;
		} PACKED amd;
		struct {
			uint64_t tlb;
			uint32_t tlb_size;
		} PACKED pvu;
	} PACKED;
} PACKED;

struct system {
	char signature[5];
	uint8_t architecture;
	uint16_t revision;
	uint32_t flags;
	struct memory hypervisor;
	struct console console;
	uint64_t mmconfig;
	uint8_t last_bus, is_virtual;
	uint16_t segment;
	struct iommu iommus[8];
	union {
		struct {
			uint16_t pm_timer;
			uint8_t apic_mode, padding;
			uint32_t vtd_limit, tsc, apic;
		} PACKED x86;
		struct {
			uint8_t irq, version, padding[2];
			uint64_t gicd, gicc, gich, gicv, gicr;
		} PACKED arm;
	} PACKED;
	struct cell root;
} PACKED;

_Static_assert(sizeof(struct cell) == 132, "cell descriptor");
_Static_assert(sizeof(struct system) == 488, "system header with the root cell");
_Static_assert(sizeof(struct device) == 56, "PCI device");

/* A 64-bit x86 PC: IOMMUs of both makers, a device with everything, a shared memory link. */
static const struct {
	struct system system;
	uint8_t cpus[8];
	struct memory memory[6];
	struct cache caches[1];
	struct irqchip irqchips[1];
	struct ports ports[2];
	struct device devices[2];
	struct capability capabilities[2];
} PACKED x86 = {
	.system = {
		.signature = "JHSYS", .architecture = 0, .revision = 14,
		.flags = 1,
		.hypervisor = { .physical = 0x3a000000, .size = 0x600000 },
		.console = { .address = 0x3f8, .type = 2 },
		.mmconfig = 0xb0000000, .last_bus = 0xff,
		.iommus = {
			{ .type = 1, .base = 0xfed80000, .size = 0x4000,
			  .amd = { .bdf = 2, .capability = 0x40, .msi = 0x64, .features = 0x80048824 } },
			{ .type = 2, .base = 0xfed90000, .size = 0x1000 },
		},
		.x86 = { .pm_timer = 0x608, .apic_mode = 2, .vtd_limit = 256, .tsc = 2400000, .apic = 1000000 },
		.root = {
			.name = "golden", .flags = 0x40000000, .cpu_bytes = 8,
			.memories = 6, .caches = 1, .irqchips = 1, .ports = 2, .devices = 2, .capabilities = 2,
			.timeout = 0x123456789a,
		},
	},
	.cpus = { 0x0f },
	.memory = {
		{ 0x3f000000, 0x3f000000, 0x1000, 0x1 },
		{ 0x3f001000, 0x3f001000, 0x9000, 0x3 },
		{ 0x3f00a000, 0x3f00a000, 0x2000, 0x3 },
		{ 0x3f00c000, 0x3f00c000, 0x2000, 0x1 },
		{ 0, 0, 0x3a000000, 0xf },
		{ 0xfed00000, 0xfed00000, 0x400, 0x70003 },
	},
	.caches = { { .start = 0, .size = 4, .type = 3, .flags = 1 } },
	.irqchips = { { .address = 0xfec00000, .id = 0xff00, .pins = { 0xffffff, 0, 0, 0x80000000 } } },
	.ports = { { 0x3f8, 8 }, { 0xc000, 0x4000 } },
	.devices = {
		{ .type = 3, .bdf = 0x170, .bars = { 0xfffff000, 0xfffff000 }, .msix = 16,
		  .shmem_start = 0, .shmem_id = 0, .shmem_peers = 2, .shmem_protocol = 0xc002 },
		{ .type = 1, .iommu = 1, .domain = 3, .bdf = 0x10, .bars = { 0xfffe0000, 0, 0xffffffe0 },
		  .caps_start = 0, .caps = 2, .msi = 4, .msi_64 = 1, .msi_maskable = 1,
		  .msix = 5, .msix_size = 0x1000, .msix_address = 0xfebd0000 },
	},
	.capabilities = { { 0x5, 0xd0, 14, 1 }, { 0x8003, 0x140, 12, 0 } },
};

/* A 32-bit Arm cell: a UART in memory behind a clock, cache, an interrupt controller with its first pin at 32. */
static const struct {
	struct cell cell;
	uint8_t cpus[8];
	struct memory memory[2];
	struct irqchip irqchips[1];
	uint32_t streams[1];
} PACKED arm = {
	.cell = {
		.signature = "JHCLL", .architecture = 1, .revision = 14,
		.name = "arm-cell", .flags = 0x1, .cpu_bytes = 8,
		.memories = 2, .irqchips = 1, .streams = 1,
		.vpci_irq = 123, .reset = 0x100000000,
		.console = { 0x1c090000, 0x1000, 9, 0x1003, 26, 17, 0x1c20000 },
	},
	.cpus = { 0x02 },
	.memory = {
		{ 0x1c090000, 0x1c090000, 0x1000, 0x13 },
		{ 0xbbfe0000, 0, 0x10000, 0x47 },
	},
	.irqchips = { { .address = 0x1c81000, .base = 32, .pins = { 0x1, 0x80000000, 0x10, 0 } } },
	.streams = { 0x2a },
};

/* A 64-bit Arm system: GICv3, an SMMU, an MMU-500 and a PVU, stream ids with masks, 65 CPUs. */
static const struct {
	struct system system;
	uint8_t cpus[16];
	struct memory memory[1];
	struct irqchip irqchips[2];
	struct { uint16_t id, mask; } PACKED streams[2];
} PACKED arm64 = {
	.system = {
		.signature = "JHSYS", .architecture = 2, .revision = 14,
		.hypervisor = { .physical = 0x8fc000000, .size = 0x400000 },
		.console = { .address = 0x9000000, .size = 0x1000, .type = 3, .flags = 0x3 },
		.mmconfig = 0x7bf00000, .is_virtual = 1, .segment = 1,
		.iommus = {
			{ .type = 3, .base = 0x36600000, .size = 0x100000 },
			{ .type = 5, .base = 0xfd800000, .size = 0x20000 },
			{ .type = 4, .base = 0x30f80000, .size = 0x1000,
			  .pvu = { .tlb = 0x36000000000, .tlb_size = 0x100000 } },
		},
		.arm = { .irq = 25, .version = 3, .gicd = 0x8000000, .gicc = 0x8010000, .gich = 0x8030000,
			 .gicv = 0x8040000, .gicr = 0x80a0000 },
		.root = {
			.name = "arm64-root", .flags = 0x4, .cpu_bytes = 16,
			.memories = 1, .irqchips = 2, .streams = 2, .vpci_irq = 108,
		},
	},
	.cpus = { 0x01, [8] = 0x01 },
	.memory = { { 0x800000000, 0x800000000, 0xfc000000, 0x10f } },
	.irqchips = {
		{ .address = 0x8000000, .base = 32, .pins = { 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff } },
		{ .address = 0x8000000, .base = 160, .pins = { 1 } },
	},
	.streams = { { 0x10, 0x7f00 }, { 0xffff, 0 } },
};

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";
	const void *file = 0;
	size_t size = 0;

	if (!strcmp(name, "x86")) {
		file = &x86;
		size = sizeof(x86);
	} else if (!strcmp(name, "arm")) {
		file = &arm;
		size = sizeof(arm);
	} else if (!strcmp(name, "arm64")) {
		file = &arm64;
		size = sizeof(arm64);
	}
	return !file || fwrite(file, size, 1, stdout) != 1;
}
