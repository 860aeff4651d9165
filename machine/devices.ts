// Makes the devices of the machine and wires them: to addresses (board.ts), to interrupt controllers, to the clock.
import { HPET_PINS, IRQ_MAP, MEMORY_MAP, PCI_MAP, PORT_MAP } from "./board.ts";
import type { Device, Line, Registers } from "./devices/device.ts";
import { Ioapic } from "./devices/ioapic/ioapic.ts";
import { ConfigMechanism, Ecam, PciBus, PciFunction } from "./devices/pci/pci.ts";
import { Pic } from "./devices/pic/pic.ts";
import { PmTimer } from "./devices/pm-timer/pm-timer.ts";
import { type SerialSink, Uart } from "./devices/uart/uart.ts";
import type { Interconnect } from "./interconnect.ts";
import type { Schedule } from "./schedule.ts";
import type { SystemBus } from "./system-bus.ts";

/** What the devices are made with. */
export interface DeviceParts {
  schedule: Schedule;
  bus: SystemBus;
  interconnect: Interconnect;
  /** RAM in bytes; what would lie above it is left out where it overlaps. */
  memory: number;
  /** Takes what the serial ports send, COM1 and COM2. */
  sinks: readonly SerialSink[];
  /** INTR of the 8259 pair has fallen: the bootstrap processor must not take it any more. */
  externalGone(): void;
}

/** All devices that the CPUs share. */
export interface Devices {
  ioapic: Ioapic;
  pic: Pic;
  pmTimer: PmTimer;
  serial: readonly Uart[];
  pci: PciBus;
  /** Everything that has a state, by a name that snapshots use. */
  stateful: Record<string, Device<object>>;
}

function addPorts(bus: SystemBus, range: { first: number; size: number }, device: Registers): void {
  bus.ports.add(range.first, range.size, device, { max: 1 });
}

function makePci(): PciBus {
  const bus = new PciBus();
  for (const { bdf, identity, ...subsystem } of Object.values(PCI_MAP))
    bus.add(bdf, new PciFunction({ ...identity, ...subsystem }));
  return bus;
}

function addPci(parts: DeviceParts, pci: PciBus): ConfigMechanism {
  const mechanism = new ConfigMechanism(pci);
  parts.bus.ports.add(PORT_MAP.pci.first, PORT_MAP.pci.size, mechanism);
  const { first, size } = MEMORY_MAP.ecam;
  if (parts.memory <= first) parts.bus.memory.add(first, size, new Ecam(pci));
  return mechanism;
}

/** Makes and wires all devices. */
export function createDevices(parts: DeviceParts): Devices {
  const { schedule, bus, interconnect } = parts;
  const ioapic = new Ioapic((message) => interconnect.post(message));
  const pic = new Pic((level) => {
    if (!level) parts.externalGone();
  });
  const line = (irq: { pic: number; pin: number }): Line => {
    return (level) => {
      pic.setLine(irq.pic, level);
      ioapic.setLine(irq.pin, level);
    };
  };
  const serial = [IRQ_MAP.com1, IRQ_MAP.com2].map(
    (irq, index) => new Uart(schedule, line(irq), parts.sinks[index] ?? (() => {})),
  );
  const pmTimer = new PmTimer(schedule, line(IRQ_MAP.sci));
  const pci = makePci();
  const mechanism = addPci(parts, pci);
  bus.memory.add(MEMORY_MAP.ioapic.first, MEMORY_MAP.ioapic.size, ioapic, { min: 1 });
  addPorts(bus, PORT_MAP.com1, serial[0]!);
  addPorts(bus, PORT_MAP.com2, serial[1]!);
  addPorts(bus, PORT_MAP.picMaster, pic.master);
  addPorts(bus, PORT_MAP.picSlave, pic.slave);
  addPorts(bus, PORT_MAP.picLevels, pic.levels);
  bus.ports.add(PORT_MAP.acpi.first, PORT_MAP.acpi.size, pmTimer);
  const functions = pci.functions.map(([bdf, device]) => [`pci-${bdf.toString(16)}`, device]);
  const stateful = {
    ...{ ioapic, pic, pmTimer, com1: serial[0]!, com2: serial[1]!, pciConfig: mechanism },
    ...(Object.fromEntries(functions) as Record<string, Device<object>>),
  } as unknown as Record<string, Device<object>>;
  return { ioapic, pic, pmTimer, serial, pci, stateful };
}

export { HPET_PINS };
