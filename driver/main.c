// SPDX-License-Identifier: GPL-2.0
/* /dev/jailhouse: requests for the hypervisor as ioctl(), its console as read(). */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/suspend.h>

#include "driver.h"

struct jailhouse jh = {
	.lock = __MUTEX_INITIALIZER(jh.lock),
	.state = __RWSEM_INITIALIZER(jh.state),
	.cells = LIST_HEAD_INIT(jh.cells),
};

static long dispatch(unsigned int request, const void __user *argument)
{
	switch (request) {
	case JH_IOC_ENABLE:
		return jh_enable(argument, SIZE_MAX);
	case JH_IOC_ENABLE_TRIAL:
		return jh_trial_enable(argument);
	case JH_IOC_CONFIRM:
		return jh_trial_confirm();
	case JH_IOC_DISABLE:
		return jh_disable(false);
	case JH_IOC_CELL_CREATE:
		return jh_cell_create(argument);
	case JH_IOC_CELL_LOAD:
		return jh_cell_load(argument);
	case JH_IOC_CELL_START:
		return jh_cell_start(argument);
	case JH_IOC_CELL_DESTROY:
		return jh_cell_destroy(argument, false);
	case JH_IOC_CELL_DESTROY_FORCED:
		return jh_cell_destroy(argument, true);
	default:
		return -EINVAL;
	}
}

/* One request at a time. */
static long serve(unsigned int request, const void __user *argument)
{
	long result;

	if (mutex_lock_interruptible(&jh.lock))
		return -EINTR;
	result = jh.wedged ? -EIO : dispatch(request, argument);
	mutex_unlock(&jh.lock);
	return result;
}

/* Nothing is enabled while the machine falls asleep: the guard has been asked by then. */
static long device_ioctl(struct file *file, unsigned int request, unsigned long argument)
{
	bool awake = request == JH_IOC_ENABLE || request == JH_IOC_ENABLE_TRIAL;
	unsigned int flags = awake ? lock_system_sleep() : 0;
	long result = serve(request, (const void __user *)argument);

	if (awake)
		unlock_system_sleep(flags);
	return result;
}

static int device_open(struct inode *inode, struct file *file)
{
	return jh_console_open(file);
}

static int device_release(struct inode *inode, struct file *file)
{
	jh_console_close(file);
	return 0;
}

static ssize_t device_read(struct file *file, char __user *buffer, size_t size, loff_t *offset)
{
	return jh_console_read(file, buffer, size);
}

static const struct file_operations operations = {
	.owner = THIS_MODULE,
	.open = device_open,
	.release = device_release,
	.read = device_read,
	.unlocked_ioctl = device_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "jailhouse",
	.fops = &operations,
	.mode = 0600,
};

static int __init jailhouse_init(void)
{
	int err = jh_sysfs_init();

	if (err)
		return err;
	err = jh_pci_init();
	if (err)
		goto no_pci;
	err = jh_notifiers_init();
	if (err)
		goto no_guard;
	err = jh_trial_init();
	if (err)
		goto no_trial;
	err = misc_register(&device);
	if (!err)
		return 0;
	jh_trial_exit();
no_trial:
	jh_notifiers_exit();
no_guard:
	jh_pci_exit();
no_pci:
	jh_sysfs_exit();
	return err;
}

/* Never while enabled: that holds a reference to the module. */
static void __exit jailhouse_exit(void)
{
	misc_deregister(&device);
	jh_trial_exit();
	jh_notifiers_exit();
	jh_pci_exit();
	jh_sysfs_exit();
}

module_init(jailhouse_init);
module_exit(jailhouse_exit);

MODULE_DESCRIPTION("Hands a running Linux over to a partitioning hypervisor");
MODULE_LICENSE("GPL");
MODULE_VERSION(JH_VERSION);
MODULE_FIRMWARE("jailhouse-amd.bin");
MODULE_FIRMWARE("jailhouse-intel.bin");
