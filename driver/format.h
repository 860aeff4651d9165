/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Binary formats: configurations (revision 14), the image's header, the console page, the arguments of ioctl() and the
 * numbers of hypercalls. All little endian and packed. The authority is the directory abi/.
 */
#ifndef JAILHOUSE_FORMAT_H
#define JAILHOUSE_FORMAT_H

#include <linux/ioctl.h>
#include <linux/stddef.h>
#include <linux/types.h>

#include "numbers.h"

#define JH_CELL_SIGNATURE	"JHCLL"
#define JH_SYSTEM_SIGNATURE	"JHSYS"
/* The hypervisor takes no longer configuration of a cell. */
#define JH_CELL_MAX_SIZE	(JH_CONFIG_MAX_PAGES * 4096)

struct jh_console_desc {
	__le64 address;
	__le32 size;
	__le16 type;
	__le16 flags;
	__le32 divider;
	__le32 gate_nr;
	__le64 clock_reg;
} __packed;

struct jh_memory {
	__le64 phys_start;
	__le64 virt_start;
	__le64 size;
	__le64 flags;
} __packed;

struct jh_pci_device {
	__u8 type;
	__u8 iommu;
	__le16 domain;
	__le16 bdf;
	__u8 rest[50];
} __packed;

/* A cell. The arrays follow: CPU set, memory, caches, irqchips, ports, PCI devices, PCI capabilities, stream ids. */
struct jh_cell_desc {
	char signature[JH_SIGNATURE_SIZE];
	__u8 architecture;
	__le16 revision;
	char name[JH_CELL_NAME_SIZE];
	__le32 id;
	__le32 flags;
	__le32 cpu_set_size;
	__le32 num_memory_regions;
	__le32 num_cache_regions;
	__le32 num_irqchips;
	__le32 num_pio_regions;
	__le32 num_pci_devices;
	__le32 num_pci_caps;
	__le32 num_stream_ids;
	__le32 vpci_irq_base;
	__le64 cpu_reset_address;
	__le64 msg_reply_timeout;
	struct jh_console_desc console;
} __packed;

/* The list of units ends at the first whose @base is 0. */
struct jh_iommu {
	__le32 type;
	__le64 base;
	__le32 size;
	__u8 rest[12];
} __packed;

struct jh_system_desc {
	char signature[JH_SIGNATURE_SIZE];
	__u8 architecture;
	__le16 revision;
	__le32 flags;
	struct jh_memory hypervisor_memory;
	struct jh_console_desc debug_console;
	__le64 pci_mmconfig_base;
	__u8 pci_mmconfig_end_bus;
	__u8 pci_is_virtual;
	__le16 pci_domain;
	struct jh_iommu iommus[8];
	struct {
		__le16 pm_timer_address;
		__u8 apic_mode;
		__u8 padding;
		__le32 vtd_interrupt_limit;
		__le32 tsc_khz;
		__le32 apic_khz;
		__u8 rest[28];
	} __packed x86;
	struct jh_cell_desc root_cell;
} __packed;

