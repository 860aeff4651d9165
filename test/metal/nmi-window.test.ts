// No NMI and no machine check is missed on the way into a guest under VT-x: one at each boundary of instructions, and mistakes that are
// planted in the code are found.
import { describe, expect, it } from "vitest";
import { assemble, findMistakes } from "./nmi-window.ts";

describe("an event at each boundary of instructions on the way into a guest", () => {
  it("keeps the guest out, or comes after it, and nothing is lost", () => {
    const { cases, wrong } = findMistakes(assemble());
    expect(wrong).toEqual([]);
    expect(cases).toBeGreaterThan(400);
  });

  /** Mistakes by what they are: the text that is replaced. */
  it.each([
    [
      "the window begins after the comparison",
      "cmpq $entering, 8(%rsp)",
      "cmpq $entering + 6, 8(%rsp)",
    ],
    ["the window ends before VMLAUNCH", "cmpq $failed, 8(%rsp)", "cmpq $failed - 3, 8(%rsp)"],
    [
      "the window ends after the failed entry",
      "cmpq $failed, 8(%rsp)",
      "cmpq $failed + 1, 8(%rsp)",
    ],
    ["the window's ends are swapped", "jae 1f\n\tmovq $kept_out", "jb 1f\n\tmovq $kept_out"],
    ["an NMI leaves no note", "movb $1, 1 - CPU_TOP_NMI(%rax)", "nop"],
    ["the note is not looked at", "jne kept_out", "nop"],
    [
      "one of the notes is not looked at",
      "cmpw $0, 1 - CPU_TOP_MACHINE_CHECK",
      "cmpb $0, 1 - CPU_TOP_MACHINE_CHECK",
    ],
    [
      "the stack moves in the window",
      "testl %edx, %edx",
      "testl %edx, %edx\n\tpushq %rdx\n\tpopq %rdx",
    ],
    [
      "the handler keeps a register",
      "movq $kept_out, 8(%rsp)\n1:\tpopq %rax",
      "movq $kept_out, 8(%rsp)\n1:\taddq $8, %rsp",
    ],
    ["flags do not survive", "testl %edx, %edx", "xorl %eax, %eax"],
  ])("finds that %s", (_, from, to) => {
    const changed = assemble((text) => {
      expect(text).toContain(from);
      return text.replace(from, to);
    });
    expect(findMistakes(changed).wrong).not.toEqual([]);
  });
});
