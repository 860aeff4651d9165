// enable --learn and explain under a real Linux: a configuration without ten entries brings it up and gets them back.
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkConfigs } from "../../config/check/index.ts";
import { bdf, decode, encode, KiB, mmio } from "../../config/index.ts";
import type { MemoryRegion, PortRange, SystemConfig } from "../../config/types.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import { qemuSystem } from "../../configs/x86/shared/qemu.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { buildSample } from "../inmates/toolchain.ts";
import { describeLinux } from "./linux.ts";

/** First ports: PIT, RTC, VGA, the console that Linux prints on. */
const PORTS = [0x40, 0x70, 0x3b0, 0x3e8];
/** The network card: BAR 0, BAR 1, BAR 3 without its MSI-X table; AHCI, HPET. */
const MEMORY = [0xfeb80000n, 0xfeba0000n, 0xfebd1000n, 0xfebd9000n, 0xfed00000n];
/** The network card itself, which Linux uses. */
const CARD = bdf(0, 2, 0);
/** QEMU answers there, whoever is behind it, once the link is up. */
const PING =
  "ifconfig eth0 10.0.2.15 up && for try in $(seq 60); do ping -c 1 -W 1 10.0.2.2 && break; done && ping -c 3 10.0.2.2";

const whole = decode(encode(qemuX86)) as SystemConfig;
const { rootCell } = whole;
const isForgotten = {
  ports: ({ base }: PortRange) => PORTS.includes(base),
  memory: ({ physicalStart }: MemoryRegion) => MEMORY.includes(physicalStart),
};
const forgotten = {
  ports: rootCell.ports.filter(isForgotten.ports),
  memory: rootCell.memory.filter(isForgotten.memory),
  devices: rootCell.pciDevices.filter(({ bdf }) => bdf === CARD),
};
/** The same machine without a network card, its capabilities included. */
const other = qemuSystem({
  registers: [
    mmio({ physical: 0xfebd4000, size: KiB(16) }),
    mmio({ physical: 0xfebd8000, size: KiB(4) }),
  ],
  devices: [],
});
const partial: SystemConfig = {
  ...other,
  rootCell: {
    ...other.rootCell,
    ports: other.rootCell.ports.filter((range) => !isForgotten.ports(range)),
    memory: other.rootCell.memory.filter((region) => !isForgotten.memory(region)),
  },
};

/** Touches the first and the last byte of everything that is missing, as a driver would. */
function touches(): string {
  const ports = forgotten.ports.flatMap(({ base, length }) => [base, base + length - 1]);
  const addresses = forgotten.memory.flatMap(({ physicalStart, size }) => [
    physicalStart,
    physicalStart + size - 4n,
  ]);
  return [
    ...ports.map((port) => `dd if=/dev/port of=/dev/null bs=1 skip=${port} count=1 2>/dev/null`),
    ...addresses.map((address) => `busybox devmem 0x${address.toString(16)} 32 >/dev/null`),
  ].join(" && ");
}

/** The card's entry is the one that ships, and what Linux writes of its capabilities is open. */
function expectCard({ pciDevices, pciCapabilities }: SystemConfig["rootCell"]): void {
  const [wanted] = forgotten.devices;
  const { capsStart, numCaps, ...same } = wanted!;
  const found = pciDevices.find(({ bdf }) => bdf === CARD)!;
  expect(found).toMatchObject(same);
  const own = pciCapabilities.slice(found.capsStart, found.capsStart + found.numCaps);
  const writable = rootCell.pciCapabilities
    .slice(capsStart, capsStart + numCaps)
    .filter(({ flags }) => flags !== 0);
  expect(own).toEqual(expect.arrayContaining(writable));
}

