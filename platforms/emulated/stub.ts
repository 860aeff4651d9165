// The resident stub of the root CPUs: stub.asm, assembled.

/** Where the stub lies in RAM. */
export const STUB_ADDRESS = 0x8000;
/** The start-up vector that enters it. */
export const STUB_VECTOR = STUB_ADDRESS >> 12;

/** Offsets of the stub's routines. */
export const ROUTINE = {
  idle: 0x50,
  vmmcall: 0x60,
  vmcall: 0x70,
  copy: 0x80,
  store: 0x90,
  wrmsr: 0xa0,
} as const;

/** RIP of a CPU that has executed the HLT of the idle loop. */
export const IDLE_RIP = BigInt(STUB_ADDRESS + ROUTINE.idle + 1);

const HEX = `
fa2e660f011618000f20c00c010f22c066ea4080000008001700208000000000
0000000000000000ffff0000009bcf00ffff00000093cf009090909090909090
66b810008ed88ec08ed0909090909090f4ebfd90909090909090909090909090
0f01d9ebeb90909090909090909090900f01c1ebdb9090909090909090909090
fcf3a4ebcb90909090909090909090908907ebbc909090909090909090909090
0f30ebac`;

/** The stub's machine code. */
export const STUB_CODE: Uint8Array = Uint8Array.from(
  HEX.replaceAll("\n", "").match(/../g) ?? [],
  (digits) => Number.parseInt(digits, 16),
);
