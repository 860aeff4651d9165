// The core at work: VM exits per second beside the same CPU without exits, and the times of the management calls beside
// making the machine.
import { defineCell, encode, KiB } from "../config/index.ts";
import qemuX86 from "../configs/x86/qemu-x86.ts";
import { type LocalSession, startSession } from "../control/session.ts";
import { figure, median, table, times } from "./measure.ts";

const ROUNDS = 9;
/** How long each program runs, in virtual nanoseconds. */
const VIRTUAL = 1e6;
/** Programs in real mode at 0: each loops for ever. */
const PROGRAMS = {
  "no exit (inc eax)": [0x66, 0x40, 0xeb, 0xfc],
  CPUID: [0x0f, 0xa2, 0xeb, 0xfc],
  // mov eax, 99; vmmcall: an unknown figure of HYPERVISOR_GET_INFO
  hypercall: [0x66, 0xb8, 5, 0, 0, 0, 0x66, 0xbf, 99, 0, 0, 0, 0x0f, 0x01, 0xd9, 0xeb, 0xef],
  // mov ecx, PAT; rdmsr
  "RDMSR (PAT)": [0x66, 0xb9, 0x77, 2, 0, 0, 0x0f, 0x32, 0xeb, 0xf6],
  // mov al, [0x8000]: a sub-page region of the HPET, decoded and emulated
  "MMIO (decoded)": [0xa0, 0x00, 0x80, 0xeb, 0xfb],
} as const;

const CELL = defineCell({
  name: "bench",
  flags: ["passive-commreg", "unguarded-dma"],
  cpus: [3],
  memory: [
    {
      physical: 0x3ef00000,
      virtual: 0,
      size: KiB(16),
      flags: ["read", "write", "execute", "loadable"],
    },
    { physical: 0xfed00000, virtual: 0x8000, size: 16, flags: ["read", "write", "io-8"] },
  ],
  cpuResetAddress: 0,
});

/** Exits and milliseconds of one run of a program. */
async function runProgram(session: LocalSession, code: readonly number[]) {
  await session.loadCell("bench", [{ data: Uint8Array.from(code), address: 0n }]);
  await session.startCell("bench");
  const before = (await session.statistics("bench")).total.total!;
  const [elapsed] = await times(1, () => session.run(VIRTUAL));
  const exits = (await session.statistics("bench")).total.total! - before;
  return { exits, elapsed: elapsed! };
}

async function benchExits(session: LocalSession): Promise<void> {
  await session.createCell(encode(CELL));
  const rows: string[][] = [];
  let plain = 0;
  for (const [name, code] of Object.entries(PROGRAMS)) {
    const runs = [];
    for (let round = 0; round < 3; round++) runs.push(await runProgram(session, code));
    const best = runs.reduce((a, b) => (a.elapsed < b.elapsed ? a : b));
    if (best.exits === 0) plain = best.elapsed;
    const rate = best.exits / (best.elapsed / 1000);
    rows.push([
      name,
      figure(rate),
      best.exits === 0 ? "–" : figure(((best.elapsed - plain) / best.exits) * 1e6),
      figure(best.elapsed / plain),
    ]);
  }
  console.log(
    table(["exits of one CPU", "per second", "ns each", "× the same time without exits"], rows),
  );
  await session.destroyCell("bench");
}

/** Milliseconds of each step of a life cycle, repeated. */
async function benchCalls(session: LocalSession, rounds: number): Promise<Map<string, number[]>> {
  const results = new Map<string, number[]>();
  const note = async (name: string, action: () => Promise<unknown>) => {
    results.set(name, [...(results.get(name) ?? []), ...(await times(1, action))]);
  };
  const image = { data: new Uint8Array(KiB(16)).fill(0xf4), address: 0n };
  for (let round = 0; round < rounds; round++) {
    await note("cell create", () => session.createCell(encode(CELL)));
    await note("cell load (16 KiB)", () => session.loadCell("bench", [image]));
    await note("cell start", () => session.startCell("bench"));
    await note("cell destroy", () => session.destroyCell("bench"));
    await note("disable", () => session.disable());
    await note("enable", () => session.enable(encode(qemuX86)));
  }
  return results;
}

/** Prints exits per second and the times of the management calls. */
export async function benchCore(rounds = ROUNDS): Promise<void> {
  const starts = await times(rounds, async () => (await startSession()).close());
  const session = await startSession();
  await session.enable(encode(qemuX86));
  await benchExits(session);
  const calls = await benchCalls(session, rounds);
  const base = median(starts);
  const rows = [["machine start", starts] as const, ...calls].map(([name, values]) => [
    name,
    figure(median(values)),
    figure(median(values) / base),
  ]);
  console.log(`\n${table(["management, in process", "ms", "× machine start"], rows)}`);
  await session.close();
}
