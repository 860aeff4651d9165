// enable --learn and explain under a real Linux: a configuration without ten entries brings it up and gets them back.
import { afterAll, beforeAll, expect, test } from "vitest";
import { decode, encode } from "../../config/index.ts";
import type { MemoryRegion, PortRange, SystemConfig } from "../../config/types.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import { Guest } from "../../tools/metal/guest.ts";
import { describeLinux } from "./linux.ts";

/** First ports: PIT, RTC, VGA, the console that Linux prints on, the BIOS' debug port. */
const PORTS = [0x40, 0x70, 0x3b0, 0x3e8, 0x402];
/** VGA's registers, AHCI, HDA, HPET, the chipset's root complex. */
const MEMORY = [0xfebd8000n, 0xfebd9000n, 0xfebd4000n, 0xfed00000n, 0xfed1c000n];

const whole = decode(encode(qemuX86)) as SystemConfig;
const { rootCell } = whole;
const isForgotten = {
  ports: ({ base }: PortRange) => PORTS.includes(base),
  memory: ({ physicalStart }: MemoryRegion) => MEMORY.includes(physicalStart),
};
const forgotten = {
  ports: rootCell.ports.filter(isForgotten.ports),
  memory: rootCell.memory.filter(isForgotten.memory),
};
const partial: SystemConfig = {
  ...whole,
  rootCell: {
    ...rootCell,
    ports: rootCell.ports.filter((range) => !isForgotten.ports(range)),
    memory: rootCell.memory.filter((region) => !isForgotten.memory(region)),
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

describeLinux("a root cell whose configuration forgot ten entries", () => {
  let guest: Guest;
  beforeAll(async () => {
    // Otherwise Linux keeps /dev/mem from registers that a driver has claimed.
    guest = await Guest.boot({ jailhouse: true, append: ["iomem=relaxed"] });
  }, 300_000);
  afterAll(() => guest?.close());

  const put = (path: string, bytes: Uint8Array) =>
    guest.check(`echo ${Buffer.from(bytes).toString("base64")} | base64 -d >${path}`);

  test("it has exactly ten", () => {
    expect(forgotten.ports.length + forgotten.memory.length).toBe(10);
  });

  test("learns them while Linux goes on", async () => {
    await put("/tmp/partial.cell", encode(partial));
    await guest.check("insmod driver/jailhouse.ko");
    await guest.check("jailhouse enable --learn /tmp/partial.cell", { timeout: 300_000 });
    await guest.check(touches(), { timeout: 300_000 });
    await guest.check("dd if=/dev/urandom of=/disk/file bs=64k count=16 && sync");
    const lines = await guest.check("jailhouse explain --fix", { timeout: 300_000 });
    expect(lines).toContain('cell "QEMU-VM":');
    expect(lines).toContain("base: 0x70, length: 2 }");
    expect((await guest.run("jailhouse cell list")).err).toMatch(/^Learning: /);
  });

  test("writes a configuration that has them, under which it runs", async () => {
    await guest.check("jailhouse explain -o /tmp/learned.cell", { timeout: 300_000 });
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
    await guest.check("jailhouse disable", { timeout: 300_000 });
    await guest.check("jailhouse enable /tmp/learned.cell", { timeout: 300_000 });
    await guest.check(touches(), { timeout: 300_000 });
    await guest.check("dd if=/dev/urandom of=/disk/file bs=64k count=16 && sync");
    const list = await guest.check("jailhouse cell list");
    expect(list).toMatch(/QEMU-VM +running +0-3 *\n/);
    await guest.check("jailhouse disable", { timeout: 300_000 });
  });
});
