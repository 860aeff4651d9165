// Every row of instructions.txt that user code can run, on the emulated and on the real processor: registers, flags, memory, and
// the fault if there is one.
import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import { type Row, readRows } from "../../../../tools/instructions.ts";
import { CAMPAIGN_TIMEOUT, share } from "../../../campaign.ts";
import { type Encoding, isComparable, makeEncoding, reasonNotRun } from "./encodings.ts";
import { differencesOfFx, putFx, randomFx, takeFx } from "./fx.ts";
import { Guest, PHYSICAL, RAM_SIZE } from "./guest.ts";
import { BASE, CODE, DATA_SIZE, DATA_START, Native, type Registers, SIZE } from "./native.ts";
import { isSignificant } from "./significance.ts";
import { ALL_FLAGS, Random } from "./snippets.ts";

/** Encodings of each row. More of them: npm run campaign -- rows --cases 1000 */
const { cases: ENCODINGS, seed: SEED, title } = share({ quick: 60, full: 60, seed: 4242 });
const TABLE = 0xc000;
const PAGE = 4096;
const HLT = 0xf4;
const VECTOR_GP = 13;
const VECTOR_PF = 14;
const GENERAL_REGISTERS = 16;
const ALL_EXCEPTIONS = 0xffffffff;
/** MAP_READ | MAP_WRITE | MAP_EXECUTE. */
const MAP_ALL = 7;
const FLAG_DF = 0x400;
const NO_ERROR = 0xffffffffn;
const ATTR_CODE_USER = 0xafb;
const ATTR_DATA_USER = 0xcf3;
const ATTR_TSS = 0x8b;
/** Too small for a map of ports. */
const TSS_LIMIT = 0x5f;

/** What a snippet led to. */
interface Outcome {
  registers: string[];
  fx: Uint8Array;
  fault: string;
}

/** 64-bit user code that sees the mapping's pages and nothing else; every exception is an exit. */
function makeUser(): Guest {
  const guest = new Guest().long(BASE);
  const entry = (at: number, value: bigint) => guest.view.setBigUint64(guest.ram + at, value, true);
  const directory = 0x8000 + 2 * PAGE;
  for (let i = 0; i < 512; i++) entry(directory + i * 8, 0n);
  entry(directory + (BASE >> 21) * 8, BigInt(TABLE) | 7n);
  for (let i = 0; i < SIZE / PAGE; i++) entry(TABLE + i * 8, BigInt(PHYSICAL + i * PAGE) | 7n);
  for (let i = 0; i < 6; i++) guest.segment(i, ATTR_DATA_USER, 0x2b);
  guest.segment(S.CS, ATTR_CODE_USER, 0x33);
  guest.segment(S.TR, ATTR_TSS, 0x40, TSS_LIMIT);
  guest.set32(S.S_CPL, 3);
  const block = Number(guest.exports.createGuest!());
  guest.exports.mapGuest!(block, 0n, 0n, BigInt(RAM_SIZE), MAP_ALL);
  guest.view.setUint32(block + S.G_EXCEPTIONS, ALL_EXCEPTIONS, true);
  guest.set32(S.S_GUEST, block);
  guest.exports.sync!(0);
  guest.exports.flush!(0);
  return guest;
}

function show(gpr: BigUint64Array, flags: bigint, undefinedFlags: number): string[] {
  const mask = BigInt((ALL_FLAGS | FLAG_DF) & ~undefinedFlags);
  return [...gpr, flags & mask].map((word) => word.toString(16));
}

function describeFault(vector: number, error: bigint, rip: bigint, cr2: bigint): string {
  const address = vector === VECTOR_PF ? ` cr2 ${cr2.toString(16)}` : "";
  return `#${vector}(${error.toString(16)}) at ${rip.toString(16)}${address}`;
}

function emulate(guest: Guest, encoding: Encoding, before: Registers, data: Uint8Array): Outcome {
  const { bytes, undefinedFlags } = encoding;
  guest.write(PHYSICAL + CODE - BASE, [...bytes, HLT]);
  guest.write(PHYSICAL + DATA_START - BASE, data);
  for (const [register, value] of before.gpr.entries()) guest.setGpr(register, value);
  putFx(guest, before.fx);
  guest.set(S.S_FLAGS, before.flags);
  const exit = guest.run(BigInt(CODE));
  const rip = guest.get(S.S_RIP);
  const vector = Number(guest.get(S.S_EXIT_INFO1));
  const error = guest.get(S.S_EXIT_INFO2);
  data.set(guest.read(PHYSICAL + DATA_START - BASE, DATA_SIZE));
  const gpr = BigUint64Array.from({ length: 16 }, (_, register) => guest.gpr(register));
  const registers = show(gpr, guest.get(S.S_FLAGS), undefinedFlags);
  const fx = takeFx(guest);
  if (exit !== S.EXIT_EXCEPTION) return { registers, fx, fault: `exit ${exit}` };
  // The end: HLT in user code.
  if (vector === VECTOR_GP && rip === BigInt(CODE + bytes.length))
    return { registers, fx, fault: "" };
  const given = error === NO_ERROR ? 0n : error;
  return { registers, fx, fault: describeFault(vector, given, rip, guest.get(S.S_CR2)) };
}

