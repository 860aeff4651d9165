// SPDX-License-Identifier: GPL-2.0
/*
 * The HPET must be where the hypervisor looks for it: its timers can write to any memory, so that what the root cell writes to
 * its registers is checked. The hypervisor does not read ACPI's tables; Linux does.
 */
#include <linux/acpi.h>

#include "driver.h"

/* The pages that the hypervisor takes for an HPET's (abi/x86/hpet.ts). */
#define HPET_FIRST	0xfed00000ULL
#define HPET_SIZE	0x4000ULL

static int check_table(const struct acpi_table_hpet *table)
{
	u64 address = table->address.address;

	if (table->address.space_id != ACPI_ADR_SPACE_SYSTEM_MEMORY || !address)
		return 0;
	if (address >= HPET_FIRST && address < HPET_FIRST + HPET_SIZE)
		return 0;
	pr_err("jailhouse: The HPET at 0x%llx could not be guarded: the hypervisor knows those from 0x%llx to 0x%llx\n", address,
	       HPET_FIRST, HPET_FIRST + HPET_SIZE - 1);
	return -ENODEV;
}

/* 0, or -ENODEV with a message if one of ACPI's HPETs is at an unusual place. */
int jh_check_hpets(void)
{
	struct acpi_table_header *table;
	int err = 0;
	int i;

	if (acpi_disabled)
		return 0;
	for (i = 1; !err && ACPI_SUCCESS(acpi_get_table(ACPI_SIG_HPET, i, &table)); i++) {
		if (table->length >= sizeof(struct acpi_table_hpet))
			err = check_table((const struct acpi_table_hpet *)table);
		acpi_put_table(table);
	}
	return err;
}
