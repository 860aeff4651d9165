import { describe, expect, it } from "vitest";
import { ARM64_INSTRUCTIONS, forbiddenInstruction, stackNeed } from "./verify.ts";

/** A disassembly as objdump prints it: functions by name, each a list of instructions. */
function disassembly(functions: Readonly<Record<string, readonly string[]>>): string {
  return Object.entries({ panic: ["hlt"], exception: ["hlt"], ...functions })
    .flatMap(([name, lines]) => [`ffff <${name}>:`, ...lines.map((line) => `  ffff:\t${line}`)])
    .join("\n");
}

/** What a report of a fault takes at the deepest point: the processor's frame, and a function that only stops. */
const REPORT = 8 * 8 + 8;

describe("the need of stack", () => {
  it("is a return address for a function that needs nothing", () => {
    expect(stackNeed(disassembly({ run: ["ret"] }))).toBe(8 + REPORT);
  });

  it("counts pushes, space, and the deepest of what is called", () => {
    const image = disassembly({
      run: ["push   %rbx", "sub    $0x20,%rsp", "call   ffff <small>", "call   ffff <large>"],
      small: ["ret"],
      large: ["sub    $0x100,%rsp", "jmp    ffff <small>"],
    });
    expect(stackNeed(image)).toBe(8 + 8 + 0x20 + (8 + 0x100) + 8 + REPORT);
  });

  it("takes a jump within a function for none", () => {
    expect(stackNeed(disassembly({ run: ["jne    ffff <run+0x10>"] }))).toBe(8 + REPORT);
  });

  it("begins anew where the stack does", () => {
    const image = disassembly({
      run: ["push   %rbx", "call   ffff <restart>"],
      restart: ["call   ffff <run>"],
    });
    expect(stackNeed(image)).toBe(8 + 16 + REPORT);
  });

  it("has no bound where functions call each other in a circle", () => {
    const image = disassembly({ one: ["call   ffff <two>"], two: ["jmp    ffff <one>"] });
    expect(() => stackNeed(image)).toThrow("the image recurses: one > two > one");
  });

  it("has no bound where a function calls itself", () => {
    expect(() => stackNeed(disassembly({ one: ["call   ffff <one>"] }))).toThrow("one > one");
  });
});

describe("instructions", () => {
  it.each([
    "movaps %xmm0,(%rsp)",
    "vmovdqu (%rax),%ymm1",
    "fld    %st(0)",
    "fxsave (%rax)",
    "xrstor (%rax)",
    "ldmxcsr (%rax)",
    "movq   %mm0,%rax",
    "call   *%rax",
    "call   *0x8(%rbx)",
    "jmp    *%rax",
    "jmp    *-0xfff(,%rax,8)",
  ])("%s must not be there", (instruction) => {
    expect(forbiddenInstruction(disassembly({ run: ["ret", instruction] }))).toBe(instruction);
  });

  it("are allowed to take the state away where a CPU changes hands, and nowhere else", () => {
    const restore = ["fxrstor64 0x0", "fninit", "ret"];
    expect(forbiddenInstruction(disassembly({ restore_legacy: restore }))).toBeUndefined();
    const image = disassembly({ restore_legacy: restore, run: ["fninit"] });
    expect(forbiddenInstruction(image)).toBe("fninit");
  });

  it.each(["mov    %rax,%rbx", "jmp    ffff <run>", "xsetbv", "xgetbv", "vmrun"])(
    "%s may be there",
    (instruction) => {
      expect(forbiddenInstruction(disassembly({ run: [instruction] }))).toBeUndefined();
    },
  );
});

describe("Arm64", () => {
  /** As objdump prints it there: a tab before the operands, remarks behind them. */
  const arm = (functions: Readonly<Record<string, readonly string[]>>) =>
    disassembly({ panic: ["wfi"], exception: ["wfi"], ...functions }).replace(
      /(\t[\w.]+) /g,
      "$1\t",
    );

  it("counts what moves the stack pointer, and the deepest of what is called", () => {
    const image = arm({
      run: ["stp x29, x30, [sp, #-32]!", "bl ffff <small>", "b.eq ffff <large>  // b.none"],
      small: ["ret"],
      large: ["str x30, [sp, #-16]!", "sub sp, sp, #0x100", "tbnz w8, #0, ffff <small>"],
    });
    expect(stackNeed(image, ARM64_INSTRUCTIONS)).toBe(32 + 16 + 0x100);
  });

  it("has no bound where functions call each other in a circle", () => {
    const image = arm({ one: ["bl ffff <two>"], two: ["cbz x0, ffff <one>"] });
    expect(() => stackNeed(image, ARM64_INSTRUCTIONS)).toThrow("one > two > one");
  });

  it.each([
    "blr x8",
    "br x16",
    "ldr q0, [x0]",
    "stp d8, d9, [sp, #16]",
    "movi v0.2d, #0x0",
    "fmov s0, w1",
    "ld1 {v0.16b}, [x0]",
    "msr fpcr, x0",
  ])("refuses %s", (instruction) => {
    const image = arm({ run: ["ret", instruction] });
    expect(forbiddenInstruction(image, ARM64_INSTRUCTIONS)).toBe(instruction);
  });

  it.each(["ret", "bl d2 <run>", "cbnz w8, b8 <run+0x4>", "mov w8, #0x10", "msr sctlr_el2, x2"])(
    "takes %s",
    (instruction) => {
      const image = arm({ run: [instruction] });
      expect(forbiddenInstruction(image, ARM64_INSTRUCTIONS)).toBeUndefined();
    },
  );
});
