// The set as an inmate. It prints through the hypervisor, on whose console a character takes no time, and sleeps before more has been
// printed than that keeps.
#include <jailhouse.h>

#include "torture.h"

#define AT_ONCE 1024
#define PAUSE_US 20000

static char text[AT_ONCE + AT_ONCE / 2];
static size_t size;

static void flush(void) {
  for (size_t i = 0; i < size; i++) jh_putc(text[i]);
  size = 0;
  jh_sleep_us(PAUSE_US);
}

void put(char character) {
  text[size++] = character;
  if (size == sizeof(text) || (character == '\n' && size >= AT_ONCE)) flush();
}

void inmate_main(void) {
  torture();
  flush();
  jh_set_state(JH_CELL_SHUT_DOWN);
}
