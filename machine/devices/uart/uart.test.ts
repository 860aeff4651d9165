import { beforeEach, describe, expect, test } from "vitest";
import { Schedule } from "../../schedule.ts";
import * as R from "./registers.ts";
import { Uart } from "./uart.ts";

let schedule: Schedule;
let uart: Uart;
let line = false;
let sent: [string, number][] = [];

beforeEach(() => {
  schedule = new Schedule();
  line = false;
  sent = [];
  uart = new Uart(
    schedule,
    (level) => {
      line = level;
    },
    (byte, time) => sent.push([String.fromCharCode(byte), time]),
  );
});

function at(time: number): void {
  schedule.advance(time);
}

function write(text: string): void {
  for (const byte of new TextEncoder().encode(text)) uart.write(R.THR, 1, byte);
}

describe("transmitter", () => {
  test("at divisor 1 sends 115200 bits a second, ten to a character", () => {
    uart.write(R.FCR, 1, R.FCR_ENABLE);
    write("abc");
    at(1_000_000);
    expect(uart.characterTime).toBe(86_806);
    expect(sent).toEqual([
      ["a", 86_806],
      ["b", 173_612],
      ["c", 260_418],
    ]);
  });

  test("slower with a divisor, and with parity and two stop bits", () => {
    uart.write(R.LCR, 1, R.LCR_DIVISOR | R.LCR_8N1);
    uart.write(R.RBR, 1, 12);
    uart.write(R.IER, 1, 0);
    expect([uart.read(R.RBR, 1), uart.read(R.IER, 1)]).toEqual([12, 0]);
    uart.write(R.LCR, 1, R.LCR_8N1);
    expect(uart.characterTime).toBe(1_041_667);
    uart.write(R.LCR, 1, R.LCR_8N1 | R.LCR_PARITY | R.LCR_STOP);
    expect(uart.characterTime).toBe(1_250_000);
  });

  test("line status follows holding register and shift register", () => {
    expect(uart.read(R.LSR, 1)).toBe(0x60);
    write("a");
    expect(uart.read(R.LSR, 1)).toBe(0x20);
    write("b");
    expect(uart.read(R.LSR, 1)).toBe(0x00);
    at(86_806);
    expect(uart.read(R.LSR, 1)).toBe(0x20);
    at(173_612);
    expect(uart.read(R.LSR, 1)).toBe(0x60);
  });

  test("loses what is written to a full holding register or FIFO", () => {
    write("abc");
    at(1_000_000);
    expect(sent.map(([text]) => text).join("")).toBe("ab");
    uart.write(R.FCR, 1, R.FCR_ENABLE);
    write("0123456789abcdefGH");
    at(10_000_000);
    expect(sent.map(([text]) => text).join("")).toBe("ab0123456789abcdefG");
  });

  test("interrupts when empty, once until the next character or until identified", () => {
    uart.write(R.MCR, 1, R.MCR_OUT2);
    uart.write(R.IER, 1, R.IER_TRANSMIT);
    expect(line).toBe(true);
    expect(uart.read(R.IIR, 1)).toBe(R.IIR_TRANSMIT);
    expect(line).toBe(false);
    expect(uart.read(R.IIR, 1)).toBe(R.IIR_NONE);
    write("ab");
    expect(line).toBe(false);
    at(86_806);
    expect(line).toBe(true);
  });
});

describe("receiver", () => {
  test("characters arrive at the line's speed", () => {
    uart.input([0x31, 0x32]);
    at(86_805);
    expect(uart.read(R.LSR, 1) & R.LSR_DATA).toBe(0);
    at(86_806);
    expect(uart.read(R.LSR, 1) & R.LSR_DATA).toBe(1);
    expect(uart.read(R.RBR, 1)).toBe(0x31);
    expect(uart.read(R.LSR, 1) & R.LSR_DATA).toBe(0);
    at(173_612);
    expect(uart.read(R.RBR, 1)).toBe(0x32);
  });

  test("nothing is lost while nobody reads", () => {
    const text = Array.from({ length: 40 }, (_, index) => index);
    uart.input(text);
    at(100_000_000);
    const seen: number[] = [];
    for (let time = 100_000_000; seen.length < 40; time += 100_000) {
      at(time);
      if (uart.read(R.LSR, 1) & R.LSR_DATA) seen.push(uart.read(R.RBR, 1));
    }
    expect(seen).toEqual(text);
  });

  test("interrupts at the trigger level, or after four character times", () => {
    uart.write(R.FCR, 1, R.FCR_ENABLE | 0x40);
    uart.write(R.IER, 1, R.IER_RECEIVE);
    uart.write(R.MCR, 1, R.MCR_OUT2);
    uart.input([1, 2, 3, 4, 5]);
    at(3 * 86_806);
    expect(line).toBe(false);
    at(4 * 86_806);
    expect(line).toBe(true);
    expect(uart.read(R.IIR, 1)).toBe(R.IIR_FIFOS | R.IIR_RECEIVE);
    at(5 * 86_806);
    for (let index = 0; index < 4; index++) uart.read(R.RBR, 1);
    expect(line).toBe(false);
    at(9 * 86_806 - 1);
    expect(line).toBe(false);
    at(9 * 86_806);
    expect(line).toBe(true);
    expect(uart.read(R.IIR, 1)).toBe(R.IIR_FIFOS | R.IIR_TIMEOUT);
    expect(uart.read(R.RBR, 1)).toBe(5);
    expect(line).toBe(false);
  });
});

