/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* Numbers at any address, checksums, and results that grow. */
#include <string.h>

#include "agent.h"

uint16_t get16(const uint8_t *at)
{
	return at[0] | at[1] << 8;
}

uint32_t get32(const uint8_t *at)
{
	return get16(at) | (uint32_t)get16(at + 2) << 16;
}

void put16(uint8_t *at, uint16_t value)
{
	at[0] = value;
	at[1] = value >> 8;
}

void put32(uint8_t *at, uint32_t value)
{
	put16(at, value);
	put16(at + 2, value >> 16);
}

/* CRC-32 of IEEE 802.3, reflected, as in zlib; four bits at a time. */
uint32_t crc32(const uint8_t *bytes, size_t length)
{
	static const uint32_t nibbles[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c,
		0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
	};
	uint32_t crc = ~0u;

	while (length--) {
		crc ^= *bytes++;
		crc = crc >> 4 ^ nibbles[crc & 15];
		crc = crc >> 4 ^ nibbles[crc & 15];
	}
	return ~crc;
}

void result_add(struct result *result, const void *bytes, size_t length)
{
	if (length > result->size - result->length) {
		result->full = true;
		return;
	}
	memcpy(result->data + result->length, bytes, length);
	result->length += length;
}

/* How many zeros are at the beginning of @bytes. */
size_t zeros_before(const uint8_t *bytes, size_t length)
{
	size_t count = 0;

	while (count < length && !bytes[count])
		count++;
	return count;
}

/* How much there is before the first AGENT_ZEROS zeros, or until the end. */
size_t length_before_zeros(const uint8_t *bytes, size_t length)
{
	size_t at = 0, zeros;

	while (at < length) {
		zeros = zeros_before(bytes + at, length - at);
		if (zeros >= AGENT_ZEROS)
			return at;
		at += zeros ? zeros : 1;
	}
	return length;
}
