// Makes the devices of the machine and wires them: to addresses (board.ts), to interrupt controllers, to the clock.
import {
  CMOS,
  CONSOLE_SLOT,
  DISK_SLOTS,
  HPET_PINS,
  IRQ_MAP,
  interruptPin,
  MEMORY_MAP,
  PCI_MAP,
  PORT_MAP,
} from "./board.ts";
import type { Device, Line, Registers } from "./devices/device.ts";
import { ExitPort } from "./devices/exit-port/exit-port.ts";
import { FwCfg } from "./devices/fw-cfg/fw-cfg.ts";
import { Hpet } from "./devices/hpet/hpet.ts";
import { I8042 } from "./devices/i8042/i8042.ts";
import { Ioapic } from "./devices/ioapic/ioapic.ts";
import type { ApicMessage } from "./devices/lapic/message.ts";
import { ConfigMechanism, Ecam, PciBus, PciFunction } from "./devices/pci/pci.ts";
import { Pic } from "./devices/pic/pic.ts";
import { Pit } from "./devices/pit/pit.ts";
import { PmTimer } from "./devices/pm-timer/pm-timer.ts";
import { Power } from "./devices/power/power.ts";
import { FastReset } from "./devices/reset/fast-reset.ts";
import { ResetControl } from "./devices/reset/reset-control.ts";
import { Rtc } from "./devices/rtc/rtc.ts";
import { type SerialSink, type SerialSpeed, Uart } from "./devices/uart/uart.ts";
import { BlockDevice, type DiskImage } from "./devices/virtio/block.ts";
import { ConsoleDevice, RECEIVE } from "./devices/virtio/console.ts";
import type { Dma } from "./devices/virtio/queue.ts";
import { type VirtioDevice, VirtioFunction } from "./devices/virtio/transport.ts";
import type { Interconnect } from "./interconnect.ts";
import { EXIT_PORTS } from "./options.ts";
import type { Schedule } from "./schedule.ts";
import { seededPmTimer } from "./seed.ts";
import type { SystemBus } from "./system-bus.ts";

/** What the devices are made with. */
export interface DeviceParts {
  schedule: Schedule;
  bus: SystemBus;
  interconnect: Interconnect;
  cpus: number;
  /** RAM in bytes; what would lie above it is left out where it overlaps. */
  memory: number;
  /** Takes what the serial ports send, COM1 and COM2, and the console. */
  sinks: readonly SerialSink[];
  /** How fast they send it. */
  serialSpeed: SerialSpeed;
  /** Date at tick 0, Unix seconds. */
  date: number;
  /** What the state of timers at tick 0 is made from. */
  seed: number;
  /** First port of the exit port, if there is one. */
  exitPort: number | undefined;
  disks: readonly DiskImage[];
  /** How many serial ports there are. */
  serialPorts: 2 | 4;
  /** Whether there is a virtio console. */
  console: boolean;
  /** RAM as devices reach it by themselves. */
  dma: Dma;
  /** Whether there is QEMU's firmware configuration. */
  fwCfg: boolean;
  /** The machine has ended, or is to be reset. */
  ended(): void;
  /** INTR of the 8259 pair has fallen: the bootstrap processor must not take it any more. */
  externalGone(): void;
}

/** What snapshots need of a device. */
export type Stateful = Pick<Device<object>, "save" | "restore">;

