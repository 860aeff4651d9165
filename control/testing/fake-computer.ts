// A directory tree that stands for a computer whose driver is loaded, and a driver that notes the bytes of every request
// and answers what a test wants.

import { appendFileSync, mkdirSync, mkdtempSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { CellInfo, CellStatistics, MachineStatus } from "../api.ts";
import type { LinuxCalls } from "../linux/calls.ts";
import { DEVICE, type Host, SYSFS } from "../linux/host.ts";
import { cpuList, sysfsFiles } from "../sysfs.ts";

/** Where the first array that a structure points to seems to lie; the others follow at this distance. */
export const FIRST_ADDRESS = 0x1000n;

export interface NotedRequest {
  readonly request: number;
  /** The argument, in hex; undefined: none. */
  readonly argument: string | undefined;
}

export class FakeComputer implements LinuxCalls {
  readonly host: Host;
  readonly requests: NotedRequest[] = [];
  /** Arrays that structures point to, in the order of their addresses. */
  readonly pointedTo: Uint8Array[] = [];
  /** What ioctl does and returns. */
  answer: (request: number, argument: Uint8Array | null) => number = () => 0;
  /** What is removed at the end. */
  readonly #own: string;
  readonly #root: string;
  #cells: CellStatistics[] = [];

  /** `given` must not exist yet; without one it is in a directory of its own. */
  constructor(given?: string) {
    const own = given ?? mkdtempSync(join(tmpdir(), "computer-"));
    const root = given ?? join(own, "root");
    this.#own = own;
    this.#root = root;
    this.host = { root, loadCalls: async () => this };
    this.write(DEVICE, "");
    this.write("/dev/kmsg", "6,1,100,-;Linux version 6.1.0\n");
    this.write("/proc/meminfo", "MemTotal:        1048576 kB\nMemFree: 1 kB\n");
    this.write("/proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu svm hypervisor\n\n");
    for (const file of ["present", "online"])
      this.write(`/sys/devices/system/cpu/${file}`, "0-3\n");
    this.show();
  }

  write(path: string, content: string | Uint8Array): void {
    const file = join(this.#root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }

  remove(path: string): void {
    rmSync(join(this.#root, path), { recursive: true });
  }

  /** The hypervisor prints something. */
  print(text: string): void {
    appendFileSync(join(this.#root, DEVICE), text);
  }

  /** The kernel logs a record; level 4 is a warning. */
  log(text: string, level = 6): void {
    appendFileSync(
      join(this.#root, "/dev/kmsg"),
      `${level},1234,5140900,-;${text}\n SUBSYSTEM=jailhouse\n`,
    );
  }

  /** Shows these cells in sysfs; undefined: not enabled. */
  show(cells?: readonly (CellInfo & { readonly total?: number })[]): void {
    rmSync(join(this.#root, SYSFS), { recursive: true, force: true });
    this.#cells = (cells ?? []).map(({ total = 0, ...cell }) => {
      const cpus = cell.cpusAssigned.map((cpu) => [cpu, { total: total + cpu, mmio: 1 }] as const);
      return { cell, total: { total, mmio: 1 }, cpus: new Map(cpus) };
    });
    const pool = cells ? { size: 979, used: 202 } : { size: 0, used: 0 };
    const status: MachineStatus = {
      ...{ name: "", cpus: 4, memory: 0, time: 0, offline: [], memoryMap: [] },
      ...{ enabled: cells !== undefined, learning: false, pools: { memory: pool, remap: pool } },
      pace: "real",
      cells: this.#cells.map(({ cell }) => cell),
    };
    mkdirSync(join(this.#root, SYSFS, "cells"), { recursive: true });
    const files = sysfsFiles({ status, cells: this.#cells, console: "" });
    for (const [path, content] of files) this.write(`${SYSFS}/${path}`, content);
  }

  /** CPUs that Linux has, the others being offline. */
  online(cpus: readonly number[]): void {
    this.write("/sys/devices/system/cpu/online", `${cpuList(cpus)}\n`);
  }

  addressOf(bytes: Uint8Array): bigint {
    this.pointedTo.push(Uint8Array.from(bytes));
    return FIRST_ADDRESS * BigInt(this.pointedTo.length);
  }

  ioctl(_fd: number, request: number, argument: Uint8Array | null): number {
    const hex = argument === null ? undefined : Buffer.from(argument).toString("hex");
    this.requests.push({ request, argument: hex });
    return this.answer(request, argument);
  }

  seekToEnd(fd: number): number {
    const buffer = Buffer.alloc(4096);
    while (readSync(fd, buffer) > 0);
    return 0;
  }

  close(): void {
    rmSync(this.#own, { recursive: true, force: true });
  }
}
