// Connects a local APIC to its CPU and to the rest of the machine.
import * as S from "./cpu/interface.ts";
import type { LapicPins } from "./devices/lapic/lapic.ts";
import type { ApicMessage } from "./devices/lapic/message.ts";
import type { Processor } from "./processor.ts";
import { initProcessor, startProcessor } from "./start.ts";

/** What lies beyond the CPU. */
export interface LocalApicSurroundings {
  send(message: ApicMessage, shorthand: number): void;
  endOfInterrupt(vector: number): void;
  acknowledgeExternal(): number;
  /** When the APIC's timer expires next. */
  nextEvent(): number;
  /** Resets the APIC as INIT does. */
  initialize(): void;
}

/** The pins of the local APIC of a CPU. Under a hypervisor INIT and start-up IPIs are the core's business: dropped here. */
export function localApicPins(processor: Processor, outside: LocalApicSurroundings): LapicPins {
  return {
    get now() {
      return processor.time;
    },
    get tscOffset() {
      return processor.wide(S.S_TSC_OFFSET);
    },
    interrupt: (pending) => processor.setPending(S.PENDING_INTERRUPT, pending),
    nmi: () => processor.setPending(S.PENDING_NMI, true),
    init() {
      if (processor.guest) return;
      if (processor.holdsInit) return processor.setPending(S.PENDING_INIT, true);
      initProcessor(processor);
      outside.initialize();
    },
    startUp(vector) {
      if (!processor.guest) startProcessor(processor, vector);
    },
    send: outside.send,
    endOfInterrupt: outside.endOfInterrupt,
    acknowledgeExternal: outside.acknowledgeExternal,
    timerChanged() {
      // The CPU may be executing: it must come back in time. The end of its slice is kept by the executor.
      const next = outside.nextEvent();
      if (next < processor.deadline) processor.deadline = next;
    },
  };
}
