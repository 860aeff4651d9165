// What the SDK's library does, in cells of the emulated PC and on QEMU's, for each compiler, width and layout. The oracles are
// the C library of this computer, and JavaScript's BigInt.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import smpDemo from "../../configs/x86/smp-demo.ts";
import tinyDemo from "../../configs/x86/tiny-demo.ts";
import type { Session } from "../../control/api.ts";
import { COMMAND_LINE } from "../../inmates/lib/layout.ts";
import { ROOT } from "../../tools/root.ts";
import { enabled, launch, linesOf, MACHINES } from "../inmates/cells.ts";
import { HAS_QEMU, jumpTo, runOnQemu } from "../inmates/qemu.ts";
import { CAN_BUILD, Project, VARIANTS, type Variant } from "./project.ts";

const MS = 1e6;
const SECOND = 1e9;
const PAGE_SIZE = 0x1000;
/** Of 50 ms each: what is printed takes its time on the line. */
const MAX_SLICES = 100;
const SAMPLES = "test/sdk/samples";
const PARAMETERS =
  "decimal=42 hex=0x1F negative=-3 junk=12z bare no=false odd=2 zero=0 one=1 name=jailer  last";
/** Of library.c. */
const VALUES = [
  ...[1n, -1n, 7n, -10n, 0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0x123456789an],
  ...[0x7fffffffffffffffn, -0x123456789abcdefn],
];

/** Each compiler, width and layout once. */
const PAIR = [VARIANTS[0]!, VARIANTS.at(-1)!];

/** An image for address 0 in two pieces: QEMU does not load one thing over the other. */
function aroundCommandLine(image: Uint8Array): [number, Uint8Array][] {
  return [
    [0, image.subarray(0, COMMAND_LINE)],
    [COMMAND_LINE + PAGE_SIZE, image.subarray(COMMAND_LINE + PAGE_SIZE)],
  ];
}

function quotients(): string[] {
  const u = (value: bigint) => BigInt.asUintN(64, value);
  return VALUES.flatMap((a) =>
    VALUES.map((b) => [a / b, a % b, u(a) / u(b), u(a) % u(b)].join(" ")),
  );
}

/** Lets time pass until the cell has come to an end of some kind. */
async function runToEnd(session: Session): Promise<void> {
  for (let slice = 0; slice < MAX_SLICES; slice++) {
    await session.run(50 * MS);
    const [, cell] = await session.cells();
    if (cell!.state !== "running" || cell!.cpusFailed.length > 0) return;
  }
  throw new Error("the cell came to no end");
}

