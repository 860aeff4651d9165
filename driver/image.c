// SPDX-License-Identifier: GPL-2.0
/*
 * The hypervisor's memory before it runs: the image at its start, then a stack for each CPU, then the system
 * configuration, and zeros in all that is left.
 */
#include <linux/ctype.h>
#include <linux/firmware.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mm.h>
#include <asm/tsc.h>

#include "driver.h"

/* The debug console's registers, where they are memory: mapped for the hypervisor's way in. */
static void __iomem *debug_console;

/* Takes the memory that @config names, or refuses: -EINVAL for what cannot be, -EBUSY for memory in use. */
int jh_memory_reserve(const struct jh_system_desc *config)
{
	u64 start = le64_to_cpu(config->hypervisor_memory.phys_start);
	u64 size = le64_to_cpu(config->hypervisor_memory.size);

	if (!size || !PAGE_ALIGNED(start) || !PAGE_ALIGNED(size) || size > JH_LIMIT - JH_BASE ||
	    start > (1ull << boot_cpu_data.x86_phys_bits) - size) {
		pr_err("jailhouse: The hypervisor's memory cannot be 0x%llx bytes at 0x%llx\n", size, start);
		return -EINVAL;
	}
	if (region_intersects(start, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) != REGION_DISJOINT) {
		pr_err("jailhouse: The hypervisor's memory is in use by Linux; reserve it with memmap=%lluK$0x%llx\n",
		       size >> 10, start);
		return -EBUSY;
	}
	if (!request_mem_region(start, size, "Jailhouse hypervisor")) {
		pr_err("jailhouse: The hypervisor's memory, 0x%llx bytes at 0x%llx, is taken (/proc/iomem)\n", size,
		       start);
		return -EBUSY;
	}
	jh.memory = start;
	jh.memory_size = size;
	return 0;
}

void jh_memory_release(void)
{
	release_mem_region(jh.memory, jh.memory_size);
}

static const struct firmware *get_image(void)
{
	const struct firmware *image;
	const char *name = jh_image_name();
	int err = firmware_request_nowarn(&image, name, jh.device);

	if (!err)
		return image;
	if (err == -ENOENT)
		pr_err("jailhouse: Missing hypervisor image %s\n", name);
	else
		pr_err("jailhouse: The hypervisor image %s cannot be read: error %d\n", name, err);
	return ERR_PTR(err);
}

/* Whether the header makes sense, and everything has its place in the hypervisor's memory. */
static int check_header(const struct firmware *image, size_t config_size, unsigned int max_cpus)
{
	const struct jh_image_header *header = (const void *)image->data;
	u64 core, percpu;

	if (image->size < sizeof(*header) || memcmp(header->signature, JH_IMAGE_SIGNATURE, sizeof(header->signature))) {
		pr_err("jailhouse: %s is not a hypervisor image\n", jh_image_name());
		return -EINVAL;
	}
	if (strncmp(header->version, JH_VERSION, sizeof(header->version))) {
		pr_err("jailhouse: %s is of jailhouse-ts %.*s, this driver of %s: install both of one release\n",
		       jh_image_name(), (int)sizeof(header->version),
		       isdigit(header->version[0]) ? header->version : "before 0.1", JH_VERSION);
		return -EINVAL;
	}
	core = le64_to_cpu(header->core_size);
	percpu = le64_to_cpu(header->percpu_size);
	if (!PAGE_ALIGNED(core) || !PAGE_ALIGNED(percpu) || !percpu || core < image->size ||
	    le64_to_cpu(header->entry) < sizeof(*header) || le64_to_cpu(header->entry) >= core ||
	    !PAGE_ALIGNED(le64_to_cpu(header->console_page)) || le64_to_cpu(header->console_page) >= core) {
		pr_err("jailhouse: The header of %s is damaged\n", jh_image_name());
		return -EINVAL;
	}
	if (core > jh.memory_size || percpu > (jh.memory_size - core) / max_cpus ||
	    config_size > jh.memory_size - core - percpu * max_cpus) {
		pr_err("jailhouse: The hypervisor's memory is too small: 0x%llx bytes for the image, 0x%llx for each of %u CPUs\n",
		       core, percpu, max_cpus);
		return -ENOMEM;
	}
	return 0;
}

