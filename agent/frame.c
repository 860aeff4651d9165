/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Frames on the line: symbols of six bits between two marks. Whatever else comes is somebody else's text. */
#include <string.h>

#include "agent.h"

/* Bits of a symbol, and how symbols are told from text and marks. */
#define SYMBOL_BITS	6
#define SYMBOL_MASK	0x3fu
#define KIND_MASK	0xc0u
/* Symbols for that many bytes. */
#define SYMBOLS(bytes)	(((bytes) * 8 + SYMBOL_BITS - 1) / SYMBOL_BITS)

/* AGENT_ATTEMPT of the last frame that arrived whole. */
static uint8_t attempt;

/* What has arrived of a frame; @bits are those of a byte that is not complete. */
static struct {
	uint8_t bytes[FRAME_MAX];
	size_t length;
	uint32_t bits;
	unsigned int num_bits;
	bool open;
} in;

static void take_symbol(uint8_t symbol)
{
	in.bits |= (symbol & SYMBOL_MASK) << in.num_bits;
	in.num_bits += SYMBOL_BITS;
	if (in.num_bits < 8)
		return;
	if (in.length == sizeof(in.bytes)) {
		in.open = false;
		return;
	}
	in.bytes[in.length++] = in.bits;
	in.bits >>= 8;
	in.num_bits -= 8;
}

/* Whether the bytes are a whole frame, and which. */
static bool complete(struct frame *frame)
{
	size_t length = in.length - AGENT_CRC_SIZE;

	if (in.length < AGENT_BODY + AGENT_CRC_SIZE || crc32(in.bytes, length) != get32(in.bytes + length))
		return false;
	attempt = in.bytes[AGENT_ATTEMPT];
	frame->type = in.bytes[AGENT_TYPE];
	frame->session = get32(in.bytes + AGENT_SESSION);
	frame->sequence = get16(in.bytes + AGENT_SEQUENCE);
	frame->body = in.bytes + AGENT_BODY;
	frame->length = length - AGENT_BODY;
	return true;
}

/* Takes one byte of the line. What it completes is valid until the next call. */
enum taken frame_take(uint8_t byte, struct frame *frame)
{
	bool was_open = in.open;

	if (byte == AGENT_FRAME_START) {
		/* The end of the one before got lost. */
		was_open = was_open && in.length;
		in.length = in.bits = in.num_bits = 0;
		in.open = true;
		return was_open ? TAKEN_DAMAGED : TAKEN_NOTHING;
	}
	if (was_open && byte == AGENT_FRAME_END) {
		in.open = false;
		return complete(frame) ? TAKEN_FRAME : TAKEN_DAMAGED;
	}
	if (was_open && (byte & KIND_MASK) == AGENT_SYMBOL)
		take_symbol(byte);
	return TAKEN_NOTHING;
}

/* Sends a frame at once; its body has at most AGENT_BODY_MAX bytes. */
void frame_send(uint8_t type, uint32_t session, uint16_t sequence, const uint8_t *body, size_t length)
{
	static uint8_t bytes[FRAME_MAX], out[SYMBOLS(FRAME_MAX) + 2];
	size_t size = AGENT_BODY + length, used = 0, i;
	uint32_t bits = 0;
	unsigned int num_bits = 0;

	bytes[AGENT_TYPE] = type;
	put32(bytes + AGENT_SESSION, session);
	put16(bytes + AGENT_SEQUENCE, sequence);
	bytes[AGENT_ATTEMPT] = attempt;
	memcpy(bytes + AGENT_BODY, body, length);
	put32(bytes + size, crc32(bytes, size));
	out[used++] = AGENT_FRAME_START;
	for (i = 0; i < size + AGENT_CRC_SIZE; i++) {
		bits |= (uint32_t)bytes[i] << num_bits;
		for (num_bits += 8; num_bits >= SYMBOL_BITS; num_bits -= SYMBOL_BITS, bits >>= SYMBOL_BITS)
			out[used++] = AGENT_SYMBOL | (bits & SYMBOL_MASK);
	}
	if (num_bits)
		out[used++] = AGENT_SYMBOL | bits;
	out[used++] = AGENT_FRAME_END;
	line_write(out, used);
}
