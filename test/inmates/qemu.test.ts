// What inmates print on QEMU's PC: a machine that we did not write.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { COMM_REVISION_OFFSET } from "../../abi/comm.ts";
import { ROOT } from "../../tools/root.ts";
import { FLAT_HIGH, FLAT_LOW } from "./images.ts";
import { firmwareWith, HAS_QEMU, jumpTo, runOnQemu } from "./qemu.ts";
import { buildSample, CAN_BUILD } from "./toolchain.ts";

if (!HAS_QEMU) console.warn("Skipped: running inmates on QEMU needs the package qemu-system-x86.");

const demo = (name: string) => readFileSync(join(ROOT, "inmates/demos/x86", `${name}.bin`));
const linesOf = (output: string) => output.split("\r\n");

describe.skipIf(!HAS_QEMU)("the demos on QEMU", () => {
  it("tiny-demo greets and tells the time every second", async () => {
    const output = await runOnQemu({ image: demo("tiny-demo") }, /(PM Timer[^\n]*\n){3}/);
    const lines = linesOf(output);
    expect(lines[0]).toBe("Hello from this tiny cell!");
    const times = lines
      .slice(1, 4)
      .map((line) => Number(/^PM Timer: ([ \d]{10}\d)$/.exec(line)![1]));
    for (const step of [times[1]! - times[0]!, times[2]! - times[1]!]) {
      expect(step).toBeGreaterThanOrEqual(1e9);
      expect(step).toBeLessThan(1.5e9);
    }
  });

  it("32-bit-demo says that long mode is off", async () => {
    const output = await runOnQemu({ image: demo("32-bit-demo") }, /\n/);
    expect(output).toBe("This runs in 32-bit mode (EFER: 0)\r\n");
  });

  it("apic-demo measures the time stamp counter, twice alike", async () => {
    const measure = async () => {
      const output = await runOnQemu({ image: demo("apic-demo") }, /TSC[^\n]*\n/);
      const line = /^Calibrated TSC frequency: (\d+\.\d{3}) kHz\r\n/.exec(output);
      return Number(line?.[1]);
    };
    const [first, second] = [await measure(), await measure()];
    expect(first).toBeGreaterThan(100_000);
    expect(Math.abs(first / second - 1)).toBeLessThan(0.05);
  });

  it("rogue-demo does what is allowed here, and goes on", async () => {
    const request = { image: demo("rogue-demo"), commandLine: "delay=20 violation=mmio" };
    expect(linesOf(await runOnQemu(request, /still here\r\n/))).toEqual([
      "Rogue: about to read a device that is not mine: 0xfed00000",
      expect.stringMatching(/^Rogue: it read 0x[0-9a-f]+$/),
      "Rogue: still here",
      "",
    ]);
  });

  it("an unknown revision of the communication region stops an inmate silently", async () => {
    const comm = (view: DataView) => view.setUint16(COMM_REVISION_OFFSET, 3, true);
    expect(await runOnQemu({ image: demo("32-bit-demo"), comm }, /./, 1500)).toBe("");
  });

  it("the command line turns the console off", async () => {
    const request = { image: demo("32-bit-demo"), commandLine: "con-type=none" };
    expect(await runOnQemu(request, /./, 1500)).toBe("");
  });
});

describe.skipIf(!HAS_QEMU)("the hand-made images on QEMU", () => {
  it("runs one for the reset vector", async () => {
    const image = firmwareWith(FLAT_HIGH.address, FLAT_HIGH.bytes);
    expect(await runOnQemu({ image, loads: [] }, /\n/)).toBe(`${FLAT_HIGH.line}\r\n`);
  });

  it("runs one for address 0", async () => {
    const loads = [[FLAT_LOW.address, FLAT_LOW.bytes]] as const;
    expect(await runOnQemu({ image: jumpTo(0), loads }, /\n/)).toBe(`${FLAT_LOW.line}\r\n`);
  });
});

describe.skipIf(!HAS_QEMU || !CAN_BUILD).each([64, 32] as const)(
  "%i-bit inmates on QEMU",
  (bits) => {
    let image: Uint8Array;
    beforeAll(() => {
      image = buildSample("library", bits);
    });

    it("print every format", async () => {
      const output = await runOnQemu({ image, commandLine: "formats" }, /failed \d+\r\n/);
      expect(linesOf(output)).toEqual([
        "text",
        "unsigned [  7] [18446744073709551615]",
        "signed [    -5] [-9223372036854775808]",
        "padded [00042]",
        "hex [0000beef] [0] [ffffffffffffffff]",
        bits === 64 ? "pointer 0x0000000000001234" : "pointer 0x00001234",
        "char A",
        "template pair 42",
        "aligned 0, zeros 100",
        "Test at line #1 passed",
        "Test at line #2 FAILED",
        " 2 != 3",
        "failed 1",
        "",
      ]);
    });

    it("read their command line", async () => {
      const commandLine =
        "parameters decimal=42 hex=0x1F negative=-3 junk=12z yes=true one=1 bare no=false zero=0 odd=2 name=jail  last";
      const output = await runOnQemu({ image, commandLine }, /last [^\n]*\n/);
      expect(linesOf(output)).toEqual([
        ...["decimal 42", "hex 31", "negative -3", "junk -1", "absent -1", "dec -1"],
        ...["yes true", "one true", "bare true", "no false", "zero false", "odd true"],
        ...["name jail", "prefix other", "last there", ""],
      ]);
    });

    it.each([
      ["stack", "stack exhausted"],
      ["bounds", "access out of bounds"],
      ["division", "division by zero"],
      ["heap", "unreachable code, or out of memory"],
      ["throw", "because I say so at test/inmates/samples/library.as.ts:LINE:COLUMN"],
    ])("report what WebAssembly traps on: %s", async (trap, reason) => {
      const request = { image, commandLine: `trap=${trap}` };
      const output = await runOnQemu(request, /--- TRAP [^\n]*\n|nothing happened/);
      const report = output.replace(/:\d+:\d+ /, ":LINE:COLUMN ");
      expect(report).toBe(`--- TRAP ${reason} ---\r\n`);
    });

    it("report exceptions", async () => {
      const commandLine = "trap=opcode";
      const output = await runOnQemu({ image, commandLine }, /DI:[^\n]*\n|nothing happened/);
      const pointer = bits === 64 ? "0x[0-9a-f]{16}" : "0x[0-9a-f]{8}";
      expect(output).toMatch(
        new RegExp(
          `^--- EXCEPTION 6 ---\r\n` +
            ` CS: {2}0x${bits === 64 ? "0018" : "0008"} IP: ${pointer} flags: 0x[0-9a-f]{8}\r\n` +
            ` SP: {2}${pointer} BP: ${pointer}\r\n AX: {2}${pointer} BX: ${pointer} CX: ${pointer}\r\n` +
            ` DX: {2}${pointer} SI: ${pointer} DI: ${pointer}\r\n`,
        ),
      );
    });

    // 32-bit inmates map all of their address space.
    const itIn64Bit = bits === 64 ? it : () => {};
    itIn64Bit("name the address of a page fault", async () => {
      const output = await runOnQemu(
        { image, commandLine: "trap=page" },
        /R15:[^\n]*\n|nothing happened/,
      );
      expect(linesOf(output).slice(0, 3)).toEqual([
        "--- EXCEPTION 14 ---",
        " Error code: 0x00000000",
        " Address: 0x0000000100000000",
      ]);
    });
  },
);
