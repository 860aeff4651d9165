// The devices as the DSDT tells them: the PCI root with its windows and interrupts, and what no bus enumerates.
import { IRQ_MAP, interruptPin, MEMORY_MAP, PCI_MAP, PCI_WINDOWS, PORT_MAP } from "../board.ts";
import { SLEEP_TYPE_OFF } from "../devices/pm-timer/pm-timer.ts";
import * as A from "./aml.ts";
import * as R from "./resources.ts";

const SLOTS = 32;
const INTERRUPT_PINS = 4;
/** A _PRT names all functions of a slot. */
const ANY_FUNCTION = 0xffff;
const PCI_EXPRESS = "33db4d5b-1ff7-401c-9657-7441c03dd766";
/** _OSC: the caller only asks; what it must not have is taken away. */
const OSC_UNKNOWN_UUID = 4;
const OSC_UNKNOWN_REVISION = 8;
/** _OSC control: PME, error reports and the capability structures are the system's; there is no hot-plug. */
const OSC_GRANTED = 0x1c;
const OSC_REVISION = 1;
const OSC_CONTROL_OFFSET = 8;
const PRESENT = 0xf;

function interruptRoutes(): number[] {
  const routes: number[][] = [];
  for (let slot = 0; slot < SLOTS; slot++) {
    const entries = Array.from({ length: INTERRUPT_PINS }, (_, pin) =>
      A.pack(
        A.integer(slot * 0x10000 + ANY_FUNCTION),
        A.integer(pin),
        A.integer(0),
        A.integer(interruptPin(slot, pin)),
      ),
    );
    routes.push(...entries);
  }
  return A.pack(...routes);
}

/** _OSC of the root: what an operating system may control of PCI Express (PCI Firmware Specification 3.3, section 4.5). */
function operatingSystemCapabilities(): number[] {
  const status = A.path("CDW1");
  const control = A.path("CDW3");
  return A.method(
    "_OSC",
    4,
    A.dwordField(A.argument(3), 0, "CDW1"),
    A.when(
      A.equal(A.argument(0), A.uuid(PCI_EXPRESS)),
      A.dwordField(A.argument(3), OSC_CONTROL_OFFSET, "CDW3"),
      A.and(control, A.integer(OSC_GRANTED)),
      A.when(
        A.not(A.equal(A.argument(1), A.integer(OSC_REVISION))),
        A.or(status, A.integer(OSC_UNKNOWN_REVISION)),
      ),
    ),
    A.otherwise(A.or(status, A.integer(OSC_UNKNOWN_UUID))),
    A.giveBack(A.argument(3)),
  );
}

function plain(text: string, id: string, ...descriptors: readonly number[][]): number[] {
  return A.device(text, A.name("_HID", A.eisaId(id)), A.name("_CRS", R.resources(...descriptors)));
}

function serialPort(text: string, unit: number, range: { first: number; size: number }): number[] {
  return A.device(
    text,
    A.name("_HID", A.eisaId("PNP0501")),
    A.name("_UID", A.integer(unit)),
    A.name("_STA", A.integer(PRESENT)),
    A.name("_CRS", R.resources(R.ports(range), R.irq(IRQ_MAP[unit === 1 ? "com1" : "com2"].pic))),
  );
}

/** What is behind the LPC bridge. */
function lpcDevices(): number[][] {
  const cascade = 2;
  return [
    plain(
      "PIC_",
      "PNP0000",
      R.ports(PORT_MAP.picMaster),
      R.ports(PORT_MAP.picSlave),
      R.ports(PORT_MAP.picLevels),
      R.irq(cascade),
    ),
    plain("TMR_", "PNP0100", R.ports(PORT_MAP.pit), R.irq(IRQ_MAP.pit.pic)),
    plain("SPKR", "PNP0800", R.ports(PORT_MAP.speaker)),
    plain("RTC_", "PNP0B00", R.ports(PORT_MAP.rtc), R.irq(IRQ_MAP.rtc.pic)),
    serialPort("COM1", 1, PORT_MAP.com1),
    serialPort("COM2", 2, PORT_MAP.com2),
    A.device(
      "RSVD",
      A.name("_HID", A.eisaId("PNP0C02")),
      A.name("_UID", A.integer(1)),
      A.name(
        "_CRS",
        R.resources(R.ports(PORT_MAP.post), R.ports(PORT_MAP.fastA20), R.ports(PORT_MAP.acpi)),
      ),
    ),
  ];
}

function rootBridge(): number[] {
  const { first, size } = PORT_MAP.pci;
  const below = { first: 0, size: first };
  const above = { first: first + size, size: 0x10000 - first - size };
  return A.device(
    "PCI0",
    A.name("_HID", A.eisaId("PNP0A08")),
    A.name("_CID", A.eisaId("PNP0A03")),
    A.name("_UID", A.integer(0)),
    A.name(
      "_CRS",
      R.resources(
        R.busWindow({ first: 0, size: 0x100 }),
        R.ports(PORT_MAP.pci),
        R.portWindow(below),
        R.portWindow(above),
        R.memoryWindow(PCI_WINDOWS.memory),
        R.wideMemoryWindow(PCI_WINDOWS.wideMemory),
      ),
    ),
    A.name("_PRT", interruptRoutes()),
    operatingSystemCapabilities(),
    A.device(
      "LPC_",
      A.name("_ADR", A.integer(slotAddress(PCI_MAP.lpcBridge.bdf))),
      ...lpcDevices(),
    ),
  );
}

/** _ADR of a function: device in 31:16, function in 15:0. */
function slotAddress(bdf: number): number {
  return ((bdf >> 3) & 0x1f) * 0x10000 + (bdf & 7);
}

/** The definition block's terms. `hasEcam`: memory-mapped configuration space is there. */
export function dsdtTerms(hasEcam: boolean): number[] {
  const ecam = A.device(
    "MCFG",
    A.name("_HID", A.eisaId("PNP0C02")),
    A.name("_UID", A.integer(0)),
    A.name("_CRS", R.resources(R.memory(MEMORY_MAP.ecam))),
  );
  const off = A.integer(SLEEP_TYPE_OFF);
  return [
    ...A.scope(
      "_SB",
      ...(hasEcam ? [ecam] : []),
      plain("HPET", "PNP0103", R.memory(MEMORY_MAP.hpet)),
      rootBridge(),
    ),
    ...A.name("_S5", A.pack(off, off, A.integer(0), A.integer(0))),
  ];
}
