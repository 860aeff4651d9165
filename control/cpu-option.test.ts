import { expect, test } from "vitest";
import { CPU_FEATURES, parseCpu } from "./cpu-option.ts";
import { startSession } from "./session.ts";

test.each([
  ["amd", "amd", {}],
  ["intel,sse4_2=off,x2apic=off", "intel", { sse4_2: false, x2apic: false }],
  ["amd,clwb=on", "amd", { clwb: true }],
])("%s", (text, vendor, features) => {
  expect(parseCpu(text)).toEqual({ vendor, features });
});

test.each([
  ["via", 'There is no processor model "via": known are: amd, intel'],
  ["intl", 'There is no processor model "intl": did you mean "intel"?'],
  ["", 'There is no processor model "": known are: amd, intel'],
  ["amd,", 'The processor\'s "" is not of the form FEATURE=on or FEATURE=off.'],
  ["amd,aes", 'The processor\'s "aes" is not of the form FEATURE=on or FEATURE=off.'],
  ["amd,aes=no", 'The processor\'s "aes=no" is not of the form FEATURE=on or FEATURE=off.'],
  ["amd,sse42=off", 'The processor has no feature "sse42" to be switched: did you mean "sse4_2"?'],
  ["amd,toString=off", 'The processor has no feature "toString" to be switched: known are: '],
  [
    "amd,sse2=off",
    "The processor's sse2 cannot be switched. Every processor for 64-bit code has it.",
  ],
  ["amd,aes=off,aes=on", 'The processor "amd,aes=off,aes=on" names a feature twice.'],
  ["intel,svm=on", "The processor's svm=on: the model intel has none. amd has."],
  [
    "amd,pni=off,sse4_2=on",
    "The processor's sse4_2=on needs pni, which is off. Switch both alike.",
  ],
])("%s is refused, with the reason", (text, hint) => {
  expect(() => parseCpu(text)).toThrow(expect.objectContaining({ code: "EINVAL" }));
  try {
    parseCpu(text);
  } catch (error) {
    expect((error as { hint: string }).hint).toContain(hint);
    expect((error as { hint: string }).hint).not.toContain("\n");
  }
});

test("every feature is there by default or can be switched on, and what is built upon it goes with it", async () => {
  const session = await startSession({ cpus: 1, memory: 16 << 20, cpu: "amd,ssse3=off" });
  expect(session.machine.pc.options.missing).toEqual([
    ...[
      "ssse3",
      "sse4_1",
      "sse4_2",
      "clwb",
      "tsc_deadline_timer",
      "extapic",
      "smca",
      "invlpgb",
      "tce",
      "int_wbinvd",
      "autoibrs",
      "flushbyasid",
      "decodeassists",
    ],
  ]);
  expect(CPU_FEATURES).toEqual(expect.arrayContaining([...session.machine.pc.options.missing]));
  await session.close();
});

test("AMD-V that is off cannot be enabled", async () => {
  const session = await startSession({ cpus: 1, memory: 16 << 20, cpu: "amd,svm=off" });
  await expect(session.enable(new Uint8Array())).rejects.toMatchObject({
    code: "ENODEV",
    hint: "The processor has no AMD-V (--cpu amd,svm=off).",
  });
  await session.close();
});
