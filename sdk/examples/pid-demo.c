// Floating point in a handler: a PID controller brings a modelled oven to 80 degrees, a hundred steps in a second.
#include <jailhouse.h>

#define TIMER_VECTOR 32
#define NS_PER_SECOND 1000000000
#define STEPS_PER_SECOND 100
#define STEPS_PER_LINE 50
#define STEP (1.0 / STEPS_PER_SECOND)
#define OUTSIDE 20.0
#define WANTED 80.0

/** Gains, and what the controller remembers. */
static struct {
  double proportional, integral, derivative, sum, last;
} pid = {.proportional = 0.08, .integral = 0.06, .derivative = 0.01, .last = WANTED - OUTSIDE};
static double temperature = OUTSIDE;
static unsigned steps;
static int64_t next;

/** Prints a number with three digits after the point, rounded; one that needs more than 64 bits as a word. */
static void print_number(double value) {
  if (value != value || value > 9e15 || value < -9e15) {
    jh_printf("%s", value > 0 ? "+large" : value < 0 ? "-large" : "nan");
    return;
  }
  uint64_t thousandths = (uint64_t)((value < 0 ? -value : value) * 1000 + 0.5);
  jh_printf("%s%llu.%03llu", value < 0 && thousandths > 0 ? "-" : "", (unsigned long long)(thousandths / 1000),
            (unsigned long long)(thousandths % 1000));
}

/** The heater's power, from 0 to 1, for a difference. While that is at a limit, the sum stays: the controller does not overshoot. */
static double control(double difference) {
  double sum = pid.sum + difference * STEP;
  double slope = (difference - pid.last) / STEP;
  double power = pid.proportional * difference + pid.integral * sum + pid.derivative * slope;
  pid.last = difference;
  if (power < 0) return 0;
  if (power > 1) return 1;
  pid.sum = sum;
  return power;
}

/** One step: the oven is heated by up to 60 degrees a second, and loses half of what it is warmer than outside. */
static void step(void) {
  double power = control(WANTED - temperature);
  temperature += (power * 60 - (temperature - OUTSIDE) * 0.5) * STEP;
  if (++steps % STEPS_PER_LINE == 0) {
    print_number(steps * STEP);
    jh_printf(" s: ");
    print_number(temperature);
    jh_printf(" degrees, power ");
    print_number(power);
    jh_putc('\n');
  }
  next += NS_PER_SECOND / STEPS_PER_SECOND;
  jh_set_timer(next - (int64_t)jh_tsc_ns());
}

/** Answers what the hypervisor asks; true when the program has to end. */
static bool is_asked_to_stop(void) {
  uint32_t message = jh_message();
  if (message == JH_MSG_SHUTDOWN_REQUEST) return true;
  if (message != JH_MSG_NONE) jh_reply(message == JH_MSG_RECONFIG_COMPLETED ? JH_REPLY_RECEIVED : JH_REPLY_UNKNOWN);
  return false;
}

void inmate_main(void) {
  jh_start_timer(TIMER_VECTOR, step);
  next = (int64_t)jh_tsc_ns();
  jh_set_timer(0);
  while (!is_asked_to_stop()) jh_wait_for_interrupt();
  jh_printf("Stopped at ");
  print_number(temperature);
  jh_printf(" degrees\n");
  jh_set_state(JH_CELL_SHUT_DOWN);
}
