// The debug console of the metal platform on the model of a UART: what a cell leaves there, how long sending takes, and who sends.
import { beforeEach, describe, expect, it } from "vitest";
import {
  CONSOLE_DIVIDER,
  CONSOLE_TYPE,
  CONSOLE_TYPE_8250,
  CONSOLE_TYPE_NONE,
} from "../../abi/config.ts";
import { CONSOLE_FRESH_LINE } from "../../abi/platform.ts";
import * as svm from "../../abi/x86/svm.ts";
import * as R from "../../machine/devices/uart/registers.ts";
import { DEBUG_CONSOLE, FakeMetal, RIP } from "./fake-metal.ts";

const MILLISECOND = 1e6;
/** A report's length. */
const REPORT = Array.from({ length: 20 }, (_, line) => `${line} RIP: 0x000000000000dead`);
const SENT = REPORT.map((line) => `${line}\r\n`).join("");

let metal: FakeMetal;
beforeEach(() => {
  metal = new FakeMetal();
  metal.core.setUint16(DEBUG_CONSOLE + CONSOLE_TYPE, CONSOLE_TYPE_8250, true);
  metal.enter();
  metal.printed = "";
});

const put = (text: string) => {
  for (const sign of text) metal.exports.putConsole!(DEBUG_CONSOLE, sign.charCodeAt(0));
};
const halt = () => ({ code: svm.EXIT_HLT });
/** The root cell's CPU halts until everything is sent. */
function idle(): void {
  for (let turn = 0; turn < 2000; turn++) {
    metal.play(halt());
    const intercepts = metal.view.getUint32(metal.control + svm.VMCB_INTERCEPT_1, true);
    if (!(intercepts & svm.INTERCEPT_1_HLT)) return;
  }
}
const write = (...registers: [number, number][]) => {
  for (const [register, value] of registers) metal.uart.write(register, 1, value);
};
/** What a cell has set, as far as it can be looked at. */
const registersOf = () => {
  const state = metal.uart.save().state as unknown as Record<string, unknown>;
  return ["divisor", "ier", "lcr", "mcr", "fifos", "trigger"].map((name) => state[name]);
};
const slow: [number, number][] = [
  [R.LCR, R.LCR_DIVISOR | R.LCR_8N1],
  [R.THR, 0xff],
  [R.IER, 0xff],
  [R.LCR, R.LCR_8N1],
];

describe("a report survives what a cell leaves in the line's registers, which are the cell's afterwards", () => {
  it.each<[string, [number, number][]]>([
    ["nothing unusual", []],
    ["divisor latch open", [[R.LCR, R.LCR_DIVISOR | R.LCR_8N1]]],
    ["divisor 0xffff", slow],
    ["divisor 0xffff and latch open", [...slow, [R.LCR, R.LCR_DIVISOR]]],
    ["all interrupts", [[R.IER, 0xf]]],
    ["characters of 5 bits, with parity", [[R.LCR, R.LCR_PARITY]]],
    ["break", [[R.LCR, R.LCR_BREAK | R.LCR_8N1]]],
    ["loop-back", [[R.MCR, R.MCR_MASK]]],
    ["FIFOs on, cleared", [[R.FCR, 0xc7]]],
    ["FIFOs off", [[R.FCR, 0]]],
    ["characters on their way", [...slow, [R.FCR, 1], [R.THR, 0x78], [R.THR, 0x79], [R.THR, 0x7a]]],
    ["everything", [[R.IER, 0xf], [R.MCR, R.MCR_MASK], ...slow, [R.LCR, 0xff]]],
  ])("%s", (_, registers) => {
    write(...registers);
    const left = registersOf();
    put(SENT);
    idle();
    expect(metal.printed.replace(/^x?y?z?/, "")).toBe(SENT);
    expect(registersOf()).toEqual(left);
  });

  it("also while it is sent, up to the byte on its way", () => {
    put(SENT);
    let turn = 0;
    metal.onGuest = () => {
      if (turn++ % 2) write([R.LCR, R.LCR_DIVISOR]);
      else write([R.MCR, R.MCR_LOOP]);
    };
    idle();
    expect(metal.printed.length).toBeGreaterThan(SENT.length * 0.8);
    expect(metal.printed.endsWith(`${REPORT.at(-1)!.slice(-4)}\r\n`)).toBe(true);
  });
});

