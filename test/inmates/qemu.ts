// Runs an inmate on QEMU's emulated q35, without a hypervisor: what it prints there is the reference.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  COMM_CONSOLE,
  COMM_NUM_CPUS,
  COMM_PM_TIMER_ADDRESS,
  COMM_REVISION,
  COMM_REVISION_OFFSET,
} from "../../abi/comm.ts";
import { CONSOLE_ADDRESS, CONSOLE_TYPE, CONSOLE_TYPE_8250 } from "../../abi/config.ts";
import { COMM_REGION, COMMAND_LINE, IMAGE_BASE, IMAGE_SIZE } from "../../inmates/lib/layout.ts";
import { PM_BASE } from "./images.ts";

const QEMU = "qemu-system-x86_64";
const COM1 = 0x3f8;
/** Where PM_BASE puts the PM timer: its register is 8 bytes into the block. */
const PM_TIMER_PORT = 0x608;
const PAGE_SIZE = 4096;
/** JMP FAR, 16-bit: opcode, offset, segment. */
const JMP_FAR = 0xea;
const RESET_OFFSET = 0xfff0;

/** Whether QEMU is installed. In CI it has to be, so there the tests fail without it. */
export const HAS_QEMU = process.env.CI === "true" || spawnSync(QEMU, ["--version"]).status === 0;

/** What to run, and with what around it. */
export interface Run {
  /** Firmware: the 64 KiB below 1 MiB, entered at 0xffff0. */
  readonly image: Uint8Array;
  readonly commandLine?: string;
  readonly cpus?: number;
  /** Put into memory besides: at an address. */
  readonly loads?: readonly (readonly [address: number, bytes: Uint8Array])[];
  /** Changes to the communication region. */
  readonly comm?: (view: DataView) => void;
}

function commRegion({ cpus = 1, comm }: Run): Uint8Array {
  const page = new Uint8Array(PAGE_SIZE);
  page.set(Buffer.from("JHCOMM"));
  const view = new DataView(page.buffer);
  view.setUint16(COMM_REVISION_OFFSET, COMM_REVISION, true);
  view.setBigUint64(COMM_CONSOLE + CONSOLE_ADDRESS, BigInt(COM1), true);
  view.setUint16(COMM_CONSOLE + CONSOLE_TYPE, CONSOLE_TYPE_8250, true);
  view.setUint16(COMM_PM_TIMER_ADDRESS, PM_TIMER_PORT, true);
  view.setUint16(COMM_NUM_CPUS, cpus, true);
  comm?.(view);
  return page;
}

/** 64 KiB of firmware whose only content is a jump at the reset vector. */
export function jumpTo(address: number): Uint8Array {
  const image = new Uint8Array(IMAGE_SIZE);
  image.set(farJump(address), RESET_OFFSET);
  return image;
}

function farJump(address: number): Uint8Array {
  return Uint8Array.of(JMP_FAR, address & 0xff, address >> 8, 0, 0);
}

/** The image, made to run PM_BASE first; that jumps to where the image's own reset vector did. */
function withPmTimer(image: Uint8Array): { image: Uint8Array; start: Uint8Array } {
  const patched = Uint8Array.from(image);
  const original = image.slice(RESET_OFFSET, RESET_OFFSET + farJump(0).length);
  patched.set(farJump(PM_BASE.address), RESET_OFFSET);
  const start = Uint8Array.from(PM_BASE.bytes);
  start.set(original, start.length - original.length);
  return { image: patched, start };
}

/** Ends an emulator that hangs, and none that is slow, in milliseconds. */
const HANGS = 30 * 60_000;

function collect(args: string[], expected: RegExp, milliseconds: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(QEMU, args, { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk.toString("latin1");
      if (expected.test(output)) child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", () => {
      clearTimeout(timer);
      resolve(output);
    });
  });
}

/** Runs until COM1 has said what is expected, at most `milliseconds`; resolves to all that COM1 said. */
export async function runOnQemu(
  request: Run,
  expected: RegExp,
  milliseconds = HANGS,
): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), "qemu-"));
  const isOurs = request.image[RESET_OFFSET] === JMP_FAR && request.loads === undefined;
  const { image, start } = isOurs
    ? withPmTimer(request.image)
    : { image: request.image, start: PM_BASE.bytes };
  const loads = [
    ...(request.loads ?? []),
    [COMM_REGION, commRegion(request)],
    [COMMAND_LINE, Buffer.from(`${request.commandLine ?? ""}\0`)],
    [PM_BASE.address, start],
  ] as const;
  const devices = loads.flatMap(([address, bytes], index) => {
    const file = join(directory, String(index));
    writeFileSync(file, bytes);
    return ["-device", `loader,file=${file},addr=0x${address.toString(16)},force-raw=on`];
  });
  const firmware = join(directory, "firmware");
  writeFileSync(firmware, image);
  const machine = ["-M", "q35", "-accel", "tcg", "-m", "64", "-smp", String(request.cpus ?? 1)];
  const quiet = ["-display", "none", "-nodefaults", "-monitor", "none", "-no-reboot"];
  try {
    const args = [...machine, ...quiet, "-serial", "stdio", "-bios", firmware, ...devices];
    return await collect(args, expected, milliseconds);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Firmware of 64 KiB with a program somewhere in it. */
export function firmwareWith(address: number, bytes: Uint8Array): Uint8Array {
  const image = new Uint8Array(IMAGE_SIZE);
  image.set(bytes, address - IMAGE_BASE);
  return image;
}
