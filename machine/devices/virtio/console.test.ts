import { describe, expect, test } from "vitest";
import { ConsoleDevice, RECEIVE } from "./console.ts";
import type { Chain, Dma } from "./queue.ts";

const TRANSMIT = 1;
const MIB = 0x100000;

function make(size = 0x10000) {
  const ram = new Uint8Array(size);
  const memory: Dma = {
    read: (at, count) => ram.slice(at, at + count),
    write: (at, bytes) => ram.set(bytes, at),
  };
  const sent: number[] = [];
  const device = new ConsoleDevice(memory, (bytes) => sent.push(...bytes));
  return { ram, sent, device };
}

const chain = (readable: Chain["readable"], writable: Chain["writable"] = []): Chain => ({
  ...{ head: 0, readable, writable },
});

describe("the console", () => {
  test("sends all that a request holds, up to a MiB", () => {
    const { ram, sent, device } = make(2 * MIB);
    ram.set([1, 2, 3, 4], 0x1000);
    const pieces = [0x1002, 0x1000].map((address) => ({ address, size: 2 }));
    expect(device.handle(TRANSMIT, chain(pieces))).toBe(0);
    expect(sent).toEqual([3, 4, 1, 2]);
    let count = 0;
    const other = new ConsoleDevice(
      { read: (_at, size) => new Uint8Array(size), write() {} },
      (bytes) => {
        count += bytes.length;
      },
    );
    other.handle(TRANSMIT, chain(Array(256).fill({ address: 0, size: 0xffffffff })));
    expect(count).toBe(MIB);
  });

  test("keeps input until there is room, and fills what there is", () => {
    const { ram, device } = make();
    const room = (size: number) => chain([], [{ address: 0x2000, size }]);
    expect(device.handle(RECEIVE, room(8))).toBeUndefined();
    device.input([1, 2, 3, 4, 5]);
    expect([device.handle(RECEIVE, room(3)), ram[0x2002]]).toEqual([3, 3]);
    const saved = device.save();
    expect(saved).toEqual({ kind: "virtio-console", version: 1, state: { input: [4, 5] } });
    expect([device.handle(RECEIVE, room(8)), ram[0x2001]]).toEqual([2, 5]);
    device.restore(saved);
    expect(device.handle(RECEIVE, room(1))).toBe(1);
  });
});