describe.skipIf(!CAN_BUILD)("the library in C", () => {
  let project: Project;
  let cpus: Project;
  let printed: string[];
  beforeAll(async () => {
    project = (await Project.create("library")).use(`${SAMPLES}/library.c`);
    cpus = (await Project.create("cpus")).use(`${SAMPLES}/cpus.c`);
    const host = join(project.directory, "host");
    const sources = join(ROOT, SAMPLES);
    execFileSync("gcc", ["-w", join(sources, "host.c"), "-o", host]);
    printed = execFileSync(host, { encoding: "utf8" }).trimEnd().split("\n");
  });
  afterAll(async () => {
    await project.close();
    await cpus.close();
  });

  const build = (variant: Variant) =>
    project.make(variant, `-O2 -std=c11 -Wall -Wextra -Wno-format -I${join(ROOT, SAMPLES)}`);

  function expected({ bits }: Variant, words: RegExp): unknown[] {
    const pointer = bits === 64 ? "0x0000000000001234" : "0x00001234";
    return [
      "variables 51 aligned 0 0 pointers too",
      ...printed,
      "unknown %f %y %",
      expect.stringMatching(new RegExp(`^pointer ${pointer} ${words.source}$`)),
      ...quotients(),
      "up 0101234567, down 0123456767, set xxxyz, 5 long",
      "compare 1 0 1 0",
      "heap 0 1 1",
      "int 42 31 -3 -1 -1",
      "bool 1 0 1 0 1",
      "text 1 jaile 0 [] 1 0 1",
      "done",
    ];
  }

  describe.each(VARIANTS)("$compiler $bits $reset", (variant) => {
    let image: Uint8Array;
    beforeAll(() => {
      image = build(variant);
    });
    const config = { ...tinyDemo, cpuResetAddress: BigInt(variant.reset) };
    const words = variant.bits === 64 ? /0x[0-9a-f]{16}/ : /0x[0-9a-f]{8}/;

    /** Runs with a command line until it is done; what COM2 said, as lines, and the cell's state. */
    async function run(parameters: string, rounds = 1, machine = MACHINES[0]!) {
      const session = await enabled(machine);
      try {
        await launch(session, config, image, parameters);
        for (let round = 1; round <= rounds; round++) {
          if (round > 1) await session.startCell("tiny-demo");
          await runToEnd(session);
        }
        const [cell] = (await session.cells()).filter(({ name }) => name === "tiny-demo");
        return { lines: linesOf(await session.serial(1).text()), ...cell! };
      } finally {
        await session.close();
      }
    }

    it("prints, divides, copies, reads its parameters; again without a load", async () => {
      const { lines, state } = await run(PARAMETERS, 2);
      const once = expected(variant, words);
      expect(lines.slice(0, once.length)).toEqual(once);
      expect(lines.slice(once.length)).toEqual(once);
      expect(state).toBe("shut down");
    });

    // The rest depends on neither compiler nor layout as much: each once.
    if (!PAIR.includes(variant)) return;

    it("reports exceptions", async () => {
      const { lines, state } = await run("do=divide");
      expect(lines[0]).toBe("--- EXCEPTION 0 ---");
      expect(lines[1]).toMatch(
        new RegExp(
          `^ CS: {2}0x00${variant.bits === 64 ? "18" : "08"} IP: ${words.source} flags: 0x[0-9a-f]{8}$`,
        ),
      );
      expect(lines[2]).toMatch(new RegExp(`^ SP: {2}${words.source} BP: ${words.source}$`));
      expect(lines).toHaveLength(variant.bits === 64 ? 9 : 5);
      expect(state).toBe("failed");
    });

    it.each([
      ["memory", "out of memory"],
      ["vector", "an interrupt's vector is not 32 to 63"],
      ["timer", "jh_set_timer comes after jh_start_timer"],
      ["cpu", "there is no such CPU"],
    ])("ends itself, and says why: %s", async (what, why) => {
      const { lines, state } = await run(`do=${what}`);
      expect(lines).toEqual([`--- FAILED: ${why} ---`]);
      expect(state).toBe("failed");
    });

    it.each(MACHINES)("calls the hypervisor on $cpu", async (machine) => {
      const { lines } = await run("do=hypercall", 1, machine);
      expect(lines).toEqual(["hypercall -38", "done"]);
    });

    it("passes time", async () => {
      const { lines } = await run("do=time");
      const [, tsc, pm] = /^passed (\d+) (\d+)$/.exec(lines[0]!)!.map(Number);
      for (const passed of [tsc!, pm!]) {
        expect(passed).toBeGreaterThanOrEqual(5000);
        expect(passed).toBeLessThan(40_000);
      }
    });
  });

  it("has UARTs in both directions", async () => {
    const image = build(VARIANTS[0]!);
    const session = await enabled();
    try {
      await launch(session, tinyDemo, image, "do=uart");
      await session.serial(1).waitFor("!");
      await session.serial(1).write("Q");
      await session.serial(1).waitFor(/!received Q\r\ndone\r\n/);
    } finally {
      await session.close();
    }
  });

  it("prints through the hypervisor when it is told to", async () => {
    const image = build(VARIANTS[0]!);
    for (const machine of MACHINES) {
      const session = await enabled(machine);
      await launch(session, tinyDemo, image, "do=nothing con-type=none con-virtual=1");
      await session.run(20 * MS);
      expect(await session.consoleText()).toMatch(/Started cell "tiny-demo"\ndone\r\n$/);
      expect(await session.serial(1).text()).toBe("");
      await session.close();
    }
  });

  describe.each(PAIR)("several CPUs: $compiler $bits $reset", (variant) => {
    const config = { ...smpDemo, cpuResetAddress: BigInt(variant.reset) };

    it.each(["start", ""])("with the command line %j, three times without a load", async (text) => {
      const session = await enabled();
      try {
        await launch(session, config, cpus.make(variant), text);
        for (let round = 0; round < 3; round++) {
          if (round > 0) await session.startCell("smp-demo");
          const before = (await session.serial(1).text()).length;
          await session.run(SECOND / 10);
          const lines = linesOf((await session.serial(1).text()).slice(before));
          const others = lines.slice(1, -1);
          expect([lines[0], lines.at(-1)]).toEqual(["3 CPUs", "done"]);
          if (text === "") expect(others).toEqual([]);
          else {
            expect(new Set(others).size).toBe(2);
            for (const line of others) expect(line).toMatch(/^CPU [123] runs$/);
          }
        }
        const cell = (await session.cells()).find(({ name }) => name === "smp-demo");
        expect(cell).toMatchObject({ state: "shut down", cpusFailed: [] });
      } finally {
        await session.close();
      }
    });
  });

  const onQemu = describe.skipIf(!HAS_QEMU);
  onQemu.each(VARIANTS.filter(({ compiler }) => compiler === "gcc"))(
    "on QEMU: $bits $reset",
    (variant) => {
      const run = (image: Uint8Array, commandLine: string, count: number) =>
        runOnQemu(
          variant.reset === "0"
            ? { image: jumpTo(0), loads: aroundCommandLine(image), commandLine, cpus: count }
            : { image, commandLine, cpus: count },
          /done\r\n/,
        );

      it("says the same", async () => {
        const output = await run(build(variant), PARAMETERS, 1);
        const words = variant.bits === 64 ? /0x[0-9a-f]{16}/ : /0x[0-9a-f]{8}/;
        expect(output.trimEnd().split("\r\n")).toEqual(expected(variant, words));
      });
    },
  );
});