/** All devices that the CPUs share. */
export interface Devices {
  ioapic: Ioapic;
  pic: Pic;
  pmTimer: PmTimer;
  pit: Pit;
  rtc: Rtc;
  hpet: Hpet;
  serial: readonly Uart[];
  pci: PciBus;
  power: Power;
  exitPort: ExitPort | undefined;
  /** Sends bytes to the virtio console, if there is one. */
  console: ((bytes: Iterable<number>) => void) | undefined;
  /** Everything that has a state, by a name that snapshots use. */
  stateful: Record<string, Stateful>;
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

/** The ports of configuration mechanism 1, with the reset control register among them, which takes bytes. */
function withReset(mechanism: Registers, reset: Registers): Registers {
  const at = PORT_MAP.reset.first - PORT_MAP.pci.first;
  const isReset = (offset: number, size: number) => offset === at && size === PORT_MAP.reset.size;
  return {
    read: (offset, size) => (isReset(offset, size) ? reset : mechanism).read(offset, size),
    write: (offset, size, value) =>
      (isReset(offset, size) ? reset : mechanism).write(offset, size, value),
  };
}

function addPci(parts: DeviceParts, pci: PciBus, reset: Registers): ConfigMechanism {
  const mechanism = new ConfigMechanism(pci);
  parts.bus.ports.add(PORT_MAP.pci.first, PORT_MAP.pci.size, withReset(mechanism, reset));
  const { first, size } = MEMORY_MAP.ecam;
  if (parts.memory <= first) parts.bus.memory.add(first, size, new Ecam(pci));
  parts.bus.ports.movable = (address) => pci.find(true, address);
  parts.bus.memory.movable = (address) => pci.find(false, address);
  return mechanism;
}

/** The serial ports among the lines that send. */
const SERIAL_SINKS = [0, 1, 3, 4];
/** The console among them. */
const CONSOLE_LINE = 2;
/** Where the slot is in the number of a function. */
const SLOT_SHIFT = 3;

type Irq = { pic: number; pin: number };

/** Makes the devices that tell time. While the HPET stands in for PIT and RTC, their own lines lead nowhere. */
function makeTimers(
  parts: DeviceParts,
  line: (irq: Irq) => Line,
  { ioapic, power }: Pick<Devices, "ioapic" | "power">,
) {
  const { schedule } = parts;
  const replaced = [line(IRQ_MAP.pit), line(IRQ_MAP.rtc)] as const;
  const unlessLegacy = (target: Line): Line => {
    return (level) => {
      if (!hpet.isLegacy) target(level);
    };
  };
  const off = () => power.off();
  const pmTimer = new PmTimer(schedule, line(IRQ_MAP.sci), off, seededPmTimer(parts.seed));
  const pit = new Pit(schedule, unlessLegacy(replaced[0]));
  const rtc = new Rtc(schedule, unlessLegacy(replaced[1]), parts.date, CMOS);
  const hpet: Hpet = new Hpet(schedule, {
    routes: ((1 << HPET_PINS.count) - 1) << HPET_PINS.first,
    pin: (pin, level) => ioapic.setLine(pin, level),
    legacy: (number, level) => replaced[number as 0 | 1](level),
  });
  return { pmTimer, pit, rtc, hpet };
}

/** Puts a virtio device into a slot. INTA is active low. */
function addVirtio(
  { dma, interconnect }: DeviceParts,
  { pci, ioapic }: Pick<Devices, "pci" | "ioapic">,
  slot: number,
  device: VirtioDevice,
): VirtioFunction {
  const line: Line = (level) => ioapic.setLine(interruptPin(slot, 0), !level);
  const send = (message: ApicMessage) => interconnect.post(message);
  const transport = new VirtioFunction(device, { memory: dma, line, send });
  line(false);
  pci.add(slot << SLOT_SHIFT, transport.endpoint);
  return transport;
}

/** What snapshots need of a virtio device. */
function virtioState(name: string, device: Stateful, transport: VirtioFunction) {
  return { [name]: device, [`${name}-transport`]: transport, [`${name}-msix`]: transport.msix };
}

/** The disks, from a slot of their own each on. */
function addDisks(
  parts: DeviceParts,
  buses: Pick<Devices, "pci" | "ioapic">,
): Record<string, Stateful> {
  const states = parts.disks.map((image, index) => {
    const block = new BlockDevice(image, parts.dma);
    const transport = addVirtio(parts, buses, DISK_SLOTS.first + index, block);
    return virtioState(`disk${index}`, block, transport);
  });
  return Object.assign({}, ...states);
}

/** The console, if the machine has one. */
function addConsole(
  parts: DeviceParts,
  buses: Pick<Devices, "pci" | "ioapic">,
): { input?: Devices["console"]; state: Record<string, Stateful> } {
  if (!parts.console) return { state: {} };
  const sink = parts.sinks[CONSOLE_LINE] ?? (() => {});
  const device = new ConsoleDevice(parts.dma, (bytes) => {
    for (const byte of bytes) sink(byte, parts.schedule.now);
  });
  const transport = addVirtio(parts, buses, CONSOLE_SLOT, device);
  const input = (bytes: Iterable<number>) => {
    device.input(bytes);
    transport.serve(RECEIVE);
  };
  return { input, state: virtioState("console", device, transport) };
}

/** What resets the machine, each in its own way. */
function makeResets(line: (irq: Irq) => Line, power: Power) {
  const keyboard = line(IRQ_MAP.keyboard);
  const aux = line(IRQ_MAP.aux);
  return {
    i8042: new I8042({ keyboard, aux, reset: () => power.reset("keyboard-controller") }),
    fastReset: new FastReset(() => power.reset("0x92")),
    resetControl: new ResetControl(() => power.reset("0xcf9")),
  };
}

/** Devices that a machine has only on demand. */
function makeOptional(parts: DeviceParts): { exitPort?: ExitPort; fwCfg?: FwCfg } {
  const { ports } = parts.bus;
  const { first, size } = PORT_MAP.fwCfg;
  const fwCfg = parts.fwCfg ? new FwCfg(parts) : undefined;
  if (fwCfg) ports.add(first, size, fwCfg, { max: size });
  const exitPort = parts.exitPort === undefined ? undefined : new ExitPort(() => parts.ended());
  if (exitPort) ports.add(parts.exitPort!, EXIT_PORTS, exitPort);
  return { ...(exitPort && { exitPort }), ...(fwCfg && { fwCfg }) };
}

function addResets(bus: SystemBus, { i8042, fastReset }: ReturnType<typeof makeResets>): void {
  addPorts(bus, PORT_MAP.i8042Data, i8042.data);
  addPorts(bus, PORT_MAP.i8042Command, i8042.command);
  addPorts(bus, PORT_MAP.fastA20, fastReset);
}

function addToBus(
  bus: SystemBus,
  devices: Omit<Devices, "stateful" | "exitPort" | "power" | "console">,
): void {
  const { ioapic, pic, pit, rtc, hpet, pmTimer, serial } = devices;
  bus.memory.add(MEMORY_MAP.ioapic.first, MEMORY_MAP.ioapic.size, ioapic);
  bus.memory.add(MEMORY_MAP.hpet.first, MEMORY_MAP.hpet.size, hpet);
  const ports = [PORT_MAP.com1, PORT_MAP.com2, PORT_MAP.com3, PORT_MAP.com4];
  for (const [index, port] of serial.entries()) addPorts(bus, ports[index]!, port);
  addPorts(bus, PORT_MAP.picMaster, pic.master);
  addPorts(bus, PORT_MAP.picSlave, pic.slave);
  addPorts(bus, PORT_MAP.picLevels, pic.levels);
  addPorts(bus, PORT_MAP.pit, pit);
  addPorts(bus, PORT_MAP.speaker, pit.speaker);
  addPorts(bus, PORT_MAP.rtc, rtc);
  addPorts(bus, PORT_MAP.post, POST);
  bus.ports.add(PORT_MAP.acpi.first, PORT_MAP.acpi.size, pmTimer);
}

/** The power-on self-test port: takes what is written, and reads as nothing. */
const POST: Registers = { read: () => 0xff, write() {} };

/** An interrupt line that several devices raise: high while any of them does. */
function shared(line: Line): () => Line {
  const levels: boolean[] = [];
  return () => {
    const own = levels.push(false) - 1;
    return (level) => {
      levels[own] = level;
      line(levels.includes(true));
    };
  };
}

/** The serial ports, with the lines of a PC's. */
function makeSerial(parts: DeviceParts, line: (irq: Irq) => Line): Uart[] {
  const lines = [IRQ_MAP.com1, IRQ_MAP.com2].map((irq) => shared(line(irq)));
  return SERIAL_SINKS.slice(0, parts.serialPorts).map((sink, index) => {
    const send = parts.sinks[sink] ?? (() => {});
    return new Uart(parts.schedule, lines[index % lines.length]!(), send, parts.serialSpeed);
  });
}

/** Makes and wires all devices. */
export function createDevices(parts: DeviceParts): Devices {
  const ioapic = new Ioapic((message) => parts.interconnect.post(message));
  const pic = new Pic((level) => {
    if (!level) parts.externalGone();
  });
  const line = (irq: Irq): Line => {
    return (level) => {
      pic.setLine(irq.pic, level);
      ioapic.setLine(irq.pin, level);
    };
  };
  const power = new Power(parts.schedule, () => parts.ended());
  const timers = makeTimers(parts, line, { ioapic, power });
  const resets = makeResets(line, power);
  const serial = makeSerial(parts, line);
  const pci = makePci();
  const disks = addDisks(parts, { pci, ioapic });
  const console = addConsole(parts, { pci, ioapic });
  const pciConfig = addPci(parts, pci, resets.resetControl);
  const devices = { ioapic, pic, ...timers, serial, pci };
  addToBus(parts.bus, devices);
  addResets(parts.bus, resets);
  const named = {
    ioapic,
    pic,
    ...timers,
    ...Object.fromEntries(serial.map((port, index) => [`com${index + 1}`, port])),
    pciConfig,
    power,
    ...resets,
  };
  const functions = pci.functions.map(([bdf, device]) => [`pci-${bdf.toString(16)}`, device]);
  const optional = makeOptional(parts);
  const stateful = {
    ...named,
    ...Object.fromEntries(functions),
    ...disks,
    ...console.state,
    ...optional,
  };
  return { ...devices, power, exitPort: optional.exitPort, console: console.input, stateful };
}
