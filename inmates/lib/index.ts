// The inmate library: everything an inmate imports comes from here.
export * from "./cmdline";
export { cellCpus, commFlags, pendingMessage, pmTimerPort, reply, setCellState } from "./comm";
export * from "./cpu";
export * from "./hardware";
export * from "./heap";
export * from "./hypercall";
export * from "./interrupts";
export * from "./ioapic";
export * from "./paging";
export * from "./pci";
export * from "./pm-timer";
export * from "./print";
export * from "./smp";
export * from "./test";
export * from "./timing";
