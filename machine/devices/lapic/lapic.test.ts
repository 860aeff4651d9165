import { beforeEach, describe, expect, test } from "vitest";
import * as A from "../../../abi/x86/apic.ts";
import { readMsr, readPage, writeMsr, writePage } from "./access.ts";
import { Lapic, type LapicOptions } from "./lapic.ts";
import { type ApicMessage, BROADCAST } from "./message.ts";

const BASE_MSR = 0x1b;
const DEADLINE_MSR = 0x6e0;
const X2APIC = 0xfee00c00n;
const XAPIC = 0xfee00800n;
const DISABLED = 0xfee00000n;

let now = 0;
let log: unknown[] = [];
let pending = false;

function make(options: Partial<LapicOptions> = {}): Lapic {
  now = 0;
  log = [];
  pending = false;
  return new Lapic(
    {
      id: 5,
      bootstrap: false,
      x2apic: true,
      tscDeadline: true,
      extended: false,
      cmci: false,
      ...options,
    },
    {
      get now() {
        return now;
      },
      tscOffset: 1000n,
      interrupt(level) {
        pending = level;
      },
      nmi: () => log.push("nmi"),
      init: () => log.push("init"),
      startUp: (vector) => log.push(["sipi", vector]),
      send: (message, shorthand) => log.push([message, shorthand]),
      endOfInterrupt: (vector) => log.push(["eoi", vector]),
      acknowledgeExternal: () => 0x70,
      timerChanged() {},
    },
  );
}

function read(lapic: Lapic, register: number): number {
  return readPage(lapic, register << 4, 4);
}

function write(lapic: Lapic, register: number, value: number): void {
  writePage(lapic, register << 4, 4, value);
}

function message(fields: Partial<ApicMessage>): ApicMessage {
  return { mode: 0, vector: 0x50, level: false, logical: false, destination: 5, ...fields };
}

let lapic: Lapic;
beforeEach(() => {
  lapic = make();
  write(lapic, A.APIC_SVR, 0x1ff);
});

describe("interrupts", () => {
  test("are delivered by priority, and held back by what is in service", () => {
    lapic.request(0x45, false);
    lapic.request(0x61, false);
    expect(pending).toBe(true);
    expect(lapic.acknowledge()).toBe(0x61);
    expect(read(lapic, A.APIC_PPR)).toBe(0x60);
    expect(pending).toBe(false);
    expect(read(lapic, A.APIC_ISR + 3)).toBe(0x2);
    expect(read(lapic, A.APIC_IRR + 2)).toBe(0x20);
    write(lapic, A.APIC_EOI, 0);
    expect(pending).toBe(true);
    expect(lapic.acknowledge()).toBe(0x45);
  });

  test("of the same class wait for each other", () => {
    lapic.request(0x41, false);
    expect(lapic.acknowledge()).toBe(0x41);
    lapic.request(0x4f, false);
    expect(pending).toBe(false);
    lapic.request(0x50, false);
    expect(lapic.acknowledge()).toBe(0x50);
  });

  test("are held back by the task priority", () => {
    write(lapic, A.APIC_TPR, 0x52);
    lapic.request(0x5f, false);
    expect(pending).toBe(false);
    expect(read(lapic, A.APIC_PPR)).toBe(0x52);
    write(lapic, A.APIC_TPR, 0x4f);
    expect(pending).toBe(true);
  });

  test("that went away give the spurious vector", () => {
    write(lapic, A.APIC_SVR, 0x1ef);
    expect(lapic.acknowledge()).toBe(0xef);
    expect(read(lapic, A.APIC_ISR + 7)).toBe(0);
  });

  test("are lost while software has disabled the APIC, NMIs are not", () => {
    write(lapic, A.APIC_SVR, 0xff);
    lapic.accept(message({}));
    lapic.accept(message({ mode: A.ICR_MODE_NMI }));
    expect(pending).toBe(false);
    expect(log).toEqual(["nmi"]);
  });

  test("with level trigger tell the IOAPIC of their end unless told not to", () => {
    lapic.accept(message({ level: true }));
    expect(read(lapic, A.APIC_TMR + 2)).toBe(0x10000);
    lapic.acknowledge();
    write(lapic, A.APIC_EOI, 0);
    expect(log).toEqual([["eoi", 0x50]]);
    write(lapic, A.APIC_SVR, 0x11ff);
    lapic.accept(message({ level: true }));
    lapic.acknowledge();
    write(lapic, A.APIC_EOI, 0);
    expect(log).toHaveLength(1);
  });

  test("of the 8259 come through LINT0 in ExtINT mode only", () => {
    lapic.setExternal(true);
    expect(pending).toBe(false);
    write(lapic, A.APIC_LVT_LINT0, 0x700);
    expect(pending).toBe(true);
    expect(lapic.acknowledge()).toBe(0x70);
    expect(read(lapic, A.APIC_ISR + 3)).toBe(0);
  });

  test("with a vector below 16 set the error status and raise the error interrupt once", () => {
    write(lapic, A.APIC_LVT_ERROR, 0xe0);
    lapic.accept(message({ vector: 3 }));
    expect(lapic.acknowledge()).toBe(0xe0);
    expect(read(lapic, A.APIC_ESR)).toBe(0);
    write(lapic, A.APIC_ESR, 0);
    expect(read(lapic, A.APIC_ESR)).toBe(0x40);
    write(lapic, A.APIC_ESR, 0);
    expect(read(lapic, A.APIC_ESR)).toBe(0);
  });
});

