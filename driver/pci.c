// SPDX-License-Identifier: GPL-2.0
/*
 * PCI devices: a stub driver holds those of the cells, so that no driver of Linux touches them, and virtual devices of
 * the root cell come and go with the hypervisor.
 */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "driver.h"

struct claim {
	struct list_head entry;
	struct pci_dev *device;
	const struct jh_cell *cell;
};

/* Changed under jh.lock; the spinlock is for the stub's probe function. */
static LIST_HEAD(claims);
static DEFINE_SPINLOCK(claims_lock);

/* Only devices that are claimed: any other is left to its own driver. */
static int stub_probe(struct pci_dev *device, const struct pci_device_id *id)
{
	struct claim *claim;
	int result = -ENODEV;

	spin_lock(&claims_lock);
	list_for_each_entry(claim, &claims, entry)
		if (claim->device == device)
			result = 0;
	spin_unlock(&claims_lock);
	return result;
}

static void stub_remove(struct pci_dev *device)
{
}

static const struct pci_device_id any_device[] = {
	{ PCI_DEVICE(PCI_ANY_ID, PCI_ANY_ID) },
	{ }
};

static struct pci_driver stub = {
	.name = "jailhouse-pci-stub",
	.id_table = any_device,
	.probe = stub_probe,
	.remove = stub_remove,
	.driver_managed_dma = true,
};

int jh_pci_init(void)
{
	return pci_register_driver(&stub);
}

void jh_pci_exit(void)
{
	pci_unregister_driver(&stub);
}

static struct pci_dev *find_device(const struct jh_pci_device *device)
{
	u16 bdf = le16_to_cpu(device->bdf);

	return pci_get_domain_bus_and_slot(le16_to_cpu(device->domain), bdf >> 8, bdf & 0xff);
}

/* Takes over the caller's reference to @device. */
static int claim_device(struct pci_dev *device, const struct jh_cell *cell)
{
	struct claim *claim = kzalloc(sizeof(*claim), GFP_KERNEL);
	int err;

	if (!claim) {
		pci_dev_put(device);
		return -ENOMEM;
	}
	claim->device = device;
	claim->cell = cell;
	spin_lock(&claims_lock);
	list_add_tail(&claim->entry, &claims);
	spin_unlock(&claims_lock);
	device_release_driver(&device->dev);
	err = device_driver_attach(&stub.driver, &device->dev);
	if (err)
		pci_err(device, "jailhouse: the device cannot be taken for cell \"%s\": error %d\n", cell->name, err);
	return err;
}

static void release_claim(struct claim *claim)
{
	spin_lock(&claims_lock);
	list_del(&claim->entry);
	spin_unlock(&claims_lock);
	device_release_driver(&claim->device->dev);
	if (device_attach(&claim->device->dev) < 0)
		pci_warn(claim->device, "jailhouse: no driver took the device back\n");
	pci_dev_put(claim->device);
	kfree(claim);
}

/* Takes all devices of @cell that exist from Linux, or none. */
int jh_pci_claim(const struct jh_cell *cell)
{
	u32 i;

	for (i = 0; i < cell->num_pci; i++) {
		struct pci_dev *device = cell->pci[i].type == JH_PCI_TYPE_DEVICE ? find_device(&cell->pci[i]) : NULL;
		int err = device ? claim_device(device, cell) : 0;

		if (err) {
			jh_pci_release(cell);
			return err;
		}
	}
	return 0;
}

void jh_pci_release(const struct jh_cell *cell)
{
	struct claim *claim, *next;

	list_for_each_entry_safe(claim, next, &claims, entry)
		if (claim->cell == cell)
			release_claim(claim);
}

static void add_virtual(const struct jh_pci_device *device)
{
	u16 bdf = le16_to_cpu(device->bdf);
	struct pci_bus *bus = pci_find_bus(le16_to_cpu(device->domain), bdf >> 8);

	if (!bus || !pci_scan_slot(bus, bdf & 0xff))
		return;
	pci_bus_assign_resources(bus);
	pci_bus_add_devices(bus);
}

/* Shows Linux the shared memory devices that the hypervisor adds, if it does. */
void jh_pci_add_virtual(const struct jh_cell *root)
{
	u32 i;

	pci_lock_rescan_remove();
	for (i = 0; i < root->num_pci; i++)
		if (root->pci[i].type == JH_PCI_TYPE_IVSHMEM)
			add_virtual(&root->pci[i]);
	pci_unlock_rescan_remove();
}

/* To be called while they still answer. */
void jh_pci_remove_virtual(const struct jh_cell *root)
{
	u32 i;

	for (i = 0; i < root->num_pci; i++) {
		struct pci_dev *device = root->pci[i].type == JH_PCI_TYPE_IVSHMEM ? find_device(&root->pci[i]) : NULL;

		if (!device)
			continue;
		pci_stop_and_remove_bus_device_locked(device);
		pci_dev_put(device);
	}
}
