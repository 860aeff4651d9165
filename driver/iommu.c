// SPDX-License-Identifier: GPL-2.0
/*
 * IOMMUs must be at rest: the hypervisor drives none, keeps Linux from the registers of those in the configuration, and
 * reads messages of devices in their plain format.
 */
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/pci.h>

#include "driver.h"

/* AMD I/O Virtualization Technology Specification, 3.4.2: the control register and its enable bit. */
#define AMD_CONTROL		0x18
#define AMD_CONTROL_ENABLE	BIT(0)
/* Intel VT-d Architecture Specification, 11.4.4: the global status, and what of it concerns us. */
#define INTEL_STATUS		0x1c
#define INTEL_STATUS_REMAPS	BIT(25)
#define INTEL_STATUS_TRANSLATES	BIT(31)

static int in_use(const char *option)
{
	pr_err("jailhouse: An IOMMU is in use; boot Linux with %s\n", option);
	return -EBUSY;
}

/* Whether a unit of the configuration is at work, translating for Linux or only remapping interrupts. */
static int check_unit(const struct jh_iommu *unit)
{
	u64 base = le64_to_cpu(unit->base);
	bool amd = le32_to_cpu(unit->type) == JH_IOMMU_TYPE_AMD;
	void __iomem *registers;
	u32 value;

	if (!PAGE_ALIGNED(base) ||
	    region_intersects(base, PAGE_SIZE, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) != REGION_DISJOINT) {
		pr_err("jailhouse: There cannot be an IOMMU at 0x%llx\n", base);
		return -EINVAL;
	}
	registers = ioremap(base, PAGE_SIZE);
	if (!registers)
		return -ENOMEM;
	value = readl(registers + (amd ? AMD_CONTROL : INTEL_STATUS));
	iounmap(registers);
	if (amd)
		return value & AMD_CONTROL_ENABLE ? in_use("amd_iommu=off") : 0;
	return value & (INTEL_STATUS_REMAPS | INTEL_STATUS_TRANSLATES) ? in_use("intel_iommu=off nointremap") : 0;
}

/* 0, -EBUSY with a message if an IOMMU is at work, -EINVAL if the configuration has one where none can be. */
int jh_check_iommus(const struct jh_system_desc *config)
{
	struct pci_dev *device = NULL;
	int err = 0;
	int i;

	for_each_pci_dev(device) {
		if (device_iommu_mapped(&device->dev)) {
			pci_dev_put(device);
			return in_use("amd_iommu=off or intel_iommu=off");
		}
	}
	for (i = 0; !err && i < ARRAY_SIZE(config->iommus) && config->iommus[i].base; i++) {
		u32 type = le32_to_cpu(config->iommus[i].type);

		if (type == JH_IOMMU_TYPE_AMD || type == JH_IOMMU_TYPE_INTEL)
			err = check_unit(&config->iommus[i]);
	}
	return err;
}
