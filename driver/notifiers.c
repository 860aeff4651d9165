// SPDX-License-Identifier: GPL-2.0
/* What else goes on in Linux and must not meet an enabled hypervisor unprepared: reboot, kexec, suspend, CPU hotplug. */
#include <linux/cpuhotplug.h>
#include <linux/kexec.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/suspend.h>
#include <linux/topology.h>

#include "driver.h"

/* Before Linux restarts, halts or executes another kernel the machine is handed back, whatever cells think of it. */
static int on_reboot(struct notifier_block *block, unsigned long event, void *unused)
{
	int err = 0;

	mutex_lock(&jh.lock);
	if (jh.enabled)
		err = jh_disable(true);
	mutex_unlock(&jh.lock);
	if (err)
		pr_emerg("jailhouse: The hypervisor could not be disabled for the reboot: error %d\n", err);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_block = { .notifier_call = on_reboot };

/* Sleeping loses what the hypervisor keeps in CPUs. */
static int on_sleep(struct notifier_block *block, unsigned long event, void *unused)
{
	if (event != PM_SUSPEND_PREPARE && event != PM_HIBERNATION_PREPARE && event != PM_RESTORE_PREPARE)
		return NOTIFY_DONE;
	if (!READ_ONCE(jh.enabled))
		return NOTIFY_DONE;
	pr_warn("jailhouse: No suspending while the hypervisor is enabled\n");
	return notifier_from_errno(-EBUSY);
}

static struct notifier_block sleep_block = { .notifier_call = on_sleep };

static int hotplug_state;

/* Called before a CPU is brought up, by whomever. */
static int on_cpu_up(unsigned int cpu)
{
	if (!cpumask_test_cpu(cpu, &jh.barred))
		return 0;
	pr_warn("jailhouse: CPU %u is not Linux' while the hypervisor is enabled\n", cpu);
	return -EBUSY;
}

int jh_notifiers_init(void)
{
	int err = register_reboot_notifier(&reboot_block);

	if (err)
		return err;
	err = register_pm_notifier(&sleep_block);
	if (err)
		goto no_pm;
	hotplug_state = cpuhp_setup_state_nocalls(CPUHP_BP_PREPARE_DYN, "jailhouse:prepare", on_cpu_up, NULL);
	if (hotplug_state >= 0)
		return 0;
	err = hotplug_state;
	unregister_pm_notifier(&sleep_block);
no_pm:
	unregister_reboot_notifier(&reboot_block);
	return err;
}

void jh_notifiers_exit(void)
{
	cpuhp_remove_state_nocalls(hotplug_state);
	unregister_pm_notifier(&sleep_block);
	unregister_reboot_notifier(&reboot_block);
}

/* Cores whose threads are in different cells share more than either cell may like. To be called while they are online. */
void jh_notifiers_warn_siblings(const struct cpumask *cpus, const char *name)
{
	unsigned int cpu, sibling;

	for_each_cpu(cpu, cpus)
		for_each_cpu(sibling, topology_sibling_cpumask(cpu))
			if (!cpumask_test_cpu(sibling, cpus))
				pr_warn("jailhouse: CPU %u of cell \"%s\" shares a core with CPU %u of another cell\n",
					cpu, name, sibling);
}