describeLinux("a root cell whose configuration forgot ten entries", () => {
  let guest: Guest;
  beforeAll(async () => {
    // Otherwise Linux keeps /dev/mem from registers that a driver has claimed.
    const card = { data: buildSample("card", 64) };
    const extra = new Map([["jailhouse/card.bin", card]]);
    guest = await Guest.boot({ jailhouse: true, append: ["iomem=relaxed"], extra });
  });
  afterAll(() => guest?.close());

  const put = (path: string, bytes: Uint8Array) =>
    guest.check(`echo ${Buffer.from(bytes).toString("base64")} | base64 -d >${path}`);

  test("it has exactly ten", () => {
    const { ports, memory, devices } = forgotten;
    expect([ports.length, memory.length, devices.length]).toEqual([4, 5, 1]);
  });

  test("learns them while Linux goes on", async () => {
    await put("/tmp/partial.cell", encode(partial));
    await guest.check("insmod driver/jailhouse.ko");
    await guest.check("jailhouse enable --learn /tmp/partial.cell");
    await guest.check(touches());
    await guest.check(PING);
    await guest.check("dd if=/dev/urandom of=/disk/file bs=64k count=16 && sync");
    const lines = await guest.check("jailhouse explain --fix");
    expect(lines).toContain('cell "QEMU-VM":');
    expect(lines).toContain("base: 0x70, length: 2 }");
    expect(lines).toContain("// 00:02.0: Ethernet controller, 8086:10d3");
    expect(lines).toContain("barMask: [0xfffe0000, 0xfffe0000, 0xffffffe0, 0xffffc000]");
    expect((await guest.run("jailhouse cell list")).err).toMatch(/^Learning: /);
  });

  test("writes a configuration that has them, under which it runs", async () => {
    await guest.check("jailhouse explain -o /tmp/learned.cell");
    const text = await guest.check("base64 /tmp/learned.cell");
    const learned = decode(Buffer.from(text, "base64")) as SystemConfig;
    expect(learned.flags).toBe(whole.flags);
    for (const { base, length } of forgotten.ports) {
      const ends = [base, base + length - 1];
      const has = (port: number) =>
        learned.rootCell.ports.some(
          (range) => port >= range.base && port < range.base + range.length,
        );
      expect(ends.filter((port) => !has(port))).toEqual([]);
    }
    for (const { physicalStart, size } of forgotten.memory) {
      const ends = [physicalStart, physicalStart + size - 1n];
      const has = (address: bigint) =>
        learned.rootCell.memory.some(
          (region) => address >= region.virtualStart && address < region.virtualStart + region.size,
        );
      expect(ends.filter((address) => !has(address))).toEqual([]);
    }
    expectCard(learned.rootCell);
    const faults = checkConfigs([learned]).filter(({ severity }) => severity !== "note");
    expect(faults).toEqual([]);
    await guest.check("jailhouse disable");
    await guest.check("jailhouse enable /tmp/learned.cell");
    await guest.check(touches());
    await guest.check("ifconfig eth0 down");
    await guest.check(PING);
    await guest.check("dd if=/dev/urandom of=/disk/file bs=64k count=16 && sync");
    const list = await guest.check("jailhouse cell list");
    expect(list).toMatch(/QEMU-VM +running +0-3 *\n/);
  });

  test("a cell is proposed for the card, which then belongs to it", async () => {
    const wishes = "--name card --device ethernet --device COM2 --cpus 2 --allow-dma";
    await guest.check(
      `jailhouse config create-cell /tmp/learned.cell -r / ${wishes} -o /tmp/card.cell`,
    );
    await guest.check("jailhouse config check /tmp/learned.cell /tmp/card.cell");
    await guest.check(
      "jailhouse cell create /tmp/card.cell && jailhouse cell load card card.bin -a 0xf0000",
    );
    await guest.check("jailhouse cell start card");
    await guest.com2.waitFor(/Card 8086:10d3 at 0xfeb80000, 52:54:00:12:34:56\r?\n/);
    await guest.check("jailhouse cell destroy card");
    await guest.check(PING);
    await guest.check("jailhouse disable");
  });
});
