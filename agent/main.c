/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * jailhouse-agent [--root DIRECTORY] [TERMINAL]: carries out what the command asks for over a serial line or, without one,
 * over standard input and output, as ssh gives them.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "agent.h"

/* A hang-up of the other side, which pipes have for good and terminals only until somebody comes back. */
#define PAUSE_MS	200

static const char USAGE[] = "Usage: jailhouse-agent [--root DIRECTORY] [TERMINAL]\n"
			    "Carries out what \"jailhouse --target\" asks for, over the terminal, which becomes raw\n"
			    "(115200 baud, 8N1), or over standard input and output. Ends with its standard input.\n";

static bool is_terminal;

/* Everything that has arrived. False at the end of the line. */
static bool take_input(void)
{
	uint8_t bytes[4096];
	struct frame frame;
	long i, length = line_read(bytes, sizeof(bytes));

	if (length == -EINTR || length == -EAGAIN)
		return true;
	if (length <= 0) {
		if (!is_terminal)
			return false;
		poll(NULL, 0, PAUSE_MS);
		return true;
	}
	for (i = 0; i < length; i++) {
		enum taken taken = frame_take(bytes[i], &frame);

		if (taken == TAKEN_FRAME)
			session_frame(&frame);
		else if (taken == TAKEN_DAMAGED)
			session_damaged();
	}
	return true;
}

static void serve(void)
{
	for (;;) {
		struct pollfd files[2] = {
			{ .fd = line_input(), .events = POLLIN },
			{ .fd = session_child(), .events = POLLIN },
		};

		if (poll(files, 2, -1) < 0 && errno != EINTR)
			return;
		if (files[1].fd >= 0 && files[1].revents)
			session_child_ended();
		if (files[0].revents && !take_input())
			return;
	}
}

int main(int argc, char **argv)
{
	const char *terminal = NULL;
	int i, err;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--root") && i + 1 < argc) {
			root = argv[++i];
		} else if (argv[i][0] == '-' || terminal) {
			fputs(USAGE, strcmp(argv[i], "--help") ? stderr : stdout);
			return strcmp(argv[i], "--help") ? EXIT_FAILURE : EXIT_SUCCESS;
		} else {
			terminal = argv[i];
		}
	}
	is_terminal = terminal;
	if (is_terminal)
		signal(SIGHUP, SIG_IGN);
	err = line_open(terminal);
	if (err) {
		fprintf(stderr, "jailhouse-agent: %s: %s\n", terminal ? terminal : "standard input", strerror(-err));
		return EXIT_FAILURE;
	}
	/* The hypervisor may take away the disk. Where this is not allowed the agent works all the same. */
	mlockall(MCL_CURRENT);
	session_init();
	serve();
	return EXIT_SUCCESS;
}
