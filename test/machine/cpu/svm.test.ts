// AMD-V: images/svm.asm on our CPU, on QEMU 7.2 and on Bochs 2.7, which share no author. What the two do against the manual (AMD64 APM
// volume 2) is listed here by the name of the case. Needs nasm, qemu-system-x86_64 and bochs; without them tests are skipped, except in CI.
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { assemble, ImageCpu, missingForImages, onQemu } from "./images.ts";

const hasBochs = spawnSync("bochs", ["--help"]).error === undefined;
const missing = [...missingForImages(), ...(hasBochs ? [] : ["bochs"])];
if (missing.length > 0) console.warn(`AMD-V beside others skipped: no ${missing.join(", no ")}`);
const skipped = missing.length > 0 && !process.env.CI;

const directory = mkdtempSync(join(tmpdir(), "svm-image-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Ends an emulator that hangs, and none that is slow, in milliseconds. */
const HANGS = 30 * 60_000;
/** Cases that the image has at least. */
const CASES = 290;

/** What QEMU 7.2 does otherwise. */
const QEMU: Readonly<Record<string, string>> = {
  invd: "executes INVD though it is intercepted (15.9)",
  shadow: "forgets the interrupt shadow that VMRUN was given at the next exit (15.21.5)",
  int3: "delivers INT3 though #BP is intercepted (15.12.4)",
  "stack-canonical": "raises #GP, not #SS, where rBP or rSP are not canonical (8.2.13)",
  "gate-error": "numbers gates of long mode by 16, not by 8, in error codes (8.4.1)",
  "double-fault": "has no #SS by a push on a stack that is not canonical, and so no double fault",
  "alignment-code": "pushes an error code with #AC though the event has none (15.20)",
  priority: "takes a virtual interrupt of the task's own priority (15.21.4)",
  "unknown-msr": "reads 0 from MSRs that there are not",
  reserved: "reports reserved bits of nested entries without P (8.4.2, 15.25.6)",
  lmsw: "lets LMSW pass that the selective intercept is for (15.9)",
  "virtual-shadow": "forgets the interrupt shadow that VMRUN was given (15.21.5)",
  "host-trace": "traps for the host's RFLAGS.TF one instruction after VMRUN is over (15.5.1)",
  "table-global": "takes G in entries of the two upper levels (5.3.3)",
  "fetch-by-smep": "tells fetches with EFER.NXE only, not with CR4.SMEP (8.4.2)",
  "triple-fault": "reports the first fault, not the double fault, as what was being delivered",
};

/** What Bochs 2.7 does otherwise; with a triple fault, which it does not intercept, it ends. */
const BOCHS: Readonly<Record<string, string>> = {
  cr2: "loads no CR2 from the control block (appendix B, table B-2)",
  "gate-error": "reports another event as what was being delivered; leaves RF set at an exit",
  "double-fault": "reports nothing as what was being delivered (15.7.2)",
  virtual: "looks for a virtual interrupt only once the guest has changed RFLAGS (15.21.4)",
  syscfg: "has no SYSCFG",
  rsm: "does not look for RSM's intercept (15.9)",
  lmsw: "lets LMSW pass that the selective intercept is for (15.9)",
  "trace-exit": "traps in the host for the guest's RFLAGS.TF (15.5.1)",
  "virtual-shadow":
    "looks for a virtual interrupt only once the guest has changed RFLAGS (15.21.4)",
  "host-trace": "traps for the host's RFLAGS.TF one instruction after VMRUN is over (15.5.1)",
  "table-global": "takes G in entries of the two upper levels (5.3.3)",
  "fetch-without-nx": "tells fetches without EFER.NXE and CR4.SMEP (8.4.2)",
  "event-of-fault": "reports #GP as what was being delivered; leaves RF set at an exit",
};

/** A case a line: its name, if it has one, and what it printed. */
interface Case {
  name: string | undefined;
  text: string;
}

function casesOf(text: string): Case[] {
  const lines = [...text.matchAll(/^[0-9a-f]{16} .*$/gm)];
  return lines.map(([line]) => ({
    name: /^\S+ ([a-z][\w-]+[a-z\d]) /.exec(line)?.[1],
    text: line.trim(),
  }));
}

/** The cases that are not left out, and the names of those that are. */
function compared(cases: readonly Case[], known: Readonly<Record<string, string>>): string[] {
  return cases.filter(({ name }) => !(name && name in known)).map(({ text }) => text);
}

async function onBochs(image: string): Promise<string> {
  const file = (name: string) => join(directory, name);
  const lines = [
    "config_interface: textconfig",
    'display_library: rfb, options="timeout=0, no_gui_console"',
    "cpu: model=ryzen, count=1, ips=25000000, reset_on_triple_fault=0, ignore_bad_msrs=0",
    "memory: guest=32, host=32",
    `romimage: file=${image}, address=0xffff0000`,
    "vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest",
    "port_e9_hack: enabled=1",
    "plugin_ctrl: speaker=0",
    `log: ${file("bochs.log")}`,
    ...[
      "panic: action=fatal",
      "error: action=report",
      "info: action=ignore",
      "debug: action=ignore",
    ],
  ];
  writeFileSync(file("bochsrc"), `${lines.join("\n")}\n`);
  // Debian's has a debugger: it is to go on.
  writeFileSync(file("commands"), "c\n");
  const args = ["-q", "-rc", file("commands"), "-f", file("bochsrc")];
  const run = promisify(execFile)("bochs", args, { timeout: HANGS, encoding: "latin1" });
  const { stdout } = await run.catch((error: { stdout: string }) => error);
  return stdout;
}

describe.skipIf(skipped)("AMD-V", () => {
  const image = () => assemble("svm", directory);

  test("does what it does on QEMU", async () => {
    const ours = casesOf(new ImageCpu(image(), ["nrip_save", "decodeassists"]).run());
    const theirs = casesOf(await onQemu(image(), "EPYC"));
    expect(ours.length).toBeGreaterThan(CASES);
    expect(compared(ours, QEMU)).toEqual(compared(theirs, QEMU));
    // Each is still so: else the list is too long.
    for (const name of Object.keys(QEMU)) {
      const of = (cases: readonly Case[]) => cases.filter((one) => one.name === name);
      expect(of(ours), name).not.toEqual(of(theirs));
    }
  });

  test("does what it does on Bochs, which has the next RIP", async () => {
    const all = casesOf(new ImageCpu(image(), ["decodeassists"]).run());
    const end = all.findIndex(({ name }) => name === "triple-fault");
    const ours = all.slice(0, end);
    const theirs = casesOf(await onBochs(image())).slice(0, end);
    expect(ours.length).toBeGreaterThan(CASES);
    expect(compared(ours, BOCHS)).toEqual(compared(theirs, BOCHS));
    for (const name of Object.keys(BOCHS)) {
      const of = (cases: readonly Case[]) => cases.filter((one) => one.name === name);
      expect(of(ours), name).not.toEqual(of(theirs));
    }
  });
});