/* Where abi/ has them. */
static_assert(offsetof(struct jh_console_desc, address) == JH_CONSOLE_ADDRESS);
static_assert(offsetof(struct jh_console_desc, size) == JH_CONSOLE_REGION_SIZE);
static_assert(offsetof(struct jh_console_desc, type) == JH_CONSOLE_TYPE);
static_assert(offsetof(struct jh_console_desc, flags) == JH_CONSOLE_FLAGS);
static_assert(offsetof(struct jh_console_desc, divider) == JH_CONSOLE_DIVIDER);
static_assert(offsetof(struct jh_console_desc, gate_nr) == JH_CONSOLE_GATE_NR);
static_assert(offsetof(struct jh_console_desc, clock_reg) == JH_CONSOLE_CLOCK_REG);
static_assert(offsetof(struct jh_memory, phys_start) == JH_MEM_PHYS_START);
static_assert(offsetof(struct jh_memory, virt_start) == JH_MEM_VIRT_START);
static_assert(offsetof(struct jh_memory, size) == JH_MEM_REGION_SIZE);
static_assert(offsetof(struct jh_memory, flags) == JH_MEM_FLAGS);
static_assert(offsetof(struct jh_pci_device, type) == JH_PCI_TYPE);
static_assert(offsetof(struct jh_pci_device, iommu) == JH_PCI_IOMMU);
static_assert(offsetof(struct jh_pci_device, domain) == JH_PCI_DOMAIN);
static_assert(offsetof(struct jh_pci_device, bdf) == JH_PCI_BDF);
static_assert(offsetof(struct jh_cell_desc, architecture) == JH_CONFIG_ARCHITECTURE);
static_assert(offsetof(struct jh_cell_desc, revision) == JH_CONFIG_REVISION_OFFSET);
static_assert(offsetof(struct jh_cell_desc, name) == JH_CELL_NAME);
static_assert(offsetof(struct jh_cell_desc, id) == JH_CELL_ID);
static_assert(offsetof(struct jh_cell_desc, flags) == JH_CELL_FLAGS);
static_assert(offsetof(struct jh_cell_desc, cpu_set_size) == JH_CELL_CPU_SET_SIZE);
static_assert(offsetof(struct jh_cell_desc, num_memory_regions) == JH_CELL_NUM_MEMORY);
static_assert(offsetof(struct jh_cell_desc, num_cache_regions) == JH_CELL_NUM_CACHE);
static_assert(offsetof(struct jh_cell_desc, num_irqchips) == JH_CELL_NUM_IRQCHIPS);
static_assert(offsetof(struct jh_cell_desc, num_pio_regions) == JH_CELL_NUM_PIO);
static_assert(offsetof(struct jh_cell_desc, num_pci_devices) == JH_CELL_NUM_PCI_DEVICES);
static_assert(offsetof(struct jh_cell_desc, num_pci_caps) == JH_CELL_NUM_PCI_CAPS);
static_assert(offsetof(struct jh_cell_desc, num_stream_ids) == JH_CELL_NUM_STREAM_IDS);
static_assert(offsetof(struct jh_cell_desc, vpci_irq_base) == JH_CELL_VPCI_IRQ_BASE);
static_assert(offsetof(struct jh_cell_desc, cpu_reset_address) == JH_CELL_CPU_RESET_ADDRESS);
static_assert(offsetof(struct jh_cell_desc, msg_reply_timeout) == JH_CELL_MSG_REPLY_TIMEOUT);
static_assert(offsetof(struct jh_cell_desc, console) == JH_CELL_CONSOLE);
static_assert(offsetof(struct jh_iommu, type) == JH_IOMMU_TYPE);
static_assert(offsetof(struct jh_iommu, base) == JH_IOMMU_BASE);
static_assert(offsetof(struct jh_iommu, size) == JH_IOMMU_REGION_SIZE);
static_assert(offsetof(struct jh_system_desc, flags) == JH_SYS_FLAGS);
static_assert(offsetof(struct jh_system_desc, hypervisor_memory) == JH_SYS_HYPERVISOR_MEMORY);
static_assert(offsetof(struct jh_system_desc, debug_console) == JH_SYS_DEBUG_CONSOLE);
static_assert(offsetof(struct jh_system_desc, pci_mmconfig_base) == JH_SYS_PCI_MMCONFIG_BASE);
static_assert(offsetof(struct jh_system_desc, pci_mmconfig_end_bus) == JH_SYS_PCI_MMCONFIG_END_BUS);
static_assert(offsetof(struct jh_system_desc, pci_is_virtual) == JH_SYS_PCI_IS_VIRTUAL);
static_assert(offsetof(struct jh_system_desc, pci_domain) == JH_SYS_PCI_DOMAIN);
static_assert(offsetof(struct jh_system_desc, iommus) == JH_SYS_IOMMU);
static_assert(offsetof(struct jh_system_desc, x86.pm_timer_address) == JH_SYS_X86_PM_TIMER_ADDRESS);
static_assert(offsetof(struct jh_system_desc, x86.apic_mode) == JH_SYS_X86_APIC_MODE);
static_assert(offsetof(struct jh_system_desc, x86.tsc_khz) == JH_SYS_X86_TSC_KHZ);
static_assert(offsetof(struct jh_system_desc, x86.apic_khz) == JH_SYS_X86_APIC_KHZ);
static_assert(offsetof(struct jh_system_desc, root_cell) == JH_SYS_ROOT_CELL);
static_assert(sizeof(struct jh_console_desc) == JH_CONSOLE_SIZE);
static_assert(sizeof(struct jh_memory) == JH_MEM_SIZE);
static_assert(sizeof(struct jh_pci_device) == JH_PCI_SIZE);
static_assert(sizeof(struct jh_cell_desc) == JH_CELL_HEADER_SIZE);
static_assert(sizeof(struct jh_iommu) == JH_IOMMU_SIZE);
static_assert(sizeof(struct jh_system_desc) == JH_SYS_HEADER_SIZE + JH_CELL_HEADER_SIZE);

#define JH_IMAGE_SIGNATURE	"JAILHOUS"

/* Begin of the image; offsets are relative to it. The last four numbers are the driver's to fill in. */
struct jh_image_header {
	char signature[8];
	__le64 core_size;
	__le64 percpu_size;
	__le64 entry;
	__le64 console_page;
	__le64 gcov_info;
	__le32 max_cpus;
	__le32 online_cpus;
	__le64 debug_console_base;
	/* Arm's on Arm. */
	char version[16];
} __packed;

