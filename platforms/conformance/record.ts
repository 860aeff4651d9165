// What the guest's exits were: a list of events, each with the kind of handler that was called and its arguments.

/** Kinds of events. */
export const EVENT_MMIO: u32 = 1;
export const EVENT_PIO: u32 = 2;
export const EVENT_CPUID: u32 = 3;
export const EVENT_MSR_READ: u32 = 4;
export const EVENT_MSR_WRITE: u32 = 5;
export const EVENT_UNHANDLED: u32 = 6;

/** An event: kind, two facts, length of the instruction; u32 each. */
const EVENT_SIZE: u32 = 16;
const EVENTS_MAX: u32 = 32;

const COUNT: usize = memory.data(4, 4);
const STOPS: usize = memory.data(4, 4);
const EVENTS: usize = memory.data(512, 4);

/** Forgets all events. */
export function clearEvents(): void {
  store<u32>(COUNT, 0);
}

export function eventCount(): u32 {
  return load<u32>(COUNT);
}

/** Adds an event; more than the list holds only count. */
export function addEvent(kind: u32, fact1: u32, fact2: u32, length: u32): void {
  const index = load<u32>(COUNT);
  store<u32>(COUNT, index + 1);
  if (index >= EVENTS_MAX) return;
  const at = EVENTS + index * EVENT_SIZE;
  store<u32>(at, kind, 0);
  store<u32>(at, fact1, 4);
  store<u32>(at, fact2, 8);
  store<u32>(at, length, 12);
}

/** Whether event `index` was this one. */
export function eventIs(index: u32, kind: u32, fact1: u32, fact2: u32): bool {
  const at = EVENTS + index * EVENT_SIZE;
  return (
    index < load<u32>(COUNT) &&
    load<u32>(at, 0) === kind &&
    load<u32>(at, 4) === fact1 &&
    load<u32>(at, 8) === fact2
  );
}

/** Length of the instruction of event `index`, as the platform told it. */
export function eventLength(index: u32): u32 {
  return load<u32>(EVENTS + index * EVENT_SIZE, 12);
}

/** Counts that the guest's CPU was stopped. No event, since a CPU may report it before or after what it does next. */
export function addStop(): void {
  store<u32>(STOPS, load<u32>(STOPS) + 1);
}

export function stopCount(): u32 {
  return load<u32>(STOPS);
}
