// Every row of instructions.txt with each feature that it could belong to switched off: an instruction is #UD exactly when its bit of
// CPUID is off. To which feature it belongs, iced-x86 says.
import { CpuidFeature, Decoder, DecoderOptions, Mnemonic } from "iced-x86";
import { describe, expect, it } from "vitest";
import * as S from "../../../../machine/cpu/interface.ts";
import { FEATURES, missingWords } from "../../../../machine/model.ts";
import { featureOf, type Row, readRows } from "../../../../tools/instructions.ts";
import { type Encoding, makeEncoding } from "./encodings.ts";
import { Guest, PHYSICAL, RAM_SIZE } from "./guest.ts";
import { BASE, CODE, DATA_SIZE, DATA_START } from "./native.ts";
import { Random } from "./snippets.ts";

const NAMES = Object.keys(FEATURES);
const HLT = 0xf4;
const VECTOR_UD = 6;
const TRIES = 100;
/** OSFXSR, OSXMMEXCPT, PAE, FSGSBASE, OSXSAVE. */
const CR4 = 0x50620n;
/** MAP_READ | MAP_WRITE | MAP_EXECUTE. */
const MAP_ALL = 7;
const ALL_EXCEPTIONS = 0xffffffff;

/** Names of features in iced-x86, where they are others than Linux'. */
const ICED: Readonly<Record<string, string>> = {
  SSE3: "pni",
  CMPXCHG16B: "cx16",
  LZCNT: "abm",
  SHA: "sha_ni",
  SKINIT_or_SVM: "svm",
};
/** Rows that without their feature are what they were before it: prefixes that were ignored. */
const OLDER: readonly string[] = ["tzcnt", "lzcnt"];
/** What iced-x86 takes for as old as the processor, and 64-bit code has only with a bit of its own. */
const LATE: readonly string[] = ["lahf", "sahf"];

/** The features that iced-x86 gives an encoding; undefined for one that it does not know. */
function icedFeatures(bytes: readonly number[]): string[] | undefined {
  const decoder = new Decoder(64, Uint8Array.from(bytes), DecoderOptions.None);
  const instruction = decoder.decode();
  const isKnown = instruction.mnemonic !== Mnemonic.INVALID;
  const names = [...instruction.cpuidFeatures()].map((number) => CpuidFeature[number]!);
  for (const object of [instruction, decoder]) object.free();
  return isKnown ? names.map((name) => ICED[name] ?? name.toLowerCase()) : undefined;
}

/** Of those features the one that can be switched. */
const icedFeature = (bytes: readonly number[]) =>
  icedFeatures(bytes)?.find((name) => NAMES.includes(name));

/** 64-bit code of the highest level under a hypervisor to which every exception exits; each run starts from the same state. */
class Stage {
  readonly guest = new Guest().long(BASE);
  readonly #state: Uint8Array;

  constructor() {
    const { guest } = this;
    guest.set(S.S_CR4, CR4);
    const block = Number(guest.exports.createGuest!());
    guest.exports.mapGuest!(block, 0n, 0n, BigInt(RAM_SIZE), MAP_ALL);
    guest.view.setUint32(block + S.G_EXCEPTIONS, ALL_EXCEPTIONS, true);
    guest.set32(S.S_GUEST, block);
    this.#state = guest.bytes.slice(guest.s, guest.s + S.S_PRIVATE);
  }

  /** Whether an instruction is #UD on a processor without these features. */
  isUndefined({ bytes, registers }: Encoding, missing: readonly string[]): boolean {
    const { guest } = this;
    for (const [word, bits] of missingWords(missing).entries())
      guest.exports.setMissingFeatures!(word, bits);
    guest.bytes.set(this.#state, guest.s);
    guest.exports.sync!(0);
    guest.exports.flush!(0);
    guest.write(PHYSICAL + DATA_START - BASE, new Uint8Array(DATA_SIZE));
    guest.write(PHYSICAL + CODE - BASE, [...bytes, HLT]);
    for (const [register, value] of registers) guest.setGpr(register, value);
    const exit = guest.run(BigInt(CODE), 1n);
    const isAtIt = guest.get(S.S_RIP) === BigInt(CODE);
    return exit === S.EXIT_EXCEPTION && guest.get(S.S_EXIT_INFO1) === BigInt(VECTOR_UD) && isAtIt;
  }
}

function encodingOf(row: Row, random: Random): Encoding {
  for (let tries = 0; tries < TRIES; tries++) {
    const encoding = makeEncoding(row, random);
    // A prefix that makes nothing of the instruction may have been drawn.
    if (encoding && icedFeatures(encoding.bytes)) return encoding;
  }
  throw new Error(`no encoding of ${row.mnemonic}`);
}

const rows = readRows().filter(({ attributes }) => !attributes.includes("i64"));
const textOf = (row: Row) => [row.opcode.toString(16), ...row.match, row.mnemonic].join(" ");

describe("features", () => {
  it("belong to the rows to which iced-x86 gives them", () => {
    const random = new Random(1);
    const wrong = rows.flatMap((row) => {
      const wanted = LATE.includes(row.mnemonic)
        ? "lahf_lm"
        : icedFeature(encodingOf(row, random).bytes);
      const found = featureOf(row);
      return found === wanted ? [] : [`${textOf(row)}: ${found}, not ${wanted}`];
    });
    expect(wrong).toEqual([]);
  });

  it("that are off make their rows #UD, and no others", () => {
    const random = new Random(2);
    const stage = new Stage();
    const wrong = rows.flatMap((row) => {
      const encoding = encodingOf(row, random);
      const own = featureOf(row);
      const others = NAMES.filter((name) => name !== own);
      const works = !stage.isUndefined(encoding, []);
      const problems: string[] = [];
      if (own !== undefined && !works) problems.push("is #UD although all is there");
      if (stage.isUndefined(encoding, others) === works) problems.push("depends on others'");
      if (own === undefined) return problems.map((text) => `${textOf(row)} ${text}`);
      const isUd = stage.isUndefined(encoding, [own]);
      if (isUd === OLDER.includes(row.mnemonic)) problems.push(`without ${own}: #UD ${isUd}`);
      return problems.map((text) => `${textOf(row)} ${text}`);
    });
    expect(wrong).toEqual([]);
  });

  it.each(NAMES)("%s is of some use: a row, a bit of a control register, or a device's", (name) => {
    const others = ["x2apic", "tsc_deadline_timer", "smep", "umip", "nx", "pdpe1gb"];
    others.push(
      "extapic",
      "smca",
      "tce",
      "int_wbinvd",
      "autoibrs",
      "npt",
      "nrip_save",
      "flushbyasid",
      "decodeassists",
    );
    expect(rows.some((row) => featureOf(row) === name)).toBe(!others.includes(name));
  });
});
