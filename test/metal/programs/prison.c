/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * One request to the driver, in a guest that is too slow for Node:
 *
 *	prison enable FILE | create FILE | load NAME IMAGE ADDRESS | start NAME | destroy NAME | disable
 *
 * A failure says what has failed and why, and ends with 1.
 */
#include "requests.h"

static int ask(unsigned long number, void *argument, const char *what)
{
	if (ioctl(device, number, argument) < 0)
		fail(what);
	return 0;
}

int main(int argc, char **argv)
{
	static uint8_t bytes[FILE_MAX];
	const char *what = argc > 1 ? argv[1] : "";

	open_device();
	if (argc == 2 && !strcmp(what, "disable")) {
		disable();
	} else if (argc == 3 && !strcmp(what, "enable")) {
		read_file(argv[2], bytes, sizeof(bytes));
		enable(bytes);
	} else if (argc == 3 && !strcmp(what, "create")) {
		create(bytes, read_file(argv[2], bytes, sizeof(bytes)));
	} else if (argc == 5 && !strcmp(what, "load")) {
		struct image image = { bytes, read_file(argv[3], bytes, sizeof(bytes)), strtoul(argv[4], NULL, 0) };

		load(argv[2], &image, 1);
	} else if (argc == 3 && !strcmp(what, "start")) {
		ask_cell(JAILHOUSE_CELL_START, argv[2], what);
	} else if (argc == 3 && !strcmp(what, "destroy")) {
		ask_cell(JAILHOUSE_CELL_DESTROY, argv[2], what);
	} else {
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
