import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { encode } from "../../config/index.ts";
import apicDemo from "../../configs/x86/apic-demo.ts";
import { FakeComputer } from "../testing/fake-computer.ts";
import { loadCalls } from "./calls.ts";
import {
  CORE_FILES,
  CPU_FILES,
  isVirtual,
  MEMORY_FILES,
  memorySize,
  offlineCpus,
  splitCores,
  VIRTUAL_FILES,
} from "./computer.ts";
import { LocalTarget } from "./local.ts";
import { LinuxSession } from "./session.ts";

let computer: FakeComputer;
beforeEach(() => {
  computer = new FakeComputer();
});
afterEach(() => computer.close());

const files = () =>
  new LocalTarget(computer.host).gather([
    ...[...CPU_FILES, ...MEMORY_FILES, ...CORE_FILES, ...VIRTUAL_FILES],
  ]);

const siblings = (cpu: number, list: string) =>
  computer.write(`/sys/devices/system/cpu/cpu${cpu}/topology/thread_siblings_list`, `${list}\n`);

test("a computer is physical when nothing says that it is virtual", async () => {
  expect(isVirtual(await files())).toBe(true);
  expect(await new LinuxSession(new LocalTarget(computer.host)).risk()).toBeUndefined();
  computer.write("/proc/cpuinfo", "flags\t\t: fpu svm npt nohypervisor\n");
  expect(isVirtual(await files())).toBe(false);
  expect(await new LinuxSession(new LocalTarget(computer.host)).risk()).toContain(
    "physical computer",
  );
  computer.write("/sys/class/dmi/id/sys_vendor", "ASUS\n");
  expect(isVirtual(await files())).toBe(false);
  for (const name of ["VirtualBox", "Emulated PC"]) {
    computer.write("/sys/class/dmi/id/product_name", `${name}\n`);
    expect(isVirtual(await files())).toBe(true);
  }
  computer.remove("/sys/class/dmi");
  computer.write("/sys/hypervisor/type", "xen\n");
  expect(isVirtual(await files())).toBe(true);
});

test("cores that a cell would share are found, and named at its creation", async () => {
  siblings(2, "2");
  siblings(3, "1,3");
  expect(splitCores(await files(), [2, 3])).toEqual([[3, [1]]]);
  expect(splitCores(await files(), [1, 3])).toEqual([]);
  computer.answer = () => {
    const cell = { id: 1, name: "apic-demo", state: "shut down", cpusFailed: [] } as const;
    computer.show([{ ...cell, cpusAssigned: [3] }]);
    return 0;
  };
  const session = new LinuxSession(new LocalTarget(computer.host));
  const ours = /^CPU 3 of cell "apic-demo" shares a core with CPU 1,/;
  expect((await session.createCell(encode(apicDemo))).warnings).toEqual([
    expect.stringMatching(ours),
  ]);
  const answer = computer.answer;
  computer.answer = (request, argument) => {
    computer.log("jailhouse: CPU 3 of cell shares a core with CPU 1 of another cell", 4);
    return answer(request, argument);
  };
  expect((await session.createCell(encode(apicDemo))).warnings).toEqual([
    "CPU 3 of cell shares a core with CPU 1 of another cell",
  ]);
  await session.close();
});

test("memory and CPUs are Linux'", async () => {
  expect(memorySize(await files())).toBe(2 ** 30);
  computer.online([0, 2]);
  expect(offlineCpus(await files())).toEqual([1, 3]);
});

test("system calls are the process's own", async () => {
  const calls = await loadCalls();
  const file = join(computer.host.root, "file");
  writeFileSync(file, "12345");
  const fd = openSync(file, "r");
  expect(calls.seekToEnd(fd)).toBe(5);
  // A file knows no request of ours: ENOTTY.
  expect(calls.ioctl(fd, 0x40080000, new Uint8Array(8))).toBe(-25);
  closeSync(fd);
  // EBADF.
  expect(calls.seekToEnd(fd)).toBe(-9);
  const bytes = new Uint8Array(64);
  expect(calls.addressOf(bytes.subarray(16)) - calls.addressOf(bytes)).toBe(16n);
});