describe("destinations", () => {
  test("physical and broadcast", () => {
    expect(lapic.matches(message({ destination: 5 }))).toBe(true);
    expect(lapic.matches(message({ destination: 4 }))).toBe(false);
    expect(lapic.matches(message({ destination: BROADCAST }))).toBe(true);
  });

  test("logical flat and cluster", () => {
    write(lapic, A.APIC_LDR, 0x24000000);
    expect(lapic.matches(message({ logical: true, destination: 0x04 }))).toBe(true);
    expect(lapic.matches(message({ logical: true, destination: 0x43 }))).toBe(false);
    write(lapic, A.APIC_DFR, 0x0fffffff);
    expect(lapic.matches(message({ logical: true, destination: 0x26 }))).toBe(true);
    expect(lapic.matches(message({ logical: true, destination: 0x14 }))).toBe(false);
  });

  test("x2APIC clusters of sixteen", () => {
    lapic = make({ id: 0x25 });
    writeMsr(lapic, BASE_MSR, X2APIC);
    expect(readMsr(lapic, 0x80d)).toBe(0x20020n);
    expect(readMsr(lapic, 0x802)).toBe(0x25n);
    expect(lapic.matches(message({ logical: true, destination: 0x20001 }))).toBe(false);
    expect(lapic.matches(message({ logical: true, destination: 0x20061 }))).toBe(true);
    expect(lapic.matches(message({ logical: true, destination: 0x10020 }))).toBe(false);
  });
});

describe("interrupt command", () => {
  test("sends fixed, INIT and start-up messages", () => {
    write(lapic, A.APIC_ICR_HIGH, 0x03000000);
    write(lapic, A.APIC_ICR, 0x4051);
    write(lapic, A.APIC_ICR, 0x4500);
    write(lapic, A.APIC_ICR, 0x8500);
    write(lapic, A.APIC_ICR, 0x4610);
    const to3 = { level: false, logical: false, destination: 3 };
    expect(log).toEqual([
      [{ ...to3, mode: 0, vector: 0x51 }, 0],
      [{ ...to3, mode: 5, vector: 0 }, 0],
      [{ ...to3, mode: 6, vector: 0x10 }, 0],
    ]);
    expect(read(lapic, A.APIC_ICR)).toBe(0x4610);
  });

  test("shorthands: self at once, others and all as broadcasts", () => {
    write(lapic, A.APIC_ICR, 0x44055);
    expect(lapic.acknowledge()).toBe(0x55);
    expect(log).toEqual([]);
    write(lapic, A.APIC_ICR, 0xc4056);
    write(lapic, A.APIC_ICR, 0x84057);
    expect(log).toEqual([
      [message({ vector: 0x56, destination: BROADCAST }), 3],
      [message({ vector: 0x57, destination: BROADCAST }), 2],
    ]);
  });

  test("an illegal vector is not sent", () => {
    write(lapic, A.APIC_ICR, 0x4008);
    write(lapic, A.APIC_ESR, 0);
    expect(read(lapic, A.APIC_ESR)).toBe(0x20);
    expect(log).toEqual([]);
  });

  test("x2APIC: one 64-bit write, and the self IPI register", () => {
    writeMsr(lapic, BASE_MSR, X2APIC);
    expect(writeMsr(lapic, 0x830, 0x1_0000_4051n)).toBe(true);
    expect(log).toEqual([[message({ vector: 0x51, destination: 1 }), 0]]);
    expect(writeMsr(lapic, 0x83f, 0x52n)).toBe(true);
    expect(lapic.acknowledge()).toBe(0x52);
    expect(readMsr(lapic, 0x830)).toBe(0x1_0000_4051n);
  });
});

