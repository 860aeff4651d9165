/* What two boards share. */
#define GIC_REGIONS \
	{ .address = 0x8000000, .pin_base = 32, .pin_bitmap = { ~0u, ~0u, ~0u, ~0u } }, /* shared ones */ \
	{ .address = 0x8000000, .pin_base = 160, .pin_bitmap = { 1 } }, /* one more */
