// Lines on the console: a cell cannot go on with the hypervisor's, nor the hypervisor or another cell with a cell's; and nothing
// that a cell prints is changed.
import { beforeEach, expect, test } from "vitest";
import * as hc from "../../../abi/hypercall.ts";
import { ConsoleReader } from "../../../control/console-ring.ts";
import * as cfg from "../configurations.ts";
import { FakePlatform } from "../fake-platform.ts";

const PERMITTED = 0x40000000;
let platform: FakePlatform;
let reader: ConsoleReader;

function create(name: string, cpu: number, address: bigint): void {
  const config = cfg.cellConfig({
    name,
    id: cpu,
    cpus: [cpu],
    regions: [cfg.loadable(address), cfg.COMM],
    flags: PERMITTED,
  });
  platform.writeRam(cfg.CONFIG_ADDRESS, config);
  expect(platform.hypercall(0, hc.HC_CELL_CREATE, cfg.CONFIG_ADDRESS)).toBe(0);
}

const print = (cpu: number, text: string) => {
  for (const sign of text)
    expect(platform.hypercall(cpu, hc.HC_DEBUG_CONSOLE_PUTC, BigInt(sign.charCodeAt(0)))).toBe(0);
};
/** A line of the hypervisor's about `cpu`. */
const warn = (cpu: number) => platform.hypercall(cpu, 0x77);
/** What was printed since `mark`. */
let marked = 0;
const mark = () => {
  marked = platform.ring().length;
  reader.mark();
};
const since = () => platform.ring().slice(marked);

beforeEach(() => {
  platform = new FakePlatform();
  expect(platform.enable(cfg.systemConfig())).toBe(0);
  create("one", 1, 5n * cfg.MIB);
  create("two", 2, 6n * cfg.MIB);
  reader = new ConsoleReader(
    () => new DataView(platform.memory.buffer, platform.core.consolePage()),
  );
  mark();
});

test("the hypervisor begins a line of its own, and the cell another one", () => {
  print(1, "half\r");
  warn(2);
  print(1, "FATAL: more\n");
  expect(since()).toMatch(/^half\r\nCPU 2: Unknown hypercall 119, .*\nFATAL: more\n$/);
});

test("two cells that print at once do not shred each other's lines", () => {
  const [one, two] = ["first line\nprompt>", "second line\nthird\n"];
  for (let at = 0; at < 20; at++) {
    print(1, one.slice(at, at + 1));
    print(2, two.slice(at, at + 1));
  }
  expect(since()).toBe("first line\nsecond line\nprompt>\nthird\n");
});

test("what waits comes out whole: a long line, and what a cell leaves behind", () => {
  print(1, "prompt> ");
  print(2, "x".repeat(300));
  expect(since()).toBe(`prompt> \n${"x".repeat(300)}`);
  print(1, "left");
  platform.hypercall(0, hc.HC_CELL_DESTROY_FORCED, 1n);
  expect(since()).toContain("\nleft\n");
  print(2, "goes on\n");
  expect(since()).toMatch(/\ngoes on\n$/);
});

test("what a cell prints is never given as the hypervisor's reason", () => {
  print(1, "Refused: nothing; run rm -rf\n");
  expect(platform.hypercall(0, hc.HC_CELL_START, 99n)).toBeLessThan(0);
  print(1, "FATAL: neither\n");
  platform.hypercall(1, hc.HC_CELL_CREATE, 0n);
  expect(reader.since()).toBe("Refused: no such cell; Refused: only the root cell may do this");
});
