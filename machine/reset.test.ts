import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import * as S from "./cpu/interface.ts";
import { scriptedCpu } from "./fake-cpu.ts";
import { Pc, SLICE } from "./pc.ts";
import { machine, out, SPIN, store } from "./testing/flat.ts";

const MIB = 0x100000;
const wasm = new Uint8Array(readFileSync(new URL("../dist/cpu.wasm", import.meta.url)));
const disk = { size: 512, read: () => new Uint8Array(512) };

function saved(pc: Pc): Record<string, unknown> {
  const states = Object.entries(pc.devices.stateful).map(([name, one]) => [name, one.save()]);
  return Object.fromEntries([...states, ["lapics", pc.lapics.map((lapic) => lapic.save())]]);
}

/** Something else in every device: interrupt controllers, timers, ports, PCI, ACPI. */
function disturb(pc: Pc): void {
  const ports = [
    ...[0x21, 0xa1, 0x4d1, 0x42, 0x61, 0x64, 0x60].map((port) => [port, 0x20] as const),
    ...[0x3f9, 0x2fb, 0x3f8].map((port) => [port, 0x03] as const),
  ];
  for (const [port, value] of [[0x43, 0x36], [0x40, 0], [0x40, 0x10], ...ports] as const)
    pc.writePort(0, port, 1, value);
  pc.writePort(0, 0xcf8, 4, 0x80001020);
  pc.writePort(0, 0xcfc, 4, 0xc0000000);
  pc.writePort(0, 0x602, 2, 0x21);
  for (const [address, value] of [
    ...([
      [0xfec00000, 0x12],
      [0xfec00010, 0x33],
      [0xfed00010, 1],
      [0xfee000f0, 0x1ff],
      [0xfee00350, 0x700],
    ] as const),
  ])
    pc.writePhysical(0, address, 4, BigInt(value));
  pc.pci.write(0x10, 4, 2, 2);
  pc.writePhysical(0, 0xc0000014, 1, 1n);
}

describe("after a reset", () => {
  const make = () =>
    new Pc({ cpu: scriptedCpu([]), cpus: 2, memory: MIB, pool: MIB, disks: [disk], fwCfg: true });

  test("the devices are as after power-on, but for date, CMOS memory and ACPI's timer", () => {
    const pc = make();
    const fresh = saved(pc);
    pc.onReset(() => {});
    disturb(pc);
    pc.writePort(0, 0x70, 1, 0x40);
    pc.writePort(0, 0x71, 1, 0x77);
    const changed = Object.entries(saved(pc)).filter(
      ([name, state]) => JSON.stringify(state) !== JSON.stringify(fresh[name]),
    );
    expect(changed.length).toBeGreaterThanOrEqual(12);
    pc.writePort(0, 0xcf9, 1, 6);
    // COM1 has a character to send.
    pc.run(20 * SLICE);
    const { power, rtc, pmTimer, ...others } = saved(pc);
    const { power: _power, rtc: _rtc, pmTimer: fixed, ...expected } = fresh;
    expect(others).toEqual(expected);
    expect(pmTimer).toEqual(fixed);
    expect(rtc).toMatchObject({ state: { ram: expect.arrayContaining([0x77]) } });
    expect(power).toMatchObject({ state: { resets: 1, last: { cause: "0xcf9" } } });
  });

  test("RAM is zero, and letters on their way are lost", () => {
    const pc = make();
    pc.onReset(() => pc.writeRam(0x2000, Uint8Array.of(7)));
    pc.writeRam(0x1000, Uint8Array.of(1, 2, 3));
    pc.sendIpi(1, 0, 0x40);
    pc.writePort(0, 0x92, 1, 1);
    pc.sendIpi(1, 0, 0x41);
    pc.run(SLICE);
    expect([pc.readRam(0x1000, 3), pc.readRam(0x2000, 1)]).toEqual([
      ...[new Uint8Array(3), Uint8Array.of(7)],
    ]);
    expect(pc.interconnect.isBusy).toBe(false);
  });

  test("so are the processors, which count their TSC from zero; time goes on", () => {
    const pc = machine([[...store(0x6000, 1), ...out(0xcf9, 6), ...SPIN]]);
    const fresh = new Pc({ cpu: wasm, cpus: 2, memory: 2 * MIB });
    pc.onReset(() => {});
    pc.run(SLICE);
    const kept = [S.S_TIME, S.S_DEADLINE, S.S_INSTRUCTIONS, S.S_TIME_SEEN, S.S_TSC_OFFSET];
    const states = [pc, fresh].map(({ processors }) =>
      processors.map((one) => {
        const state = one.snapshot();
        for (const offset of kept) state.fill(0, offset, offset + 8);
        return state;
      }),
    );
    expect(states[0]).toEqual(states[1]);
    expect(pc.time).toBe(SLICE);
    expect(pc.readMsr(0, 0x10)).toBe(0n);
  });
});

test("the shutdown of any CPU is a reset, where there is one", () => {
  const pc = machine([SPIN, SPIN]);
  pc.processors[1]!.activity = S.ACTIVITY_SHUTDOWN;
  pc.run(SLICE);
  expect(pc.devices.power.lastReset).toBeUndefined();
  let boots = 0;
  pc.onReset(() => boots++);
  pc.run(2 * SLICE);
  const { resets, lastReset } = pc.devices.power;
  expect({ boots, resets, lastReset }).toEqual({
    ...{ boots: 1, resets: 1 },
    lastReset: { cause: "triple-fault", time: 2 * SLICE, rip: "18000" },
  });
});