static int map_debug_console(const struct jh_console_desc *console)
{
	u32 size = le32_to_cpu(console->size);

	if (!le16_to_cpu(console->type) || !(le16_to_cpu(console->flags) & JH_CONSOLE_FLAG_MMIO))
		return 0;
	if (!size || size > SZ_16M)
		return -EINVAL;
	debug_console = ioremap(le64_to_cpu(console->address), size);
	return debug_console ? 0 : -EINVAL;
}

/* What the machine knows and the file leaves open. */
static int fill_frequencies(struct jh_system_desc *config)
{
	if (!config->x86.tsc_khz)
		config->x86.tsc_khz = cpu_to_le32(tsc_khz);
	if (!config->x86.apic_khz)
		config->x86.apic_khz = cpu_to_le32(jh_apic_khz());
	if (config->x86.tsc_khz && config->x86.apic_khz)
		return 0;
	pr_err("jailhouse: The frequency of the TSC or of the APIC's timer is unknown\n");
	return -ENODEV;
}

static void place(void *memory, const struct firmware *image, const struct jh_system_desc *config, size_t size,
		  unsigned int max_cpus, unsigned int online_cpus)
{
	struct jh_image_header *header = memory;
	size_t at;

	memcpy(memory, image->data, image->size);
	memset(memory + image->size, 0, jh.memory_size - image->size);
	header->max_cpus = cpu_to_le32(max_cpus);
	header->online_cpus = cpu_to_le32(online_cpus);
	header->debug_console_base = cpu_to_le64((unsigned long)debug_console);
	at = le64_to_cpu(header->core_size) + le64_to_cpu(header->percpu_size) * max_cpus;
	memcpy(memory + at, config, size);
}

static int place_image(const struct firmware *image, struct jh_system_desc *config, size_t size,
		       unsigned int max_cpus, unsigned int online_cpus)
{
	const struct jh_image_header *header = (const void *)image->data;
	bool readable = le32_to_cpu(config->flags) & JH_SYS_FLAG_VIRTUAL_DEBUG_CONSOLE;
	void *memory;
	int err;

	err = check_header(image, size, max_cpus) ?: fill_frequencies(config) ?: map_debug_console(&config->debug_console);
	if (err)
		return err;
	memory = memremap(jh.memory, jh.memory_size, MEMREMAP_WB);
	if (!memory)
		return -ENOMEM;
	place(memory, image, config, size, max_cpus, online_cpus);
	/* The driver has nothing to look for in there any more, but for the console. */
	memunmap(memory);
	jh.core_size = le64_to_cpu(header->core_size);
	return jh_console_map(jh.memory + le64_to_cpu(header->console_page), readable);
}

/*
 * Fills the hypervisor's memory for CPU numbers below @max_cpus, of which @online_cpus will enter at @entry. Missing
 * frequencies in @config are filled in. Undone by jh_image_forget().
 */
int jh_image_place(struct jh_system_desc *config, size_t size, unsigned int max_cpus, unsigned int online_cpus,
		   unsigned long *entry)
{
	const struct firmware *image = get_image();
	int err;

	if (IS_ERR(image))
		return PTR_ERR(image);
	err = place_image(image, config, size, max_cpus, online_cpus);
	if (!err)
		*entry = JH_BASE + le64_to_cpu(((const struct jh_image_header *)image->data)->entry);
	else
		jh_image_forget();
	release_firmware(image);
	return err;
}

/* Unmaps what is mapped; harmless if nothing is. */
void jh_image_forget(void)
{
	jh_console_unmap();
	if (debug_console)
		iounmap(debug_console);
	debug_console = NULL;
}
