import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CellStatistics } from "./api.ts";
import { cpuBitmap, cpuList, type SysfsSnapshot, SysfsTree, sysfsFiles } from "./sysfs.ts";

const counters = { total: 5, mmio: 1, msr_other: 4 };

function cell(id: number, name: string, cpus: number[], failed: number[] = []): CellStatistics {
  return {
    cell: { id, name, state: "running/locked", cpusAssigned: cpus, cpusFailed: failed },
    total: counters,
    cpus: new Map(cpus.map((cpu) => [cpu, counters])),
  };
}

function snapshot(cells: CellStatistics[], console: string | undefined = "log\n"): SysfsSnapshot {
  const status = {
    name: "default",
    cpus: 4,
    memory: 2 ** 30,
    pace: "free" as const,
    enabled: cells.length > 0,
    learning: false,
    time: 0,
    cells: cells.map((each) => each.cell),
    memoryMap: [],
    pools: { memory: { size: 979, used: 202 }, remap: { size: 131072, used: 65540 } },
    offline: [],
  };
  return { status, cells, console };
}

test("CPU sets are printed as the kernel does", () => {
  expect(cpuBitmap([0, 1, 2], 4)).toBe("7");
  expect(cpuBitmap([], 4)).toBe("0");
  expect(cpuBitmap([3], 6)).toBe("08");
  expect(cpuBitmap([0, 33], 34)).toBe("2,00000001");
  expect(cpuBitmap([31, 63], 64)).toBe("80000000,80000000");
  expect(cpuList([0, 1, 2, 5, 7, 8])).toBe("0-2,5,7-8");
  expect(cpuList([])).toBe("");
});

test("the tree has the original's files, each ending with a newline", () => {
  const files = sysfsFiles(snapshot([cell(0, "root", [0, 1]), cell(1, "demo", [3], [3])]));
  const text = (path: string) => files.get(path);
  expect([...files.keys()].filter((path) => !path.startsWith("cells/"))).toEqual([
    ...["console", "enabled", "mem_pool_size", "mem_pool_used"],
    ...["remap_pool_size", "remap_pool_used"],
  ]);
  expect([text("enabled"), text("mem_pool_used"), text("remap_pool_size")]).toEqual([
    "1\n",
    "202\n",
    "131072\n",
  ]);
  const names = ["name", "state", "cpus_assigned", "cpus_assigned_list", "cpus_failed"];
  expect([...names, "cpus_failed_list"].map((name) => text(`cells/1/${name}`))).toEqual([
    "demo\n",
    "running/locked\n",
    "8\n",
    "3\n",
    "8\n",
    "3\n",
  ]);
  expect(text("cells/0/cpus_failed_list")).toBe("\n");
  expect(text("cells/1/statistics/vmexits_total")).toBe("5\n");
  expect(text("cells/1/statistics/cpu3/vmexits_msr_other")).toBe("4\n");
});

let directory: string;
let tree: SysfsTree;
let link: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "sysfs-"));
  link = join(directory, "sysfs");
  tree = new SysfsTree(link);
});
afterEach(() => rmSync(directory, { recursive: true }));

const mode = (path: string) => statSync(join(link, path)).mode & 0o777;

test("files are read-only; core and console are the owner's, a forbidden console nobody's", () => {
  tree.update(snapshot([cell(0, "root", [0])]), Buffer.from([1, 2, 3]));
  expect([mode("enabled"), mode("cells/0/name")]).toEqual([0o444, 0o444]);
  expect([mode("core"), mode("console")]).toEqual([0o400, 0o400]);
  expect(readFileSync(join(link, "core"))).toEqual(Buffer.from([1, 2, 3]));
  tree.update({ ...snapshot([cell(0, "root", [0])]), console: undefined });
  expect(mode("console")).toBe(0);
});

test("Linux' driver gives these files the same modes", () => {
  const source = (name: string) =>
    readFileSync(new URL(`../driver/${name}`, import.meta.url), "utf8");
  expect(source("sysfs.c")).toContain("DEVICE_ATTR(console, 0400, console_show, NULL)");
  expect(source("sysfs.c")).toContain("core_file = JH_FILE(core);");
  expect(source("driver.h")).toMatch(/#define JH_FILE\(title\)[^}]*\.mode = 0400 \}/);
});

test("who looks at one version sees no mixture of two", () => {
  tree.update(snapshot([cell(0, "root", [0, 1, 2, 3])]));
  const before = realpathSync(link);
  tree.update(snapshot([cell(0, "root", [0, 1, 2]), cell(1, "demo", [3])]));
  const read = (top: string) =>
    readdirSync(join(top, "cells")).map((id) =>
      readFileSync(join(top, "cells", id, "cpus_assigned_list"), "utf8"),
    );
  expect(read(before)).toEqual(["0-3\n"]);
  expect(read(link)).toEqual(["0-2\n", "3\n"]);
});

test("an unchanged tree is left alone, and closing leaves nothing", () => {
  tree.update(snapshot([]));
  const version = realpathSync(link);
  tree.update(snapshot([]));
  expect(realpathSync(link)).toBe(version);
  tree.close();
  expect(readdirSync(directory)).toEqual([]);
});
