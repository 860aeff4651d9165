import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { acpiTables } from "./acpi.ts";
import { checksum } from "./bytes.ts";
import { E820_RAM, type Firmware, firmwareTables } from "./firmware.ts";

const MIB = 0x100000;
const MACHINES = [
  { cpus: 1, memory: MIB, vendor: "intel" },
  { cpus: 4, memory: 512 * MIB, vendor: "amd" },
  { cpus: 64, memory: 3072 * MIB, vendor: "amd" },
] as const;
const BASE = 0xe0000;
const directory = mkdtempSync(join(tmpdir(), "firmware-"));
const has = (program: string) => spawnSync(program, ["-v"]).error === undefined;

afterAll(() => rmSync(directory, { recursive: true }));

function tables(machine: (typeof MACHINES)[number]) {
  return acpiTables(machine, BASE).filter(({ name }) => name !== "RSDP");
}

/** Reads little-endian numbers of all pieces. */
function reader({ pieces }: Firmware) {
  const memory = new Uint8Array(MIB);
  for (const { address, bytes } of pieces) memory.set(bytes, address);
  return new DataView(memory.buffer);
}

test.each(MACHINES)("sums are zero, and pieces do not overlap: $cpus CPUs", (machine) => {
  const { pieces, rsdp, smbios } = firmwareTables(machine);
  let end = 0;
  for (const { address, bytes } of pieces) {
    expect(address).toBeGreaterThanOrEqual(end);
    end = address + bytes.length;
    const name = String.fromCharCode(...bytes.slice(0, 4));
    const length = address === rsdp ? 20 : address === smbios ? 24 : bytes.length;
    if (address >= BASE && name !== "FACS")
      expect(checksum([...bytes.slice(0, length)]), name).toBe(0);
  }
  expect(end).toBeLessThanOrEqual(MIB);
});

test("the root pointer leads to every table", () => {
  const firmware = firmwareTables(MACHINES[1]);
  const memory = reader(firmware);
  const signature = (at: number) =>
    String.fromCharCode(...new Uint8Array(memory.buffer, at, 4).slice());
  const xsdt = Number(memory.getBigUint64(firmware.rsdp + 24, true));
  const count = (memory.getUint32(xsdt + 4, true) - 36) / 8;
  const listed = Array.from({ length: count }, (_, index) =>
    Number(memory.getBigUint64(xsdt + 36 + index * 8, true)),
  );
  expect(listed.map(signature)).toEqual(["FACP", "APIC", "HPET", "SPCR", "MCFG"]);
  expect(signature(memory.getUint32(listed[0]! + 36, true))).toBe("FACS");
  expect(signature(memory.getUint32(listed[0]! + 40, true))).toBe("DSDT");
  expect(Number(memory.getBigUint64(listed[0]! + 140, true))).toBe(
    memory.getUint32(listed[0]! + 40, true),
  );
});

test("RAM beyond the place of ECAM takes it away, from the tables and the memory map", () => {
  expect(tables(MACHINES[2]).map(({ name }) => name)).not.toContain("MCFG");
  const { memoryMap } = firmwareTables(MACHINES[2]);
  expect(memoryMap.at(-1)).toEqual({ first: MIB, size: 3071 * MIB, type: E820_RAM });
  expect(firmwareTables(MACHINES[1]).memoryMap.at(-1)?.first).toBe(0xb0000000);
});

test.runIf(has("iasl")).each(MACHINES)(
  "iasl reads every table, and compiles what it has read to the same bytes: $cpus CPUs",
  (machine) => {
    for (const { name, bytes } of tables(machine)) {
      const file = join(directory, name);
      writeFileSync(`${file}.aml`, Uint8Array.from(bytes));
      const read = execFileSync("iasl", ["-d", `${file}.aml`], { encoding: "utf8", stdio: "pipe" });
      expect(read).not.toMatch(/error|warning|invalid|unknown/i);
      const made = spawnSync("iasl", ["-p", `${file}-again`, `${file}.dsl`], { encoding: "utf8" });
      expect(made.stdout + made.stderr).not.toMatch(/\b[1-9]\d* (Errors|Warnings)/);
      const again = [...readFileSync(`${file}-again.aml`)];
      if (name === "FACS") expect(again).toEqual(bytes);
      else expect(withoutCompiler(again)).toEqual(withoutCompiler(bytes));
    }
  },
);

/** A table without its sum and the compiler's name and version, in which alone it may differ. */
function withoutCompiler(bytes: readonly number[]): number[] {
  return bytes.filter((_, at) => at !== 9 && (at < 28 || at >= 36));
}

test.runIf(has("dmidecode"))("dmidecode reads the SMBIOS structures", () => {
  const { pieces, smbios } = firmwareTables(MACHINES[1]);
  const { bytes } = pieces.find(({ address }) => address === smbios)!;
  // A dump has the entry point at 0 and the structures at 32, where it must say that they are.
  const dump = Uint8Array.from([...bytes.slice(0, 24), ...new Uint8Array(8), ...bytes.slice(32)]);
  new DataView(dump.buffer).setBigUint64(16, 32n, true);
  dump[5] = 0;
  dump[5] = checksum([...dump.slice(0, 24)]);
  const file = join(directory, "smbios");
  writeFileSync(file, dump);
  const text = execFileSync("dmidecode", ["--from-dump", file], { encoding: "utf8" });
  expect(text).toContain("SMBIOS 3.6.0 present");
  expect(text).not.toMatch(/bad|invalid|wrong|OUT OF SPEC|<BAD INDEX>/i);
  expect(text.match(/Status: Populated, Enabled/g)?.length).toBe(4);
  expect(text).toContain("Size: 512 MB");
  expect(text).toContain("Range Size: 512 MB");
  expect(text).toContain("End Of Table");
});
