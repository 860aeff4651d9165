/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* The line: a terminal device, or standard input and output. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include "agent.h"

static int input = STDIN_FILENO, output = STDOUT_FILENO;

/* 115200 baud, eight bits, no parity, one stop bit; nothing is echoed, changed or waited for. */
static int make_raw(int terminal)
{
	struct termios mode;

	if (tcgetattr(terminal, &mode))
		return -errno;
	mode.c_iflag = 0;
	mode.c_oflag = 0;
	mode.c_lflag = 0;
	mode.c_cflag = CS8 | CREAD | CLOCAL;
	mode.c_cc[VMIN] = 1;
	mode.c_cc[VTIME] = 0;
	cfsetispeed(&mode, B115200);
	cfsetospeed(&mode, B115200);
	return tcsetattr(terminal, TCSAFLUSH, &mode) ? -errno : 0;
}

/* Takes the terminal at @path, or standard input and output for NULL; one that is a terminal is made raw as well. */
int line_open(const char *path)
{
	if (path) {
		/* Without waiting for a carrier; the line itself waits. */
		input = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		if (input < 0 || fcntl(input, F_SETFL, O_RDWR))
			return -errno;
		output = input;
	}
	return path || isatty(input) ? make_raw(input) : 0;
}

/* For a process that has nothing to say: the line ends with the agent, not with what it has begun. */
void line_leave(void)
{
	close(input);
	close(output);
}

int line_input(void)
{
	return input;
}

/* Number of bytes; 0 at the end of the line, or a negative error number. */
long line_read(uint8_t *bytes, size_t size)
{
	long length = read(input, bytes, size);

	return length < 0 ? -errno : length;
}

/* All of it. A line that is no more ends the agent. */
void line_write(const uint8_t *bytes, size_t length)
{
	while (length) {
		long written = write(output, bytes, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			exit(EXIT_FAILURE);
		bytes += written;
		length -= written;
	}
}
