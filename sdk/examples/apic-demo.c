// How punctual is a cell? The original's apic-demo in C: a timer fires every 100 ms, and the delay is printed.
#include <jailhouse.h>

#define TIMER_VECTOR 32
#define MS 1000000

static long long expected, min = INT64_MAX, max = INT64_MIN;

static void tick(void) {
  long long jitter = (long long)jh_tsc_ns() - expected;
  if (jitter < min) min = jitter;
  if (jitter > max) max = jitter;
  jh_printf("Timer fired, jitter: %6lld ns, min: %6lld ns, max: %6lld ns\n", jitter, min, max);
  expected += 100 * MS;
  jh_set_timer(expected - (long long)jh_tsc_ns());
}

void inmate_main(void) {
  jh_set_state(JH_CELL_RUNNING_LOCKED);
  unsigned long long tsc = jh_tsc_hz();
  jh_printf("Calibrated TSC frequency: %llu.%03llu kHz\n", tsc / 1000, tsc % 1000);
  jh_printf("Calibrated APIC frequency: %llu kHz\n", (unsigned long long)jh_start_timer(TIMER_VECTOR, tick) / 1000);
  expected = (long long)jh_tsc_ns() + MS;
  jh_set_timer(MS);

  for (bool has_refused = false;;) {
    jh_wait_for_interrupt();
    uint32_t message = jh_message();
    if (message == JH_MSG_SHUTDOWN_REQUEST && has_refused) break;
    if (message == JH_MSG_SHUTDOWN_REQUEST) {
      jh_printf("Rejecting first shutdown request - try again!\n");
      has_refused = true;
      jh_reply(JH_REPLY_REQUEST_DENIED);
    } else if (message != JH_MSG_NONE) {
      jh_reply(message == JH_MSG_RECONFIG_COMPLETED ? JH_REPLY_RECEIVED : JH_REPLY_UNKNOWN);
    }
  }
  jh_printf("Stopped APIC demo\n");
  jh_set_state(JH_CELL_SHUT_DOWN);
}
