// SPDX-License-Identifier: GPL-2.0
/*
 * Enabling on trial: unless somebody confirms in time, the machine is handed back. This is the kernel's own work, because
 * whatever asked for it may be gone by then: its line cut, its process killed, or the disk that it runs from no longer
 * reachable, which is what a configuration that forgot something does. The state is guarded by jh.lock.
 */
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "driver.h"

/* How soon it is tried again where the machine cannot be handed back. */
#define AGAIN_SECONDS	5

static void end_trial(struct work_struct *work);

static DECLARE_DELAYED_WORK(trial_end, end_trial);
static struct workqueue_struct *queue;
static bool on_trial;
static unsigned long deadline;

/* Cells are not asked: nobody may be there to ask twice. */
static void end_trial(struct work_struct *work)
{
	int err;

	mutex_lock(&jh.lock);
	if (on_trial && jh.enabled && !jh.wedged) {
		pr_warn("jailhouse: The trial was not confirmed: the machine is handed back\n");
		err = jh_disable(true);
		if (err) {
			pr_err("jailhouse: It cannot be, error %d; once more in %d s\n", err, AGAIN_SECONDS);
			queue_delayed_work(queue, &trial_end, AGAIN_SECONDS * HZ);
		}
	}
	mutex_unlock(&jh.lock);
}

/* Takes over the machine for a time, as @user says. The clock runs before anything can go wrong. */
int jh_trial_enable(const void __user *user)
{
	struct jh_ioc_trial request;
	int err;

	if (copy_from_user(&request, user, sizeof(request)))
		return -EFAULT;
	if (jh.enabled)
		return -EBUSY;
	if (!request.seconds || request.seconds > JH_IOC_TRIAL_SECONDS_MAX) {
		pr_err("jailhouse: A trial takes from 1 to %d seconds\n", JH_IOC_TRIAL_SECONDS_MAX);
		return -EINVAL;
	}
	on_trial = true;
	deadline = jiffies + request.seconds * HZ;
	mod_delayed_work(queue, &trial_end, request.seconds * HZ);
	err = jh_enable(u64_to_user_ptr(request.config_address), request.config_size);
	if (err)
		jh_trial_over();
	return err;
}

/* Keeps the machine. */
int jh_trial_confirm(void)
{
	if (!jh.enabled)
		return -EINVAL;
	if (!on_trial) {
		pr_err("jailhouse: The machine was not taken over on trial, or that is confirmed\n");
		return -EINVAL;
	}
	jh_trial_over();
	return 0;
}

/* To be called when there is nothing more to end. */
void jh_trial_over(void)
{
	on_trial = false;
	/* One that has begun waits for jh.lock, and finds nothing to do. */
	cancel_delayed_work(&trial_end);
}

/* Seconds until the machine is handed back, 0 while there is no trial. Needs no lock: it only tells. */
unsigned int jh_trial_seconds(void)
{
	long left = READ_ONCE(deadline) - jiffies;

	return READ_ONCE(on_trial) ? DIV_ROUND_UP(max(left, 1l), HZ) : 0;
}

/* A thread of its own, that memory which is short cannot stop. */
int jh_trial_init(void)
{
	queue = alloc_workqueue("jailhouse", WQ_UNBOUND | WQ_HIGHPRI | WQ_MEM_RECLAIM, 1);
	return queue ? 0 : -ENOMEM;
}

void jh_trial_exit(void)
{
	cancel_delayed_work_sync(&trial_end);
	destroy_workqueue(queue);
}
