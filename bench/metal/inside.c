/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The part of the metal bench that runs in the guest: one measurement for each call, its result as JSON. It makes the driver's
 * requests itself, so that the same program measures our driver and the original's, on every bed.
 *
 *	inside calls SYSTEM CELL IMAGE ADDRESS ROUNDS	milliseconds of each request
 *	inside enable SYSTEM				pools afterwards
 *	inside launch CELL IMAGE ADDRESS [PARAMETERS]	pools afterwards; parameters are the inmate's
 *	inside rates SECONDS idle|busy			exits of each cell in that time
 *	inside rates SECONDS changing CELL IMAGE ADDRESS PARAMETERS
 *							as busy, while that cell comes and goes
 *	inside end					destroys the cells, disables
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "requests.h"

/*
 * Milliseconds between load and start, and for a cell to come up: a start that follows a load at once can be lost by the original
 * (its CPU has not parked yet).
 */
#define PAUSE		300
/* Milliseconds after which what this program did to start is over. */
#define SETTLE		1000
#define MS_PER_SECOND	1000
#define NS_PER_MS	1e6
/* Where an inmate finds its parameters (ABI section 5). */
#define COMMAND_LINE	0x1000
/* Marks on the console (groups.ts), with the level of messages that it always shows. */
#define BEGIN		"<3>bench: begin\n"
#define END		"<3>bench: end\n"
#define CPUS_MAX	64
#define TEXT_MAX	256
/* Requests that are timed, and how often each at most. */
#define KINDS_MAX	16
#define TIMES_MAX	64
/* Cells, and counters of each. */
#define CELLS_MAX	16
#define COUNTERS_MAX	40

#define DEVICES		"/sys/devices/jailhouse"

/* Forks, system calls, page faults and copying. */
static const char busy[] =
	"while :; do head -c 65536 /dev/urandom >/tmp/busy.$$; cat /tmp/busy.$$ >/dev/null; done";

static struct kind {
	char name[TEXT_MAX];
	double times[TIMES_MAX];
	int count;
} kinds[KINDS_MAX];

static double now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * (double)MS_PER_SECOND + time.tv_nsec / NS_PER_MS;
}

static void note(const char *what, const char *outcome, double ms)
{
	char name[TEXT_MAX];
	struct kind *kind = kinds;

	snprintf(name, sizeof(name), "%s%s", what, outcome);
	while (kind->count && strcmp(kind->name, name))
		kind++;
	strcpy(kind->name, name);
	if (kind->count < TIMES_MAX)
		kind->times[kind->count++] = ms;
}

/* Returns -EPERM where that is the answer: a cell that refuses. */
static int ask(unsigned long number, void *argument, const char *what)
{
	double start = now_ms();
	int result = ioctl(device, number, argument) < 0 ? -errno : 0;

	note(what, result ? ", refused" : "", now_ms() - start);
	if (result && result != -EPERM)
		fail(what);
	return result;
}

/* A cell that refuses once is asked twice. */
static void destroy(const char *name)
{
	if (ask_cell(JAILHOUSE_CELL_DESTROY, name, "destroy") && ask_cell(JAILHOUSE_CELL_DESTROY, name, "destroy"))
		fail("destroy");
}

/* The text of a file below DEVICES, without its line's end; empty where there is none. */
static char *text_of(const char *path, char *text)
{
	char name[2 * TEXT_MAX];
	int file;
	ssize_t length;

	snprintf(name, sizeof(name), DEVICES "/%s", path);
	file = open(name, O_RDONLY);
	length = file < 0 ? 0 : read(file, text, TEXT_MAX - 1);
	if (file >= 0)
		close(file);
	text[length < 0 ? 0 : length] = 0;
	text[strcspn(text, "\n")] = 0;
	return text;
}

static long number_of(const char *path)
{
	char text[TEXT_MAX];

	return atol(text_of(path, text));
}

static void print_pools(void)
{
	printf("{\"memory\":{\"used\":%ld,\"size\":%ld},\"remap\":{\"used\":%ld,\"size\":%ld}}\n",
	       number_of("mem_pool_used"), number_of("mem_pool_size"), number_of("remap_pool_used"),
	       number_of("remap_pool_size"));
}

static void print_times(void)
{
	struct kind *kind;
	int index;

	putchar('{');
	for (kind = kinds; kind->count; kind++) {
		printf("%s\"%s\":[", kind == kinds ? "" : ",", kind->name);
		for (index = 0; index < kind->count; index++)
			printf("%s%.6f", index ? "," : "", kind->times[index]);
		putchar(']');
	}
	puts("}");
}

static void launch(const char *config_path, const char *image_path, const char *address, const char *parameters,
		   char *name)
{
	static uint8_t config[FILE_MAX], image[FILE_MAX];
	size_t size = read_file(config_path, config, sizeof(config));
	struct image images[] = {
		{ image, read_file(image_path, image, sizeof(image)), strtoull(address, NULL, 0) },
		{ parameters, strlen(parameters) + 1, COMMAND_LINE },
	};

	memcpy(name, config + NAME, NAME_SIZE);
	name[NAME_SIZE - 1] = 0;
	create(config, size);
	load(name, images, *parameters ? 2 : 1);
	pause_ms(PAUSE);
	ask_cell(JAILHOUSE_CELL_START, name, "start");
}

static void calls(char **argv)
{
	static uint8_t system[FILE_MAX];
	char name[NAME_SIZE];
	int round;

	read_file(argv[0], system, sizeof(system));
	for (round = 0; round < atoi(argv[4]); round++) {
		enable(system);
		launch(argv[1], argv[2], argv[3], "", name);
		pause_ms(PAUSE);
		destroy(name);
		disable();
	}
	print_times();
}

