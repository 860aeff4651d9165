/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/*
 * The session: one command at a time, and each of its requests once. All frames but RUN can be repeated without harm; RUN
 * is carried out when it is the one after the last, and answered from memory when it is the last. A request runs in a
 * process of its own, so that the line is answered meanwhile, and goes on when the agent is killed.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent.h"

/* What a request has come to, shared with its process; the data have AGENT_RESULT_MAX bytes. */
struct outcome {
	int32_t status;
	uint32_t length;
	uint8_t data[];
};

static struct {
	bool open;
	/* Chosen here, so that no frame to an agent that is no more means anything to this one. */
	uint32_t id;
	uint32_t caller;
	/* The caller before, whose HELLO may still be under way. */
	bool any_before;
	uint32_t before;
	/* When the last frame of the session has arrived, in milliseconds. */
	uint64_t heard;
	/* Number of the last request, and whether there was one. */
	uint16_t last;
	bool any;
	/* The process of a request; what ends with it; since when, and the frame to answer then. */
	pid_t child;
	int pipe;
	uint64_t since;
	uint16_t piece;
	uint32_t crc;
} session = { .pipe = -1 };

static uint8_t *request;
static struct outcome *outcome;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Memory that is there when it is used; nothing works without it. */
static void *reserve(size_t size, int kind)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, kind | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		_exit(EXIT_FAILURE);
	return memory;
}

void session_init(void)
{
	request = reserve(AGENT_REQUEST_MAX, MAP_PRIVATE);
	outcome = reserve(sizeof(*outcome) + AGENT_RESULT_MAX, MAP_SHARED);
}

/* Gives back the memory of a request, of which its process has its own: for the next one it is zero. */
static void forget_request(void)
{
	madvise(request, AGENT_REQUEST_MAX, MADV_DONTNEED);
}

/* ... and of its result. */
static void forget(void)
{
	forget_request();
	madvise(outcome, sizeof(*outcome) + AGENT_RESULT_MAX, MADV_REMOVE);
	outcome->status = 0;
	outcome->length = 0;
}

static void refuse(const struct frame *frame, uint8_t why)
{
	const uint8_t body[2] = { frame->type, why };

	frame_send(AGENT_REFUSED, frame->session, frame->sequence, body, sizeof(body));
}

/* --- Begin and end ------------------------------------------------------------------------------------------------ */

static void end(void)
{
	session.open = false;
	session.any_before = true;
	session.before = session.caller;
	kind_console_close();
}

/* A number that no other session has. */
static uint32_t new_id(void)
{
	uint32_t id;

	if (getrandom(&id, sizeof(id), GRND_NONBLOCK) != sizeof(id))
		id = now() * 2654435761u ^ (uint32_t)getpid() << 16;
	return id;
}

static void begin(uint32_t caller)
{
	session.open = true;
	session.id = new_id();
	session.caller = caller;
	session.last = 0;
	session.any = false;
	forget();
}

/* Why no session can begin for @caller; 0 if one can. One that has been silent for long makes room. */
static uint8_t hinders(uint32_t caller)
{
	if (session.child || (session.open && now() - session.heard < AGENT_LEASE_MS))
		return AGENT_WHY_BUSY;
	if (session.open)
		end();
	return session.any_before && session.before == caller ? AGENT_WHY_UNKNOWN : 0;
}

static void hello(const struct frame *frame)
{
	uint8_t body[5] = { AGENT_VERSION }, why;

	if (frame->length != 1 || frame->body[0] != AGENT_VERSION) {
		refuse(frame, AGENT_WHY_VERSION);
		return;
	}
	if (!session.open || session.caller != frame->session) {
		why = hinders(frame->session);
		if (why) {
			refuse(frame, why);
			return;
		}
		begin(frame->session);
	}
	session.heard = now();
	put32(body + 1, session.id);
	frame_send(AGENT_WELCOME, frame->session, frame->sequence, body, sizeof(body));
}

static void bye(const struct frame *frame)
{
	if (session.open && session.id == frame->session)
		end();
	frame_send(AGENT_ENDED, frame->session, frame->sequence, NULL, 0);
}

/* --- Requests ----------------------------------------------------------------------------------------------------- */

static void send_result(uint16_t piece)
{
	static uint8_t body[AGENT_BODY_MAX];
	size_t size = outcome->length < piece ? outcome->length : piece;

	if (size > AGENT_DATA_MAX)
		size = AGENT_DATA_MAX;
	size = length_before_zeros(outcome->data, size);
	put32(body + AGENT_RESULT_STATUS, outcome->status);
	put32(body + AGENT_RESULT_LENGTH, outcome->length);
	put32(body + AGENT_RESULT_CRC, session.crc);
	memcpy(body + AGENT_RESULT_DATA, outcome->data, size);
	frame_send(AGENT_RESULT, session.id, session.last, body, AGENT_RESULT_DATA + size);
}

static void finish(int status, const struct result *result)
{
	outcome->status = result->full ? -EFBIG : status;
	outcome->length = result->full ? 0 : result->length;
}

/* In a process of its own. */
static void run_child(uint8_t kind, size_t length)
{
	struct result result = { .data = outcome->data, .size = AGENT_RESULT_MAX };

	line_leave();
	finish(kind_in_child(kind, request, length, &result), &result);
	_exit(EXIT_SUCCESS);
}