describe("the hypervisor does not wait for the line", () => {
  it("while bytes are taken, which is with the lock", () => {
    const before = metal.uartAccesses;
    put(SENT);
    expect(metal.uartAccesses).toBe(before);
  });

  it.each<[string, () => void]>([
    ["that sends", () => {}],
    ["that is slow", () => metal.core.setUint32(DEBUG_CONSOLE + CONSOLE_DIVIDER, 384, true)],
    ["that does not exist", () => (metal.onUart = () => 0xff)],
    ["that is never ready", () => (metal.onUart = (at) => (at === R.LCR ? R.LCR_8N1 : 0))],
    ["whose registers hold nothing", () => (metal.onUart = () => 0x60)],
  ])("a CPU goes on within a millisecond beside a line %s", (_, prepare) => {
    prepare();
    put(SENT);
    let last = metal.schedule.now;
    let longest = 0;
    metal.onGuest = () => {
      longest = Math.max(longest, metal.schedule.now - last);
      last = metal.schedule.now;
    };
    for (let turn = 0; turn < 40; turn++) metal.play(halt());
    expect(longest).toBeGreaterThan(0);
    expect(longest).toBeLessThan(MILLISECOND);
  });

  it("and gives up one that takes nothing, until it takes something", () => {
    metal.onUart = (at) => (at === R.LCR ? R.LCR_8N1 : 0);
    put("lost\r\n");
    idle();
    expect(metal.printed).toBe("");
    metal.onUart = undefined;
    put("seen\r\n");
    idle();
    expect(metal.printed).toBe("seen\r\n");
  });

  it("nor prints where there is none", () => {
    metal.core.setUint16(DEBUG_CONSOLE + CONSOLE_TYPE, CONSOLE_TYPE_NONE, true);
    const before = metal.uartAccesses;
    put("nothing\r\n");
    idle();
    expect(metal.uartAccesses).toBe(before);
  });
});

describe("who sends", () => {
  it("a CPU that halts, which is then over", () => {
    put(SENT);
    metal.play(halt());
    const field = (at: number) => metal.view.getBigUint64(metal.control + at, true);
    expect(field(svm.VMCB_RIP)).toBe(RIP + 1n);
    expect(Number(field(svm.VMCB_INTERCEPT_1)) & svm.INTERCEPT_1_HLT).not.toBe(0);
    expect(Number(field(svm.VMCB_INTERCEPT_2)) & svm.INTERCEPT_2_MWAIT).not.toBe(0);
    idle();
    expect(Number(field(svm.VMCB_INTERCEPT_1)) & svm.INTERCEPT_1_HLT).toBe(0);
    expect(Number(field(svm.VMCB_INTERCEPT_2)) & svm.INTERCEPT_2_MWAIT).toBe(0);
    expect(metal.printed).toBe(SENT);
  });

  it("a hypercall waits, at its instruction, while the line is far behind; nothing is lost", () => {
    const flood = `${"x".repeat(0x4020)}\r\n`;
    put(flood);
    const call = { code: svm.EXIT_VMMCALL };
    metal.play(call);
    expect(metal.handled.filter(([name]) => name === "hypercall")).toEqual([]);
    expect(metal.view.getBigUint64(metal.control + svm.VMCB_RIP, true)).toBe(RIP);
    for (let turn = 0; turn < 20; turn++) metal.play(call);
    expect(metal.handled.filter(([name]) => name === "hypercall").length).toBeGreaterThan(0);
    while (metal.printed.length < flood.length) metal.play(halt());
    expect(metal.printed).toBe(flood);
  });

  it("what does not fit is dropped, and that is said", () => {
    put("x".repeat(0x9000));
    for (let turn = 0; turn < 20000 && !metal.printed.endsWith("output>\r\n"); turn++)
      metal.play(halt());
    expect(metal.printed).toBe(
      `${"x".repeat(0x8000)}\r\n<missed some of the console's output>\r\n`,
    );
  });
});

it("a fresh line begins below what a cell may have put on the line, once for what is said together", () => {
  const fresh = () => metal.exports.putConsole!(DEBUG_CONSOLE, CONSOLE_FRESH_LINE);
  metal.exports.reserve!(0, 0, 0);
  metal.exports.grantPorts!(0, 0x3f8, 8);
  fresh();
  put("one\r\n");
  fresh();
  put("two\r\n");
  idle();
  fresh();
  put("three\r\n");
  idle();
  metal.exports.revokePorts!(0, 0x3f8, 8);
  fresh();
  put("four\r\n");
  idle();
  expect(metal.printed).toBe("\r\none\r\ntwo\r\n\r\nthree\r\nfour\r\n");
});