struct cell {
	/* 0: the root cell. */
	int id;
	char name[TEXT_MAX];
	int count;
	struct {
		char name[TEXT_MAX];
		long value;
	} counters[COUNTERS_MAX];
};

/* Calls back with each entry of a directory below DEVICES but the hidden ones. */
static void each(const char *path, void (*look)(const char *path, const char *name, void *to), void *to)
{
	char name[2 * TEXT_MAX];
	struct dirent *entry;
	DIR *directory;

	snprintf(name, sizeof(name), DEVICES "/%s", path);
	directory = opendir(name);
	if (!directory)
		return;
	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.')
			look(path, entry->d_name, to);
	closedir(directory);
}

/* Counters are files; the statistics of each CPU are directories. */
static void read_counter(const char *path, const char *name, void *to)
{
	static const char prefix[] = "vmexits_";
	struct cell *cell = to;
	char text[TEXT_MAX];

	if (strncmp(name, prefix, sizeof(prefix) - 1) || cell->count == COUNTERS_MAX)
		return;
	strcpy(cell->counters[cell->count].name, name + sizeof(prefix) - 1);
	snprintf(text, sizeof(text), "%s/%s", path, name);
	cell->counters[cell->count++].value = number_of(text);
}

struct cells {
	int count;
	struct cell all[CELLS_MAX];
};

static void read_cell(const char *path, const char *number, void *to)
{
	struct cells *cells = to;
	struct cell *cell = cells->all + cells->count;
	char text[TEXT_MAX];

	if (cells->count == CELLS_MAX)
		return;
	cells->count++;
	cell->id = atoi(number);
	snprintf(text, sizeof(text), "%s/%s/name", path, number);
	text_of(text, cell->name);
	snprintf(text, sizeof(text), "%s/%s/statistics", path, number);
	each(text, read_counter, cell);
}

static void read_cells(struct cells *cells)
{
	memset(cells, 0, sizeof(*cells));
	each("cells", read_cell, cells);
}

static void mark(const char *line)
{
	int file = open("/dev/kmsg", O_WRONLY);

	if (file < 0 || write(file, line, strlen(line)) < 0)
		fail("/dev/kmsg");
	close(file);
}

static void print_rates(const struct cells *before, const struct cells *after, double seconds, int changes)
{
	int number, index;

	printf("{\"seconds\":%.6f,\"changes\":%d,\"cells\":{", seconds, changes);
	for (number = 0; number < after->count; number++) {
		const struct cell *cell = after->all + number;

		printf("%s\"%s\":{", number ? "," : "", cell->name);
		for (index = 0; index < cell->count; index++)
			printf("%s\"%s\":%ld", index ? "," : "", cell->counters[index].name,
			       cell->counters[index].value - before->all[number].counters[index].value);
		putchar('}');
	}
	puts("}}");
}

/* How often a cell came and went in that time, after which it is gone. */
static int change(double milliseconds, char **cell)
{
	double end = now_ms() + milliseconds;
	char name[NAME_SIZE];
	int count;

	for (count = 0; now_ms() < end; count++) {
		launch(cell[0], cell[1], cell[2], cell[3], name);
		pause_ms(PAUSE);
		destroy(name);
	}
	return count;
}

/* With a cell, that one changes meanwhile. */
static void rates(const char *seconds, const char *load, char **cell)
{
	static struct cells before, after;
	pid_t workers[CPUS_MAX];
	long count = strcmp(load, "idle") ? sysconf(_SC_NPROCESSORS_ONLN) : 0, worker;
	double start, length = atoi(seconds) * (double)MS_PER_SECOND;
	int changes = 0;

	for (worker = 0; worker < count && worker < CPUS_MAX; worker++) {
		workers[worker] = fork();
		if (workers[worker])
			continue;
		setpgid(0, 0);
		execl("/bin/sh", "sh", "-c", busy, NULL);
		_exit(EXIT_FAILURE);
	}
	pause_ms(SETTLE);
	read_cells(&before);
	start = now_ms();
	mark(BEGIN);
	if (cell)
		changes = change(length, cell);
	else
		pause_ms(length);
	mark(END);
	read_cells(&after);
	print_rates(&before, &after, (now_ms() - start) / MS_PER_SECOND, changes);
	while (worker-- > 0)
		kill(-workers[worker], SIGKILL);
}

static void end(void)
{
	static struct cells cells;
	int number;

	read_cells(&cells);
	for (number = 0; number < cells.count; number++)
		if (cells.all[number].id)
			destroy(cells.all[number].name);
	disable();
	print_times();
}

int main(int argc, char **argv)
{
	static uint8_t system[FILE_MAX];
	char name[NAME_SIZE];
	const char *verb = argc > 1 ? argv[1] : "";

	open_device();
	if (!strcmp(verb, "calls") && argc == 7) {
		calls(argv + 2);
	} else if (!strcmp(verb, "enable") && argc == 3) {
		read_file(argv[2], system, sizeof(system));
		enable(system);
		print_pools();
	} else if (!strcmp(verb, "launch") && argc >= 5) {
		launch(argv[2], argv[3], argv[4], argc > 5 ? argv[5] : "", name);
		print_pools();
	} else if (!strcmp(verb, "rates") && argc == 4) {
		rates(argv[2], argv[3], NULL);
	} else if (!strcmp(verb, "rates") && argc == 8) {
		rates(argv[2], argv[3], argv + 4);
	} else if (!strcmp(verb, "end") && argc == 2) {
		end();
	} else {
		fprintf(stderr, "no such measurement: %s\n", verb);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