/* Starts the process. False, with an outcome, when there can be none. */
static bool start_child(uint8_t kind, size_t length)
{
	int ends[2];

	outcome->length = 0;
	outcome->status = pipe(ends) ? -errno : 0;
	if (outcome->status)
		return false;
	/* What remains when the process dies. */
	outcome->status = -EIO;
	session.child = fork();
	if (!session.child)
		run_child(kind, length);
	close(ends[1]);
	if (session.child < 0) {
		outcome->status = -errno;
		session.child = 0;
		close(ends[0]);
		return false;
	}
	session.pipe = ends[0];
	session.since = now();
	return true;
}

/* What can be waited for while a request runs; -1 while none does. */
int session_child(void)
{
	return session.pipe;
}

/* To be called when a request's process has ended: answers, if somebody still wants to know. */
void session_child_ended(void)
{
	waitpid(session.child, NULL, 0);
	close(session.pipe);
	session.child = 0;
	session.pipe = -1;
	session.crc = crc32(outcome->data, outcome->length);
	if (!session.open)
		return;
	session.heard = now();
	send_result(session.piece);
}

static void execute(uint8_t kind, size_t length)
{
	struct result result = { .data = outcome->data, .size = AGENT_RESULT_MAX };

	if (kind != AGENT_KIND_CONSOLE && start_child(kind, length))
		return;
	if (kind == AGENT_KIND_CONSOLE)
		finish(kind_console(request, length, &result), &result);
	session.crc = crc32(outcome->data, outcome->length);
	send_result(session.piece);
}

static void send_running(void)
{
	uint8_t body[4];

	put32(body, now() - session.since);
	frame_send(AGENT_RUNNING, session.id, session.last, body, sizeof(body));
}

static void run(const struct frame *frame)
{
	size_t size = frame->length - AGENT_RUN_DATA;
	const uint8_t *body = frame->body;
	uint32_t length;

	if (frame->length < AGENT_RUN_DATA) {
		refuse(frame, AGENT_WHY_MALFORMED);
		return;
	}
	if (session.any && frame->sequence == session.last) {
		if (session.child)
			send_running();
		else
			send_result(get16(body + AGENT_RUN_PIECE));
		return;
	}
	if (session.child || frame->sequence != (uint16_t)(session.last + 1)) {
		refuse(frame, AGENT_WHY_SEQUENCE);
		return;
	}
	length = get32(body + AGENT_RUN_LENGTH);
	if (length > AGENT_REQUEST_MAX || size > length) {
		refuse(frame, AGENT_WHY_MALFORMED);
		return;
	}
	memcpy(request + length - size, body + AGENT_RUN_DATA, size);
	if (crc32(request, length) != get32(body + AGENT_RUN_CRC)) {
		refuse(frame, AGENT_WHY_DAMAGED);
		return;
	}
	session.last = frame->sequence;
	session.any = true;
	session.piece = get16(body + AGENT_RUN_PIECE);
	execute(body[AGENT_RUN_KIND], length);
	forget_request();
}

static void put(const struct frame *frame)
{
	size_t size = frame->length - 4;
	uint8_t body[8];
	uint32_t offset;

	if (session.child || frame->sequence != (uint16_t)(session.last + 1)) {
		refuse(frame, AGENT_WHY_SEQUENCE);
		return;
	}
	offset = frame->length < 4 ? AGENT_REQUEST_MAX : get32(frame->body);
	if (offset >= AGENT_REQUEST_MAX || size > AGENT_REQUEST_MAX - offset) {
		refuse(frame, AGENT_WHY_MALFORMED);
		return;
	}
	memcpy(request + offset, frame->body + 4, size);
	put32(body, offset);
	put32(body + 4, size);
	frame_send(AGENT_TAKEN, frame->session, frame->sequence, body, sizeof(body));
}

static void get(const struct frame *frame)
{
	static uint8_t body[AGENT_BODY_MAX];
	uint32_t offset, size, zeros;

	if (session.child || !session.any || frame->sequence != session.last) {
		refuse(frame, AGENT_WHY_SEQUENCE);
		return;
	}
	offset = frame->length == 6 ? get32(frame->body) : ~0u;
	size = frame->length == 6 ? get16(frame->body + 4) : 0;
	if (offset > outcome->length || size > AGENT_DATA_MAX) {
		refuse(frame, AGENT_WHY_MALFORMED);
		return;
	}
	zeros = zeros_before(outcome->data + offset, outcome->length - offset);
	if (zeros >= AGENT_ZEROS)
		offset += zeros;
	if (size > outcome->length - offset)
		size = outcome->length - offset;
	size = length_before_zeros(outcome->data + offset, size);
	put32(body, offset);
	memcpy(body + 4, outcome->data + offset, size);
	frame_send(AGENT_PIECE, frame->session, frame->sequence, body, 4 + size);
}

/* --- Frames ------------------------------------------------------------------------------------------------------- */

/* Something has arrived that is no frame any more: it can be sent again at once. */
void session_damaged(void)
{
	frame_send(AGENT_GARBLED, 0, 0, NULL, 0);
}

/* Answers a frame. What an agent says itself, and the line may echo, is not for it. */
void session_frame(const struct frame *frame)
{
	if (frame->type == AGENT_HELLO) {
		hello(frame);
		return;
	}
	if (frame->type == AGENT_BYE) {
		bye(frame);
		return;
	}
	if (frame->type != AGENT_PUT && frame->type != AGENT_RUN && frame->type != AGENT_GET)
		return;
	if (!session.open || session.id != frame->session) {
		refuse(frame, AGENT_WHY_UNKNOWN);
		return;
	}
	session.heard = now();
	if (frame->type == AGENT_PUT)
		put(frame);
	else if (frame->type == AGENT_RUN)
		run(frame);
	else
		get(frame);
}