describe("loop-back", () => {
  test("returns characters and modem outputs, and overruns", () => {
    uart.write(R.MCR, 1, R.MCR_LOOP | R.MCR_RTS | R.MCR_OUT1);
    expect(uart.read(R.MSR, 1) & 0xf0).toBe(R.MSR_CTS | R.MSR_RING);
    write("xy");
    expect(uart.read(R.LSR, 1) & R.LSR_OVERRUN).toBe(R.LSR_OVERRUN);
    expect(uart.read(R.LSR, 1) & R.LSR_OVERRUN).toBe(0);
    expect(uart.read(R.RBR, 1)).toBe(0x78);
    at(1_000_000);
    expect(sent).toEqual([]);
  });

  test("changed inputs interrupt until MSR is read", () => {
    uart.write(R.MCR, 1, R.MCR_OUT2);
    uart.write(R.IER, 1, R.IER_MODEM);
    uart.read(R.MSR, 1);
    uart.write(R.MCR, 1, R.MCR_LOOP);
    expect(uart.read(R.IIR, 1)).toBe(R.IIR_MODEM);
    expect(uart.read(R.MSR, 1)).toBe(0x0b);
    expect(uart.read(R.IIR, 1)).toBe(R.IIR_NONE);
  });
});

test("without OUT2 the interrupt line stays low", () => {
  uart.write(R.IER, 1, R.IER_TRANSMIT);
  expect(uart.read(R.IIR, 1)).toBe(R.IIR_TRANSMIT);
  expect(line).toBe(false);
});

test("the scratch register keeps what is written", () => {
  uart.write(R.SCR, 1, 0xa5);
  expect(uart.read(R.SCR, 1)).toBe(0xa5);
});

test("a restored port goes on sending where the saved one was", () => {
  uart.write(R.FCR, 1, R.FCR_ENABLE);
  write("abc");
  at(100_000);
  const saved = uart.save();
  at(1_000_000);
  const first = [...sent];
  schedule.now = 100_000;
  uart.restore(saved);
  sent = sent.slice(0, 1);
  at(1_000_000);
  expect(sent).toEqual(first);
});

describe("instant", () => {
  beforeEach(() => {
    uart = new Uart(
      schedule,
      (level) => {
        line = level;
      },
      (byte, time) => sent.push([String.fromCharCode(byte), time]),
      "instant",
    );
  });

  test("characters have left when they are written, and there is room at once", () => {
    at(7);
    write("ab");
    expect(sent).toEqual([
      ["a", 7],
      ["b", 7],
    ]);
    expect(uart.read(R.LSR, 1)).toBe(R.LSR_THR_EMPTY | R.LSR_IDLE);
    expect(uart.isSending).toBe(false);
  });

  test("each one that has left interrupts", () => {
    uart.write(R.MCR, 1, R.MCR_OUT2);
    uart.write(R.IER, 1, R.IER_TRANSMIT);
    expect(uart.read(R.IIR, 1) & 0xf).toBe(R.IIR_TRANSMIT);
    expect(line).toBe(false);
    write("a");
    expect(line).toBe(true);
  });

  test("what is received comes at the line's speed", () => {
    uart.input([1, 2]);
    at(86_806);
    expect(uart.read(R.LSR, 1) & R.LSR_DATA).toBe(R.LSR_DATA);
    uart.read(R.RBR, 1);
    expect(uart.read(R.LSR, 1) & R.LSR_DATA).toBe(0);
  });

  test("loop-back and break send nothing", () => {
    uart.write(R.MCR, 1, R.MCR_LOOP);
    write("a");
    uart.write(R.MCR, 1, 0);
    uart.write(R.LCR, 1, R.LCR_8N1 | R.LCR_BREAK);
    write("b");
    expect(sent).toEqual([]);
  });
});
