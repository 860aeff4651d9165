// The speed of QEMU's TCG, a translator to native code, on a kernel of interpreter.ts: how far an interpreter is from one.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const QEMU = "qemu-system-x86_64";
/** Clock ticks of Linux a second, in /proc/PID/stat. */
const TICKS = 100;
/** Fields of /proc/PID/stat after the name's end: utime, stime. */
const USER_TIME = 11;
const SYSTEM_TIME = 12;
const STEP_MS = 100;

/** Whether QEMU is installed, and Linux tells what CPU time it takes. */
export function hasTcg(): boolean {
  return process.platform === "linux" && spawnSync(QEMU, ["--version"]).status === 0;
}

/** CPU time of a process so far in seconds, user and system. */
export function cpuTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) / TICKS;
}

/** Reads 32 bits of a machine's physical memory by QEMU's monitor on its standard output. */
function readWord(qemu: ChildProcess, address: number): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = "";
    const end = () => reject(new Error(`QEMU has ended: ${text}`));
    const take = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      const [, word] = /^[0-9a-f]+: 0x([0-9a-f]{8})\r?$/m.exec(text) ?? [];
      if (word === undefined) return;
      qemu.stdout!.off("data", take);
      qemu.off("close", end);
      resolve(Number.parseInt(word, 16));
    };
    qemu.stdout!.on("data", take);
    qemu.once("close", end);
    qemu.stdin!.write(`xp /1wx ${address}\n`);
  });
}

/**
 * Rounds a second of CPU time that a boot image counts at a physical address, in `seconds` after one of warming up. Throws where QEMU
 * ends, or where nothing is counted.
 */
export async function measureTcg(
  image: Uint8Array,
  counter: number,
  seconds: number,
): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), "tcg-"));
  const bios = join(directory, "bios");
  writeFileSync(bios, image);
  const quiet = ["-display", "none", "-serial", "none", "-nodefaults", "-monitor", "stdio"];
  const machine = ["-machine", "pc", "-accel", "tcg", "-cpu", "qemu64", "-m", "16", "-bios", bios];
  const qemu = spawn(QEMU, [...machine, ...quiet], { stdio: ["pipe", "pipe", "ignore"] });
  try {
    const until = async (time: number) => {
      while (cpuTime(qemu.pid!) < time) await new Promise((go) => setTimeout(go, STEP_MS));
      return { time: cpuTime(qemu.pid!), rounds: await readWord(qemu, counter) };
    };
    const first = await until(1);
    const last = await until(1 + seconds);
    if (last.rounds === first.rounds) throw new Error("the kernel made no round in QEMU");
    return (last.rounds - first.rounds) / (last.time - first.time);
  } finally {
    qemu.kill("SIGKILL");
    rmSync(directory, { recursive: true });
  }
}
