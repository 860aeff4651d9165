/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Reads all files that patterns name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent.h"

#define CHUNK	4096

/* The path before, of which the next one may share the first bytes. */
static char previous[AGENT_PATH_MAX + 1];

/* Adds what can be read of a file without waiting, at most @most bytes. errno is 0 if it was read to its end. */
void read_available(int file, struct result *result, size_t most)
{
	char bytes[CHUNK];
	long length = 1;

	errno = 0;
	while (length && most && !result->full) {
		length = read(file, bytes, most < sizeof(bytes) ? most : sizeof(bytes));
		/* EPIPE: the oldest records of the kernel's log were overwritten while they were read. */
		if (length < 0 && errno != EINTR && errno != EPIPE)
			return;
		if (length > 0) {
			result_add(result, bytes, length);
			most -= length;
		}
	}
	errno = 0;
}

static void add_names(DIR *directory, struct result *result)
{
	struct dirent *entry;

	while ((entry = readdir(directory)))
		if (entry->d_name[0] != '.') {
			result_add(result, entry->d_name, strlen(entry->d_name));
			result_add(result, "\n", 1);
		}
}

/* The content of a file, or the names in a directory, a line each. 0 or a negative error number. */
static int read_content(const char *path, struct result *result)
{
	char where[PATH_SIZE];
	struct stat status;
	DIR *directory;
	int file, err = 0;

	path_below_root(where, path);
	if (path[strlen(path) - 1] == '/') {
		directory = opendir(where);
		if (!directory)
			return -errno;
		add_names(directory, result);
		closedir(directory);
		return 0;
	}
	file = open(where, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		return -errno;
	if (fstat(file, &status))
		err = -errno;
	else if (!S_ISREG(status.st_mode))
		err = S_ISDIR(status.st_mode) ? -EISDIR : -EACCES;
	if (!err) {
		read_available(file, result, AGENT_RESULT_MAX);
		err = -errno;
	}
	close(file);
	return err;
}

static void add_file(const char *path, bool must_exist, struct result *result)
{
	size_t start = result->length, shared = 0, content;
	uint8_t head[AGENT_FILE_PATH];
	int err;

	while (path[shared] && path[shared] == previous[shared])
		shared++;
	head[AGENT_FILE_SHARED] = shared;
	head[AGENT_FILE_OWN] = strlen(path + shared);
	result_add(result, head, sizeof(head));
	result_add(result, path + shared, strlen(path + shared));
	content = result->length;
	err = path_allowed(path) ? read_content(path, result) : -EACCES;
	if (result->full)
		return;
	if (err)
		result->length = content;
	if (err == -ENOENT && !must_exist) {
		result->length = start;
		return;
	}
	put32(result->data + start + AGENT_FILE_SIZE, err ? (uint32_t)err : result->length - content);
	strcpy(previous, path);
}

/* Appends @text, @length bytes long, to a path that is @at bytes long. The new length, or 0 if that is too long. */
static size_t append(char *path, size_t at, const char *text, size_t length)
{
	if (length > AGENT_PATH_MAX - at)
		return 0;
	memcpy(path + at, text, length);
	path[at + length] = 0;
	return at + length;
}

static void expand(char *path, size_t at, const char *pattern, bool must_exist, struct result *result);

static int visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Goes on with every name in the directory @path, which ends with a slash, that fits the first @length bytes. */
static void expand_names(char *path, size_t at, const char *pattern, size_t length, struct result *result)
{
	char where[PATH_SIZE], name[AGENT_PATH_MAX + 1];
	struct dirent **entries;
	int count, i;

	if (!append(name, 0, pattern, length))
		return;
	count = scandir(path_below_root(where, path), &entries, visible, alphasort);
	for (i = 0; i < count; i++) {
		size_t end = path_matches(name, entries[i]->d_name) ?
			     append(path, at, entries[i]->d_name, strlen(entries[i]->d_name)) : 0;

		if (end)
			expand(path, end, pattern + length, false, result);
		path[at] = 0;
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

/* Adds all files that begin with @path, of length @at, and go on with @pattern. */
static void expand(char *path, size_t at, const char *pattern, bool must_exist, struct result *result)
{
	size_t length;

	for (; *pattern == '/'; pattern++) {
		at = append(path, at, "/", 1);
		if (!at)
			return;
	}
	length = strcspn(pattern, "/");
	if (!length) {
		add_file(path, must_exist, result);
	} else if (memchr(pattern, '*', length)) {
		expand_names(path, at, pattern, length, result);
	} else {
		size_t end = append(path, at, pattern, length);

		if (end)
			expand(path, end, pattern + length, must_exist, result);
	}
}

/* The kind AGENT_KIND_FILES. 0, or -EINVAL for patterns that are none. */
int files_gather(const char *patterns, size_t length, struct result *result)
{
	const char *pattern, *end = patterns + length;

	if (!length || end[-1])
		return -EINVAL;
	for (pattern = patterns; pattern < end; pattern += strlen(pattern) + 1)
		if (pattern[0] != '/' || strstr(pattern, "/.") || strstr(pattern, "//") ||
		    strlen(pattern) > AGENT_PATH_MAX)
			return -EINVAL;
	previous[0] = 0;
	for (pattern = patterns; pattern < end; pattern += strlen(pattern) + 1) {
		char path[AGENT_PATH_MAX + 1] = "";

		expand(path, 0, pattern, true, result);
	}
	return 0;
}