describe("timer", () => {
  test("one-shot: exact expiry, current count, divisors", () => {
    write(lapic, A.APIC_LVT_TIMER, 0x40);
    write(lapic, A.APIC_TIMER_DIVIDE, 0x3);
    write(lapic, A.APIC_TIMER_INITIAL, 100);
    expect(lapic.nextEvent).toBe(1600);
    now = 1585;
    expect(read(lapic, A.APIC_TIMER_CURRENT)).toBe(1);
    now = 1599;
    lapic.advance(now);
    expect(pending).toBe(false);
    now = 1600;
    lapic.advance(now);
    expect(lapic.acknowledge()).toBe(0x40);
    expect(read(lapic, A.APIC_TIMER_CURRENT)).toBe(0);
    expect(lapic.nextEvent).toBe(Number.POSITIVE_INFINITY);
  });

  test("every divide configuration", () => {
    const codes = [0x0, 0x1, 0x2, 0x3, 0x8, 0x9, 0xa, 0xb];
    const times = codes.map((code) => {
      write(lapic, A.APIC_TIMER_DIVIDE, code);
      write(lapic, A.APIC_TIMER_INITIAL, 10);
      return lapic.nextEvent;
    });
    expect(times).toEqual([20, 40, 80, 160, 320, 640, 1280, 10]);
  });

  test("periodic: keeps its grid however late it is looked at", () => {
    write(lapic, A.APIC_LVT_TIMER, 0x20040);
    write(lapic, A.APIC_TIMER_DIVIDE, 0xb);
    write(lapic, A.APIC_TIMER_INITIAL, 1000);
    now = 3500;
    lapic.advance(now);
    expect(lapic.acknowledge()).toBe(0x40);
    expect(lapic.nextEvent).toBe(4000);
    expect(read(lapic, A.APIC_TIMER_CURRENT)).toBe(500);
  });

  test("TSC deadline counts in TSC units and disarms itself", () => {
    write(lapic, A.APIC_LVT_TIMER, 0x40040);
    expect(writeMsr(lapic, DEADLINE_MSR, 6000n)).toBe(true);
    expect(lapic.nextEvent).toBe(5000);
    write(lapic, A.APIC_TIMER_INITIAL, 77);
    expect(lapic.nextEvent).toBe(5000);
    now = 5000;
    lapic.advance(now);
    expect(lapic.acknowledge()).toBe(0x40);
    expect(readMsr(lapic, DEADLINE_MSR)).toBe(0n);
  });

  test("leaving TSC deadline mode disarms; the MSR does nothing in other modes", () => {
    write(lapic, A.APIC_LVT_TIMER, 0x40040);
    writeMsr(lapic, DEADLINE_MSR, 6000n);
    write(lapic, A.APIC_LVT_TIMER, 0x40);
    expect(lapic.nextEvent).toBe(Number.POSITIVE_INFINITY);
    writeMsr(lapic, DEADLINE_MSR, 6000n);
    expect(lapic.nextEvent).toBe(Number.POSITIVE_INFINITY);
    expect(readMsr(make({ tscDeadline: false }), DEADLINE_MSR)).toBeUndefined();
  });

  test("a masked expiry is lost", () => {
    write(lapic, A.APIC_LVT_TIMER, 0x10040);
    write(lapic, A.APIC_TIMER_INITIAL, 10);
    now = 100;
    write(lapic, A.APIC_LVT_TIMER, 0x40);
    lapic.advance(now);
    expect(pending).toBe(false);
  });
});

