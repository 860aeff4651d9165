/*
 * A process on each CPU: counts the signals of a timer of 5 ms while it computes, sleeps, and says on which CPU it was. The parent
 * waits for all, and says how often they were as they should be.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { TICKS = 20, PERIOD_US = 5000 };

static volatile sig_atomic_t ticks;

static void tick(int number)
{
	(void)number;
	ticks++;
}

static double now(clockid_t clock)
{
	struct timespec time;
	clock_gettime(clock, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int child(int cpu)
{
	struct itimerval timer = { { 0, PERIOD_US }, { 0, PERIOD_US } };
	struct timespec pause = { 0, 20000000 };
	cpu_set_t set;
	double start, elapsed;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		return 1;
	signal(SIGALRM, tick);
	start = now(CLOCK_MONOTONIC);
	setitimer(ITIMER_REAL, &timer, NULL);
	while (ticks < TICKS)
		if (sched_getcpu() != cpu)
			return 2;
	timer.it_value.tv_usec = 0;
	setitimer(ITIMER_REAL, &timer, NULL);
	elapsed = now(CLOCK_MONOTONIC) - start;
	if (elapsed < TICKS * PERIOD_US / 1e6 * 0.99 || elapsed > TICKS * PERIOD_US / 1e6 * 1.5)
		return 3;
	start = now(CLOCK_MONOTONIC);
	nanosleep(&pause, NULL);
	elapsed = now(CLOCK_MONOTONIC) - start;
	return elapsed < 0.02 || elapsed > 0.03 ? 4 : 0;
}

int main(void)
{
	int cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int round, cpu, status, good = 0;

	for (round = 0; round < 3; round++) {
		for (cpu = 0; cpu < cpus; cpu++)
			if (fork() == 0)
				_exit(child(cpu));
		while (wait(&status) > 0)
			if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
				good++;
			else
				printf("status %x\n", status);
	}
	printf("%d of %d\n", good, 3 * cpus);
	return good == 3 * cpus ? 0 : 1;
}
