// What the core asks of the architecture: the start of a cell, its communication region, a CPU's way back.
import { expect, test } from "vitest";
import * as comm from "../../../abi/comm.ts";
import { EINVAL } from "../../../abi/errno.ts";
import * as hc from "../../../abi/hypercall.ts";
import { REG_EFER, REG_PAT } from "../../../abi/platform.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";
import { Guest } from "./guest.ts";

function startedCell(): Guest {
  const guest = new Guest(undefined, 0, {
    x86: {
      pmTimer: 0x608,
      tscKhz: 1_000_000,
      apicKhz: 1_000_008,
      mmconfig: { base: 0x1_b0000000n, endBus: 0xff },
    },
  });
  const config = cfg.cellConfig({
    regions: [cfg.loadable(5n * cfg.MIB), cfg.COMM],
    cpus: [2, 3],
    resetAddress: 0xffff0n,
  });
  guest.platform.writeRam(cfg.CONFIG_ADDRESS, config);
  expect(guest.platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(0);
  guest.output();
  expect(guest.platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(0);
  return guest;
}

test("all CPUs of a started cell are reset, and say so", () => {
  const guest = startedCell();
  const { platform } = guest;
  for (const cpu of [2, 3]) {
    expect(platform.cpus[cpu]!.activity).toBe("reset:ffff0");
    expect(platform.cpus[cpu]!.registers.get(REG_EFER)).toBe(0x1000n);
    expect(platform.cpus[cpu]!.registers.get(REG_PAT)).toBe(0n);
  }
  const output = guest.output();
  expect(output).toContain("CPU 2 received SIPI, vector 100\n");
  expect(output).toContain("CPU 3 received SIPI, vector 100\n");
});

test("the line is printed on every start, however often", () => {
  const guest = startedCell();
  for (let round = 0; round < 40; round++) {
    guest.platform.comm.get(1)![comm.COMM_CELL_STATE / 4] = comm.CELL_SHUT_DOWN;
    guest.output();
    expect(guest.platform.hypercall(0, hc.HC_CELL_START, 1n)).toBe(0);
    expect(guest.output()).toContain("CPU 3 received SIPI, vector 100\n");
  }
});

test("the communication region describes the machine", () => {
  const page = startedCell().platform.comm.get(1)!;
  expect(page[comm.COMM_PCI_MMCONFIG_BASE / 4]).toBe(0xb0000000);
  expect(page[comm.COMM_PCI_MMCONFIG_BASE / 4 + 1]).toBe(1);
  expect(page[comm.COMM_PM_TIMER_ADDRESS / 4]).toBe(0x608 | (2 << 16));
  expect(page[comm.COMM_TSC_KHZ / 4]).toBe(1_000_000);
  expect(page[comm.COMM_APIC_KHZ / 4]).toBe(1_000_008);
});

test("a CPU that comes back waits for a SIPI of the root cell", () => {
  const guest = startedCell();
  guest.platform.comm.get(1)![comm.COMM_CELL_STATE / 4] = comm.CELL_SHUT_DOWN;
  expect(guest.platform.hypercall(0, hc.HC_CELL_DESTROY, 1n)).toBe(0);
  expect(guest.platform.cpus[3]!.activity).toBe("wait-for-sipi");
  guest.output();
  expect(guest.wrmsr(0x830, 0x300004699n)).toBe(1);
  expect(guest.output()).toBe("CPU 3 received SIPI, vector 99\n");
  expect(guest.platform.cpus[3]!.stopped).toBe(false);
});

test.each<[string, cfg.SystemOptions]>([
  ["an IOAPIC in RAM", { root: { irqchips: [{ address: 0x1000n, pins: 1 }] } }],
  [
    "an IOAPIC in the hypervisor's memory",
    { root: { irqchips: [{ address: cfg.HYPERVISOR.phys, pins: 1 }] } },
  ],
  ["an IOAPIC off its page", { root: { irqchips: [{ address: 0xfec00010n, pins: 1 }] } }],
  ["an IOAPIC beyond all addresses", { root: { irqchips: [{ address: ~0xfffn, pins: 1 }] } }],
  ["a configuration space off its page", { x86: { mmconfig: { base: 0xb0000800n, endBus: 0 } } }],
  ["a configuration space that wraps", { x86: { mmconfig: { base: ~0xfffffn, endBus: 0xff } } }],
])("%s refuses enabling, and nothing was touched", (_name, system) => {
  const platform = new FakePlatform();
  const touched: bigint[] = [];
  platform.onMmio = (address) => {
    touched.push(BigInt.asUintN(64, address));
    return 0n;
  };
  const config = cfg.systemConfig({
    ...system,
    root: { regions: cfg.ROOT_REGIONS, ...system.root },
  });
  expect(platform.init(config)).toBe(-EINVAL);
  expect(touched).toEqual([]);
});

test("a PM timer at PCI's ports does not open them", () => {
  const guest = new Guest(undefined, 0, { x86: { pmTimer: 0xcf8 } });
  expect(guest.platform.ports.get(0)?.has(0xcf8)).toBe(false);
});