describe("modes", () => {
  const legal: [bigint, bigint, boolean][] = [
    [XAPIC, X2APIC, true],
    [XAPIC, DISABLED, true],
    [XAPIC, 0xfee00400n, false],
    [X2APIC, XAPIC, false],
    [X2APIC, DISABLED, true],
    [DISABLED, XAPIC, true],
    [DISABLED, X2APIC, false],
    [XAPIC, XAPIC | 1n, false],
    [XAPIC, XAPIC | (1n << 40n), false],
  ];
  test.each(legal)("APIC base from %s to %s: %s", (from, to, allowed) => {
    if (from !== XAPIC) expect(writeMsr(lapic, BASE_MSR, from)).toBe(true);
    expect(writeMsr(lapic, BASE_MSR, to)).toBe(allowed);
    expect(readMsr(lapic, BASE_MSR)).toBe(allowed ? to : from);
  });

  test("x2APIC faults where there is none, and MSRs fault in xAPIC mode", () => {
    expect(writeMsr(make({ x2apic: false }), BASE_MSR, X2APIC)).toBe(false);
    expect(readMsr(lapic, 0x802)).toBeUndefined();
    expect(writeMsr(lapic, 0x80b, 0n)).toBe(false);
  });

  test("x2APIC MSRs check what is written", () => {
    writeMsr(lapic, BASE_MSR, X2APIC);
    const writes: [number, bigint, boolean][] = [
      [0x80b, 0n, true],
      [0x80b, 1n, false],
      [0x808, 0x100n, false],
      [0x80f, 0x1ffn, true],
      [0x80e, 0xffffffffn, false],
      [0x80d, 1n, false],
      [0x802, 0n, false],
      [0x828, 1n, false],
      [0x831, 0n, false],
      [0x832, 0x80040n, false],
      [0x838, 1n << 32n, false],
      [0x83f, 0x100n, false],
      [0x82f, 0n, false],
    ];
    for (const [msr, value, expected] of writes)
      expect([msr, writeMsr(lapic, msr, value)]).toEqual([msr, expected]);
    for (const msr of [0x80b, 0x83f, 0x80e, 0x831, 0x809])
      expect(readMsr(lapic, msr)).toBeUndefined();
  });

  test("Intel's has the entry for corrected machine checks", () => {
    const intel = make({ cmci: true });
    expect(read(intel, A.APIC_VERSION)).toBe(0x01060014);
    expect(read(lapic, A.APIC_VERSION)).toBe(0x01050014);
    write(intel, A.APIC_LVT_CMCI, 0x10033);
    expect(read(intel, A.APIC_LVT_CMCI)).toBe(0x10033);
  });

  test("the page ignores narrow writes and reads parts of registers", () => {
    writePage(lapic, 0x80, 1, 0x30);
    expect(read(lapic, A.APIC_TPR)).toBe(0);
    expect(readPage(lapic, 0x23, 1)).toBe(5);
    expect(readPage(lapic, 0x24, 4)).toBe(0);
  });

  test("a register that does not exist sets the error status", () => {
    expect(read(lapic, 0x05)).toBe(0);
    write(lapic, A.APIC_ESR, 0);
    expect(read(lapic, A.APIC_ESR)).toBe(0x80);
  });
});

test("clean leaves the state of section 4 of the ABI and keeps the mode", () => {
  writeMsr(lapic, BASE_MSR, X2APIC);
  lapic.request(0x50, false);
  lapic.request(0x61, false);
  lapic.acknowledge();
  lapic.setTpr(0x20);
  lapic.clean();
  expect(pending).toBe(false);
  expect(lapic.x2apic).toBe(true);
  expect(readMsr(lapic, 0x80f)).toBe(0xffn);
  expect(readMsr(lapic, 0x808)).toBe(0n);
  for (let word = 0; word < 8; word++) {
    expect(readMsr(lapic, 0x810 + word)).toBe(0n);
    expect(readMsr(lapic, 0x820 + word)).toBe(0n);
  }
  for (let lvt = 0x832; lvt <= 0x837; lvt++) expect(readMsr(lapic, lvt)).toBe(0x10000n);
  expect(readMsr(lapic, 0x83e)).toBe(3n);
});

test("saved state restores exactly, and another kind's is refused", () => {
  lapic.request(0x50, false);
  write(lapic, A.APIC_LVT_TIMER, 0x20040);
  write(lapic, A.APIC_TIMER_INITIAL, 1000);
  const saved = lapic.save();
  lapic.reset();
  expect(lapic.save()).not.toEqual(saved);
  lapic.restore(JSON.parse(JSON.stringify(saved)));
  expect(lapic.save()).toEqual(saved);
  expect(() => lapic.restore({ ...saved, kind: "uart" })).toThrow("not lapic version 2");
});
