/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Binary formats: configurations (revision 14), the image's header, the console page, the arguments of ioctl() and the
 * numbers of hypercalls. All little endian and packed. The authority is the directory abi/.
 */
#ifndef JAILHOUSE_FORMAT_H
#define JAILHOUSE_FORMAT_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define JH_REVISION		14
#define JH_ARCH_X86		0
#define JH_SIGNATURE_SIZE	5
#define JH_CELL_SIGNATURE	"JHCLL"
#define JH_SYSTEM_SIGNATURE	"JHSYS"
#define JH_NAME_SIZE		32
/* The hypervisor takes no longer configuration of a cell. */
#define JH_CELL_MAX_SIZE	(16 * 4096)

/* jh_cell_desc.flags */
#define JH_CELL_CONSOLE_PERMITTED	0x40000000u
#define JH_CELL_CONSOLE_ACTIVE		0x80000000u

/* jh_system_desc.flags */
#define JH_SYS_VIRTUAL_CONSOLE		0x1u

/* jh_console_desc.flags */
#define JH_CONSOLE_MMIO			0x1u

/* jh_memory.flags */
#define JH_MEM_READ			0x1ull
#define JH_MEM_WRITE			0x2ull
#define JH_MEM_COMM_REGION		0x20ull
#define JH_MEM_LOADABLE			0x40ull

/* jh_iommu.type */
#define JH_IOMMU_AMD			1
#define JH_IOMMU_INTEL			2

/* jh_pci_device.type */
#define JH_PCI_DEVICE			1
#define JH_PCI_BRIDGE			2
#define JH_PCI_IVSHMEM			3

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

#define JH_CACHE_SIZE		12
#define JH_IRQCHIP_SIZE		32
#define JH_PIO_SIZE		4
#define JH_PCI_CAP_SIZE		8
#define JH_STREAM_ID_SIZE	4

/* A cell. The arrays follow: CPU set, memory, caches, irqchips, ports, PCI devices, PCI capabilities, stream ids. */
struct jh_cell_desc {
	char signature[JH_SIGNATURE_SIZE];
	__u8 architecture;
	__le16 revision;
	char name[JH_NAME_SIZE];
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

static_assert(sizeof(struct jh_cell_desc) == 132);
static_assert(sizeof(struct jh_system_desc) == 488);
static_assert(sizeof(struct jh_pci_device) == 56);

#define JH_IMAGE_SIGNATURE	"JAILHOUS"
/* The release: an image of another one is refused. */
#define JH_VERSION		"0.1.0"

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

#define JH_CONSOLE_RING		2048

/* The console page: @tail counts all bytes ever written, modulo 2^32. */
struct jh_console_page {
	__u32 busy;
	__u32 tail;
	char content[JH_CONSOLE_RING];
	__u8 cells[JH_CONSOLE_RING / 8]; /* a bit for each byte: 1 if a cell printed it */
};

/* Hypercalls; those from 0x100 are an addition that other images answer with -ENOSYS. */
enum jh_hypercall {
	JH_HC_DISABLE = 0,
	JH_HC_CELL_CREATE = 1,
	JH_HC_CELL_START = 2,
	JH_HC_CELL_SET_LOADABLE = 3,
	JH_HC_CELL_DESTROY = 4,
	JH_HC_GET_INFO = 5,
	JH_HC_CELL_GET_STATE = 6,
	JH_HC_CPU_GET_INFO = 7,
	JH_HC_DESTROY_ALL = 0x100,
	JH_HC_CELL_DESTROY_FORCED = 0x101,
	JH_HC_DENIAL_WORD = 0x102,
};

/* A result of JH_HC_CELL_GET_STATE: running, and not willing to be destroyed. */
#define JH_CELL_LOCKED		1

/* First argument of JH_HC_GET_INFO. */
enum jh_info {
	JH_INFO_MEM_POOL_SIZE,
	JH_INFO_MEM_POOL_USED,
	JH_INFO_REMAP_POOL_SIZE,
	JH_INFO_REMAP_POOL_USED,
};

/* Second argument of JH_HC_CPU_GET_INFO: the state, or a counter from JH_CPU_STAT_BASE on. */
#define JH_CPU_STATE		0
#define JH_CPU_STAT_BASE	1000
#define JH_CPU_FAILED		2

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

/* A day. */
#define JH_TRIAL_MAX_SECONDS	86400

struct jh_ioc_cell {
	/* -1: by name */
	__s32 id;
	__u32 padding;
	char name[JH_NAME_SIZE];
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

static_assert(JH_IOC_ENABLE == 0x40080000);
static_assert(JH_IOC_CELL_LOAD == 0x40300003);
static_assert(JH_IOC_CELL_DESTROY_FORCED == 0x40280085);
static_assert(JH_IOC_ENABLE_TRIAL == 0x40100086);
static_assert(JH_IOC_CONFIRM == 0x87);

#endif
