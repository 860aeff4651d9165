// The HPET of a machine whose timers can write to memory (QEMU's hpet.msi), under a real Linux: the root cell keeps its counter and
// sends interrupts to its own CPUs, and writes nowhere else.
import { afterAll, beforeAll, expect, test } from "vitest";
import { Guest } from "../../tools/metal/guest.ts";
import { describeLinux } from "./linux.ts";

const HPET = 0xfed00000;
const COUNTER = HPET + 0xf0;
/** The third timer, which Linux does not use. */
const CONFIG = HPET + 0x140;
const COMPARATOR = CONFIG + 0x08;
const DATA = CONFIG + 0x10;
const ADDRESS = CONFIG + 0x14;
const ENABLE = 0x4;
const FSB = 0x4000;
const FSB_CAPABLE = 0x8000;
/** Memory that Linux has been told to leave alone: a cell's, and the hypervisor's. */
const CELLS = 0x3e000000;
const HYPERVISORS = 0x3a500000;
const MARK = 0x41424344;
const VECTOR = 0x41;
const TO_CPU_1 = 0xfee01000;
/** Counts of the timer, 10 ns each, until it fires. */
const DELAY = 10_000_000;

const hex = (value: number) => `0x${value.toString(16)}`;

describeLinux("an HPET that writes to memory", () => {
  let guest: Guest;
  const read = async (address: number) =>
    Number((await guest.check(`busybox devmem ${hex(address)} 32`)).trim());
  const write = (address: number, value: number) =>
    guest.check(`busybox devmem ${hex(address)} 32 ${hex(value)}`);
  /** What is in memory, past the hypervisor. */
  const memory = async (address: number) =>
    /: 0x([0-9a-f]+)/.exec(await guest.monitor(`xp /1xw ${hex(address)}`))?.[1];

  /** Tells the timer to write MARK to memory soon, and waits until it would have. */
  async function strike(address: number): Promise<void> {
    await write(CONFIG, 0);
    await write(DATA, MARK & ~0x700);
    await write(ADDRESS, address);
    await write(COMPARATOR, ((await read(COUNTER)) + DELAY) >>> 0);
    await write(CONFIG, FSB | ENABLE | 0x100);
    await guest.check("sleep 1");
  }

  beforeAll(async () => {
    const devices = ["-global", "hpet.msi=on"];
    // Registers that a driver has claimed can be written; a slow emulator needs no check of its timer.
    const append = ["iomem=relaxed", "no_timer_check"];
    guest = await Guest.boot({ jailhouse: true, machine: { devices }, append });
    await guest.check("insmod driver/jailhouse.ko");
  });
  afterAll(() => guest?.close());

  test("is one: it writes where Linux says as long as there is no hypervisor", async () => {
    expect((await read(CONFIG)) & FSB_CAPABLE).toBe(FSB_CAPABLE);
    await strike(CELLS);
    expect(await memory(CELLS)).toBe((MARK & ~0x700).toString(16));
    await write(CONFIG, 0);
  });

  test("writes nowhere under the hypervisor, and sends interrupts to own CPUs", async () => {
    await guest.check("jailhouse enable configs/qemu-x86.cell");
    const before = await memory(HYPERVISORS);
    await strike(HYPERVISORS);
    expect((await read(CONFIG)) & FSB).toBe(0);
    expect(await memory(HYPERVISORS)).toBe(before);
    expect(guest.com1.text).toContain("specified an HPET route outside cell boundaries");
    await write(DATA, VECTOR);
    await write(ADDRESS, TO_CPU_1);
    await write(CONFIG, FSB);
    expect((await read(CONFIG)) & FSB).toBe(FSB);
    await write(CONFIG, 0);
    const first = await read(COUNTER);
    expect(await read(COUNTER)).not.toBe(first);
    await guest.check("jailhouse disable");
  });

  test("is silenced when it is armed before the hypervisor comes", async () => {
    await write(DATA, MARK);
    await write(ADDRESS, HYPERVISORS);
    await write(CONFIG, FSB);
    await guest.check("jailhouse enable configs/qemu-x86.cell");
    expect((await read(CONFIG)) & FSB).toBe(0);
    await guest.check("jailhouse disable");
  });
});