static_assert(sizeof(struct jh_image_header) == 80);

/* The console page: @tail counts all bytes ever written, modulo 2^32. */
struct jh_console_page {
	__u32 busy;
	__u32 tail;
	char content[JH_RING_SIZE];
	__u8 cells[JH_RING_SIZE / 8]; /* a bit for each byte: 1 if a cell printed it */
};

static_assert(offsetof(struct jh_console_page, busy) == JH_RING_BUSY);
static_assert(offsetof(struct jh_console_page, tail) == JH_RING_TAIL);
static_assert(offsetof(struct jh_console_page, content) == JH_RING_CONTENT);
static_assert(offsetof(struct jh_console_page, cells) == JH_RING_CELLS);

struct jh_ioc_create {
	__u64 config_address;
	__u32 config_size;
	__u32 padding;
};

/* An addition: enable for a time. */
struct jh_ioc_trial {
	__u64 config_address;
	__u32 config_size;
	__u32 seconds;
};

struct jh_ioc_cell {
	/* -1: by name */
	__s32 id;
	__u32 padding;
	char name[JH_CELL_NAME_SIZE];
};

struct jh_ioc_image {
	__u64 source;
	__u64 size;
	__u64 target;
	__u64 padding;
};

struct jh_ioc_load {
	struct jh_ioc_cell cell;
	__u32 num_images;
	__u32 padding;
	/* struct jh_ioc_image follow */
};

static_assert(offsetof(struct jh_ioc_create, config_address) == JH_IOC_CREATE_CONFIG);
static_assert(offsetof(struct jh_ioc_create, config_size) == JH_IOC_CREATE_CONFIG_SIZE);
static_assert(offsetof(struct jh_ioc_trial, config_address) == JH_IOC_TRIAL_CONFIG);
static_assert(offsetof(struct jh_ioc_trial, config_size) == JH_IOC_TRIAL_CONFIG_SIZE);
static_assert(offsetof(struct jh_ioc_trial, seconds) == JH_IOC_TRIAL_SECONDS);
static_assert(offsetof(struct jh_ioc_cell, id) == JH_IOC_CELL_ID);
static_assert(offsetof(struct jh_ioc_cell, name) == JH_IOC_CELL_NAME);
static_assert(offsetof(struct jh_ioc_image, source) == JH_IOC_IMAGE_SOURCE);
static_assert(offsetof(struct jh_ioc_image, size) == JH_IOC_IMAGE_BYTES);
static_assert(offsetof(struct jh_ioc_image, target) == JH_IOC_IMAGE_TARGET);
static_assert(offsetof(struct jh_ioc_load, num_images) == JH_IOC_LOAD_NUM_IMAGES);

#define JH_IOC_ENABLE			_IOW(0, 0, void *)
#define JH_IOC_DISABLE			_IO(0, 1)
#define JH_IOC_CELL_CREATE		_IOW(0, 2, struct jh_ioc_create)
#define JH_IOC_CELL_LOAD		_IOW(0, 3, struct jh_ioc_load)
#define JH_IOC_CELL_START		_IOW(0, 4, struct jh_ioc_cell)
#define JH_IOC_CELL_DESTROY		_IOW(0, 5, struct jh_ioc_cell)
/* An addition: without asking the cell. */
#define JH_IOC_CELL_DESTROY_FORCED	_IOW(0, 0x85, struct jh_ioc_cell)
/* Additions: enable until that is confirmed, or not; confirm it. */
#define JH_IOC_ENABLE_TRIAL		_IOW(0, 0x86, struct jh_ioc_trial)
#define JH_IOC_CONFIRM			_IO(0, 0x87)

static_assert(JH_IOC_ENABLE == JH_JAILHOUSE_ENABLE);
static_assert(JH_IOC_DISABLE == JH_JAILHOUSE_DISABLE);
static_assert(JH_IOC_CELL_CREATE == JH_JAILHOUSE_CELL_CREATE);
static_assert(JH_IOC_CELL_LOAD == JH_JAILHOUSE_CELL_LOAD);
static_assert(JH_IOC_CELL_START == JH_JAILHOUSE_CELL_START);
static_assert(JH_IOC_CELL_DESTROY == JH_JAILHOUSE_CELL_DESTROY);
static_assert(JH_IOC_CELL_DESTROY_FORCED == JH_JAILHOUSE_CELL_DESTROY_FORCED);
static_assert(JH_IOC_ENABLE_TRIAL == JH_JAILHOUSE_ENABLE_TRIAL);
static_assert(JH_IOC_CONFIRM == JH_JAILHOUSE_CONFIRM);

#endif
