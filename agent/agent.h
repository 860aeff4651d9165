/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* What the files of the agent offer one another. */
#ifndef AGENT_H
#define AGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

#define FRAME_MAX	(AGENT_BODY + AGENT_BODY_MAX + AGENT_CRC_SIZE)
/* A path below the root directory, both of any length that is allowed. */
#define PATH_SIZE	4096

/* A frame as it has arrived. */
struct frame {
	uint8_t type;
	uint32_t session;
	uint16_t sequence;
	const uint8_t *body;
	size_t length;
};

/* What a byte of the line completes. */
enum taken { TAKEN_NOTHING, TAKEN_FRAME, TAKEN_DAMAGED };

/* Where results are put together; what does not fit is noted in @full and left out. */
struct result {
	uint8_t *data;
	size_t length;
	size_t size;
	bool full;
};

/* bytes.c: numbers at any address, checksums, results */
uint16_t get16(const uint8_t *at);
uint32_t get32(const uint8_t *at);
void put16(uint8_t *at, uint16_t value);
void put32(uint8_t *at, uint32_t value);
uint32_t crc32(const uint8_t *bytes, size_t length);
size_t zeros_before(const uint8_t *bytes, size_t length);
size_t length_before_zeros(const uint8_t *bytes, size_t length);
void result_add(struct result *result, const void *bytes, size_t length);

/* frame.c */
enum taken frame_take(uint8_t byte, struct frame *frame);
void frame_send(uint8_t type, uint32_t session, uint16_t sequence, const uint8_t *body, size_t length);

/* line.c */
int line_open(const char *path);
void line_leave(void);
int line_input(void);
long line_read(uint8_t *bytes, size_t size);
void line_write(const uint8_t *bytes, size_t length);

/* session.c */
void session_init(void);
void session_frame(const struct frame *frame);
void session_damaged(void);
int session_child(void);
void session_child_ended(void);

/* kinds.c: what can be asked for */
int kind_in_child(uint8_t kind, uint8_t *request, size_t length, struct result *result);
int kind_console(const uint8_t *request, size_t length, struct result *result);
void kind_console_close(void);

/* paths.c, files.c: everything is looked for below the root directory */
extern const char *root;
bool path_allowed(const char *path);
bool path_matches(const char *pattern, const char *path);
const char *path_below_root(char *buffer, const char *path);
int files_gather(const char *patterns, size_t length, struct result *result);
void read_available(int file, struct result *result, size_t most);

/* device.c */
int device_open(int flags);
int device_request(uint8_t *request, size_t length, struct result *result);

/* ioctl.c; tests have another one. 0 or more, or a negative error number. */
int driver_ioctl(int device, unsigned long number, void *argument);

#endif
