/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* UARTs, and where the console's characters go. */
#include "start.h"

/* Registers of an 8250, and what is written to them. */
#define DATA 0
#define DIVISOR_LOW 0
#define DIVISOR_HIGH 1
#define INTERRUPT_ENABLE 1
#define LINE_CONTROL 3
#define LINE_STATUS 5
#define LINE_8N1 0x03
#define LINE_DIVISOR_ACCESS 0x80
#define STATUS_DATA_READY 0x01
#define STATUS_TRANSMITTER_EMPTY 0x20
/* A character takes long on the line (87 us at 115200 baud): there is no need to ask all the time. */
#define PAUSES_PER_POLL 64

static uint8_t read_register(const struct jh_uart* uart, uint32_t reg) {
  uintptr_t address = (uintptr_t)uart->base + ((uintptr_t)reg << uart->shift);
  return uart->is_mmio ? jh_mmio_read8(address) : jh_in8((uint16_t)address);
}

static void write_register(const struct jh_uart* uart, uint32_t reg, uint8_t value) {
  uintptr_t address = (uintptr_t)uart->base + ((uintptr_t)reg << uart->shift);
  if (uart->is_mmio)
    jh_mmio_write8(address, value);
  else
    jh_out8((uint16_t)address, value);
}

void jh_uart_init(const struct jh_uart* uart, uint16_t divider) {
  if (divider == 0) return;
  write_register(uart, INTERRUPT_ENABLE, 0);
  write_register(uart, LINE_CONTROL, LINE_8N1 | LINE_DIVISOR_ACCESS);
  write_register(uart, DIVISOR_LOW, (uint8_t)divider);
  write_register(uart, DIVISOR_HIGH, (uint8_t)(divider >> 8));
  write_register(uart, LINE_CONTROL, LINE_8N1);
}

void jh_uart_write(const struct jh_uart* uart, uint8_t byte) {
  while (!(read_register(uart, LINE_STATUS) & STATUS_TRANSMITTER_EMPTY))
    for (int i = 0; i < PAUSES_PER_POLL; i++) jh_pause();
  write_register(uart, DATA, byte);
}

int jh_uart_read(const struct jh_uart* uart) {
  return read_register(uart, LINE_STATUS) & STATUS_DATA_READY ? read_register(uart, DATA) : -1;
}

static struct {
  bool is_configured, has_uart, is_virtual;
  struct jh_uart uart;
} console;

/** Finds the console; once, before the first character. */
static void configure(void) {
  const volatile struct jh_comm_region* comm = jh_comm();
  const uint16_t flags = comm->console.flags;
  console.is_configured = true;
  console.has_uart = jh_has_param("con-type") ? jh_param_is("con-type", "8250")
                                              : comm->console.type == JH_CONSOLE_TYPE_8250;
  console.uart.is_mmio = jh_param_bool("con-is-mmio", (flags & JH_CONSOLE_FLAG_MMIO) != 0);
  console.uart.shift = jh_param_bool("con-regdist-1", !(flags & JH_CONSOLE_FLAG_REGDIST_4)) ? 0 : 2;
  console.uart.base = (uint64_t)jh_param_int("con-base", (int64_t)comm->console.address);
  console.is_virtual = jh_param_bool("con-virtual", (comm->flags & JH_COMM_FLAG_PUTC_ACTIVE) != 0);
  if (console.has_uart)
    jh_uart_init(&console.uart, (uint16_t)jh_param_int("con-divider", comm->console.divider));
}

static void put(char character) {
  if (console.has_uart) jh_uart_write(&console.uart, (uint8_t)character);
  if (console.is_virtual) jh_hypercall(JH_HC_DEBUG_CONSOLE_PUTC, (uint8_t)character, 0);
}

void jh_putc(char character) {
  if (!console.is_configured) configure();
  if (character == '\n') put('\r');
  put(character);
}
