// SPDX-License-Identifier: GPL-2.0
/* Loading: images are copied from a process straight to the physical memory of a cell that is open for it. */
#include <linux/fs.h>
#include <linux/io.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "driver.h"

#define MAX_IMAGES	1024
/* Mapped and copied at once. */
#define PIECE		SZ_1M

/* The offset of [@start, @start + @size) in the region at @from of @length bytes; false if it is not inside. */
static bool inside(u64 start, u64 size, u64 from, u64 length, u64 *offset)
{
	*offset = start - from;
	return start >= from && *offset <= length && size <= length - *offset;
}

/* Whether Linux may write all of it: the hypervisor opens only what the root cell's configuration lists. */
static bool root_may_write(u64 start, u64 size)
{
	const struct jh_memory *region = jh.root->memory;
	u64 done = 0;
	u32 i;

	for (i = 0; done < size && i < jh.root->num_memory; i++) {
		u64 offset;

		if (!(le64_to_cpu(region[i].flags) & JH_MEM_WRITE) ||
		    !inside(start + done, 1, le64_to_cpu(region[i].phys_start), le64_to_cpu(region[i].size), &offset))
			continue;
		done += min(size - done, le64_to_cpu(region[i].size) - offset);
		/* Start over: regions are in no order. The one found is behind us, so this ends. */
		i = (u32)-1;
	}
	return done >= size;
}

/* Physical address for an image: it lies inside one region that is both writable and loadable. */
static int find_target(const struct jh_cell *cell, const struct jh_ioc_image *image, u64 *target)
{
	const u64 wanted = JH_MEM_WRITE | JH_MEM_LOADABLE;
	u32 i;

	for (i = 0; i < cell->num_memory; i++) {
		const struct jh_memory *region = &cell->memory[i];
		u64 offset;

		if ((le64_to_cpu(region->flags) & wanted) != wanted ||
		    !inside(image->target, image->size, le64_to_cpu(region->virt_start), le64_to_cpu(region->size), &offset))
			continue;
		*target = le64_to_cpu(region->phys_start) + offset;
		if (root_may_write(*target, image->size))
			return 0;
		pr_err("jailhouse: The root cell has no writable memory at 0x%llx to load cell \"%s\"\n", *target,
		       cell->name);
		return -EINVAL;
	}
	pr_err("jailhouse: 0x%llx bytes at 0x%llx are not inside one loadable region of cell \"%s\"\n", image->size,
	       image->target, cell->name);
	return -EINVAL;
}

static int copy_piece(u64 target, const void __user *source, size_t size)
{
	void *memory;
	int err;

	if (region_intersects(target, size, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) == REGION_MIXED)
		return -EINVAL;
	memory = memremap(target, size, MEMREMAP_WB);
	if (!memory)
		return -ENOMEM;
	err = copy_from_user(memory, source, size) ? -EFAULT : 0;
	memunmap(memory);
	return err;
}

static int copy_image(const struct jh_ioc_image *image, u64 target)
{
	u64 done = 0;
	int err = 0;

	while (!err && done < image->size) {
		size_t size = min_t(u64, image->size - done, PIECE);

		err = fatal_signal_pending(current) ? -EINTR :
		      copy_piece(target + done, u64_to_user_ptr(image->source + done), size);
		done += size;
		cond_resched();
	}
	return err;
}

/* All is checked before the cell is stopped, so that a wrong image changes nothing. */
static int load(const struct jh_cell *cell, const struct jh_ioc_image *images, u32 count)
{
	u64 target;
	int err = 0;
	u32 i;

	for (i = 0; !err && i < count; i++)
		err = find_target(cell, &images[i], &target);
	if (err)
		return err;
	jh_console_mark();
	err = jh_hypercall(JH_HC_CELL_SET_LOADABLE, cell->id, 0);
	if (err) {
		jh_console_explain();
		return err;
	}
	for (i = 0; !err && i < count; i++)
		err = find_target(cell, &images[i], &target) ?: copy_image(&images[i], target);
	return err;
}

int jh_cell_load(const void __user *user)
{
	struct jh_ioc_image *images;
	struct jh_ioc_load request;
	struct jh_cell *cell;
	int err;

	if (copy_from_user(&request, user, sizeof(request)))
		return -EFAULT;
	cell = jh_cell_find(&request.cell);
	if (IS_ERR(cell))
		return PTR_ERR(cell);
	if (request.num_images > MAX_IMAGES)
		return -E2BIG;
	images = vmemdup_user(user + sizeof(request), request.num_images * sizeof(*images));
	if (IS_ERR(images))
		return PTR_ERR(images);
	err = load(cell, images, request.num_images);
	kvfree(images);
	return err;
}