function runNative(
  native: Native,
  encoding: Encoding,
  before: Registers,
  data: Uint8Array,
): Outcome {
  const after = native.run(encoding.bytes, before, data);
  const fault = native.takeFault();
  const registers = show(after.gpr, after.flags, encoding.undefinedFlags);
  const { fx } = after;
  if (fault === undefined) return { registers, fx, fault: "" };
  const { vector, error, rip, cr2 } = fault;
  return { registers, fx, fault: describeFault(vector, error, rip, cr2) };
}

function prepare(random: Random, encoding: Encoding, data: Uint8Array): Registers {
  const gpr = BigUint64Array.from({ length: 16 }, () => random.wide());
  for (const [register, value] of encoding.registers) gpr[register] = value;
  const { data: word } = encoding;
  if (word) new DataView(data.buffer).setBigUint64(word.at - DATA_START, word.value, true);
  const flags = BigInt((random.next() & (ALL_FLAGS | FLAG_DF)) | 0x202);
  return { gpr, flags, fx: randomFx(random) };
}

/** What differs between two outcomes, in words that start with its name. */
function differencesOf(got: Outcome, wanted: Outcome): string[] {
  const nameOfRegister = (i: number) => (i < GENERAL_REGISTERS ? `r${i}` : "flags");
  const differences = wanted.registers.flatMap((word, i) =>
    word === got.registers[i] ? [] : [`${nameOfRegister(i)} ${got.registers[i]}, not ${word}`],
  );
  if (got.fault !== wanted.fault) differences.push(`"${got.fault}", not "${wanted.fault}"`);
  return [...differences, ...differencesOfFx(got.fx, wanted.fx)];
}

const isHere = process.platform === "linux" && process.arch === "x64";

function nameOf(row: Row): string {
  const opcode = `${["", "0f", "0f38", "0f3a"][row.map]}${row.opcode.toString(16).padStart(2, "0")}`;
  return [opcode, ...row.match, row.mnemonic, row.operands.join(",")].join(" ");
}

describe("rows of the instruction table", () => {
  it.skipIf(!isHere)(
    `do as on the real processor (Linux on x86-64 only): ${title}`,
    {
      timeout: CAMPAIGN_TIMEOUT,
    },
    () => {
      const rows = readRows();
      const random = new Random(SEED);
      const native = new Native();
      const guest = makeUser();
      const data = Uint8Array.from({ length: DATA_SIZE }, () => random.next());
      const wrong: string[] = [];
      const run = new Set<Row>();
      const alwaysFaults: string[] = [];
      native.withFaults(() => {
        for (const row of rows) {
          if (reasonNotRun(row) || !isComparable(row)) continue;
          let finished = 0;
          for (let i = 0; i < ENCODINGS; i++) {
            const encoding = makeEncoding(row, random);
            if (!encoding) continue;
            const before = prepare(random, encoding, data);
            const ours = data.slice();
            const wanted = runNative(native, encoding, before, data);
            const got = emulate(guest, encoding, before, ours);
            run.add(row);
            if (wanted.fault === "") finished++;
            const all = differencesOf(got, wanted);
            if (Buffer.compare(ours, data) !== 0) all.push("memory");
            const differences = all.filter((one) => isSignificant(row, one, wanted.fault));
            if (differences.length === 0) continue;
            wrong.push(
              `${nameOf(row)}: ${Buffer.from(encoding.bytes).toString("hex")}: ${differences.join("; ")}`,
            );
            break;
          }
          if (finished === 0 && row.emitter !== "control") alwaysFaults.push(row.mnemonic);
        }
      });
      expect(wrong).toEqual([]);
      // Only what user code may not do, or nobody.
      const refused =
        /^(ins|outs|in|out|cli|sti|hlt|l[lgi]dt|ltr|clac|stac|lmsw|invlpg|clts|rsm|(wb)?invd|ud[012]|(rd|wr)msr)/;
      expect(alwaysFaults.filter((mnemonic) => !refused.test(mnemonic))).toEqual([]);
      expect(
        rows.filter((row) => !run.has(row) && !reasonNotRun(row) && isComparable(row)).map(nameOf),
      ).toEqual([]);
    },
  );

  it("are all run, but for these, which have a reason", () => {
    const counts: Record<string, number> = {};
    for (const row of readRows()) {
      const reason = reasonNotRun(row);
      if (reason) counts[reason] = (counts[reason] ?? 0) + 1;
    }
    expect(counts).toMatchInlineSnapshot(`
      {
        "absent": 1,
        "depends on CR4.OSXSAVE": 1,
        "draws numbers (random.test.ts)": 4,
        "has a test of its own (test/machine/cpu/x87)": 145,
        "leads to a hypervisor": 20,
        "leads to the system": 7,
        "loads CS": 5,
        "loads a segment register": 6,
        "not in 64-bit code": 35,
        "see save.test.ts": 4,
        "shows or changes the system's state": 20,
        "shows the system's selectors": 3,
      }
    `);
  });
});
