// Starts the cell's other CPUs, one after the other, and interrupts them; without `start` it leaves them parked.
#include <jailhouse.h>

#define VECTOR 40

static volatile uint32_t interrupted;

static void take(void) {
  interrupted++;
}

static void run(void) {
  jh_printf("CPU %u runs\n", (unsigned)jh_apic_id());
  jh_wait_for_interrupt();
}

void inmate_main(void) {
  uint32_t cpus = jh_comm()->num_cpus;
  while (jh_ready_cpus() < cpus) jh_pause();
  jh_printf("%u CPUs\n", (unsigned)cpus);
  if (jh_has_param("start")) {
    jh_on_interrupt(VECTOR, take);
    for (uint32_t number = 1; number < cpus; number++) {
      uint32_t id = jh_cpu_apic_id(number);
      jh_start_cpu(id, run);
      jh_delay_us(1000);
      jh_send_ipi(JH_ICR_ASSERT | VECTOR, id);
      while (interrupted < number) jh_pause();
    }
  }
  jh_printf("done\n");
  jh_set_state(JH_CELL_SHUT_DOWN);
}
