// Learning a cell's configuration from an image: no wider than those that ship, and the cell runs under it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { MEM_COMM_REGION } from "../../abi/config.ts";
import { decode, encode } from "../../config/index.ts";
import type { CellConfig, SystemConfig } from "../../config/types.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import { LearnError, learnCell } from "../../control/learn-cell.ts";

const SECOND = 1e9;
const COM2 = 0x2f8;
const system = decode(encode(qemuX86)) as SystemConfig;

function image(name: string): Uint8Array {
  return readFileSync(new URL(`../../inmates/demos/x86/${name}.bin`, import.meta.url));
}

/** Bytes of RAM, without the communication region. */
function ramOf(config: CellConfig): bigint {
  const own = config.memory.filter(({ flags }) => !(flags & BigInt(MEM_COMM_REGION)));
  return own.reduce((sum, { size }) => sum + size, 0n);
}

function portsOf(config: CellConfig): Set<number> {
  return new Set(
    config.ports.flatMap(({ base, length }) => Array.from({ length }, (_, i) => base + i)),
  );
}

test.each([
  ["apic-demo", apicDemo, "Timer fired, jitter:"],
  ["tiny-demo", tinyDemo, "Hello from this tiny cell!"],
])("%s needs no more than its shipped configuration gives", async (name, shipped, text) => {
  const { config, serial } = await learnCell({
    ...{ name, system, cpus: shipped.cpus, time: SECOND / 4 },
    console: Number(shipped.console.address),
    images: [{ data: image(name), address: 0xf0000n }],
  });
  expect(serial.join("")).toContain(text);
  const given = portsOf(shipped);
  expect([...portsOf(config)].filter((port) => !given.has(port))).toEqual([]);
  expect(ramOf(config)).toBeLessThanOrEqual(ramOf(shipped));
  expect(config.pciDevices).toEqual([]);
  expect(config.irqchips).toEqual([]);
  expect(config.flags & 1).toBe(shipped.flags & 1);
});

test("an inmate that nobody prepared for: 16-bit code that writes to COM2 and to RAM", async () => {
  // mov ax,0x2000; mov ds,ax; mov [0],al; mov dx,0x2f8; mov al,'!'; out dx,al; hlt; jmp $-1
  const code = [0xb8, 0x00, 0x20, 0x8e, 0xd8, 0xa2, 0, 0, 0xba, 0xf8, 0x02, 0xb0, 0x21, 0xee];
  const { config, serial } = await learnCell({
    ...{ name: "stranger", system, cpus: [2], console: COM2, time: SECOND / 100 },
    images: [{ data: Uint8Array.from([...code, 0xf4, 0xeb, 0xfd]), address: 0n }],
  });
  expect(serial[1]).toBe("!");
  expect(config.ports).toEqual([{ base: 0x2f8, length: 8 }]);
  expect(config.memory.map(({ virtualStart, size }) => [virtualStart, size])).toEqual([
    [0n, 0x1000n],
    [0x20000n, 0x1000n],
  ]);
  expect(config.cpuResetAddress).toBe(0n);
  expect(config.flags & 1).toBe(1);
});

test("what no configuration allows is said", async () => {
  // mov ecx,0x1b; wrmsr
  const code = Uint8Array.from([0x66, 0xb9, 0x1b, 0, 0, 0, 0x0f, 0x30]);
  const learning = learnCell({
    ...{ name: "rogue", system, cpus: [2], console: COM2, time: SECOND / 100 },
    images: [{ data: code, address: 0n }],
  });
  await expect(learning).rejects.toThrow(LearnError);
  await expect(learning).rejects.toThrow(/wrote 0x0 to MSR 0x1b \(at 0x6\); no cell may use it/);
});
