// Mutated configurations through `enable` and `cell create`: refused with an errno and nothing changed, or accepted.
// More of them: npm run campaign -- mutations --cases 1000000
import { expect, it } from "vitest";
import { defineCell, defineSystem, encode, MiB } from "../../config/index.ts";
import { SystemError } from "../../control/errors.ts";
import { type LocalSession, startSession } from "../../control/session.ts";
import { CAMPAIGN_TIMEOUT, share } from "../campaign.ts";
import { Random } from "../isolation/random.ts";
import { mutate } from "./mutate.ts";

const { cases: MUTATIONS, seed: SEED, title } = share({ quick: 2_500, full: 100_000, seed: 7 });
/** Mutations of the system configuration: fewer, because each takes a machine over. */
const SYSTEMS = Math.ceil(MUTATIONS / 5);
const CELLS = MUTATIONS - SYSTEMS;
/** Each outcome must be met at least this often, or the mutations test nothing. */
const LEAST = MUTATIONS / 1000;
const RAM = MiB(16);
const RAM_FLAGS = ["read", "write", "execute", "dma"] as const;

const SYSTEM = encode(
  defineSystem({
    flags: ["virtual-debug-console"],
    hypervisorMemory: { physical: MiB(14), size: MiB(1) },
    pci: { mmconfigBase: 0xb0000000, endBus: 0xff },
    x86: { pmTimer: 0x608 },
    rootCell: {
      name: "root",
      cpus: [0, 1],
      memory: [
        { physical: 0, size: MiB(14), flags: RAM_FLAGS },
        { physical: 0xfed00000, size: 0x1000, flags: ["read", "write"] },
        { physical: 0xfed80010, size: 0x10, flags: ["read", "io-32"] },
      ],
      irqchips: [{ address: 0xfec00000, id: 0xff00, pins: [1, 2, 3] }],
      ports: [{ base: 0x2f8, length: 8 }],
      pciDevices: [{ type: "device", bdf: 0 }],
    },
  }),
);

const CELL = encode(
  defineCell({
    name: "cell",
    flags: ["passive-commreg"],
    cpus: [1],
    memory: [
      {
        physical: MiB(8),
        virtual: 0,
        size: MiB(1),
        flags: ["read", "write", "execute", "loadable"],
      },
      { virtual: 0x100000, size: 0x1000, flags: ["read", "write", "comm-region"] },
      { physical: 0xfed80010, size: 4, flags: ["read", "io-32"] },
    ],
    caches: [{ start: 0, size: 2 }],
    irqchips: [{ address: 0xfec00000, id: 0xff00, pins: [3] }],
    ports: [{ base: 0x2f8, length: 8 }],
  }),
);

/** Does it, and returns the errno of a refusal; anything but a SystemError is a crash. */
async function refusal(action: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await action();
    return undefined;
  } catch (error) {
    if (error instanceof SystemError) return error.code;
    throw error;
  }
}

/** What may come of a mutated cell configuration. */
const OUTCOMES = [
  "accepted",
  "EINVAL",
  "EBUSY",
  "E2BIG",
  "ENOMEM",
  "ERANGE",
  "EEXIST",
  "EPERM",
  "EIO",
];

async function machine(): Promise<LocalSession> {
  const session = await startSession({ memory: RAM, cpus: 2 });
  await session.enable(SYSTEM);
  return session;
}

/** All that a refused `cell create` must leave alone. */
async function facts(session: LocalSession): Promise<unknown> {
  const { cells, offline, pools } = await session.status();
  return { cells, offline, pools, guestPool: session.machine.pc.exports.poolUsed() };
}

it(
  `${CELLS} mutated cell configurations: ${title}`,
  async () => {
    const random = new Random(SEED);
    let session = await machine();
    const before = await facts(session);
    const seen = new Map<string, number>();
    for (let index = 0; index < CELLS; index++) {
      let code = await refusal(() => session.createCell(mutate(CELL, random)));
      code ??= await refusal(() => session.destroyCell(1, { force: true }));
      const key = code ?? "accepted";
      seen.set(key, (seen.get(key) ?? 0) + 1);
      expect(OUTCOMES, `mutation ${index}`).toContain(key);
      // The cell was given the memory in which the root cell's CPUs idle: on to the next machine.
      if (key === "EIO") session = await machine();
      else if (index % 16 === 0) expect(await facts(session), `mutation ${index}`).toEqual(before);
    }
    expect(seen.get("EIO") ?? 0).toBeLessThan(CELLS / 20);
    for (const key of ["accepted", "EINVAL", "EBUSY"])
      expect(seen.get(key), key).toBeGreaterThan(LEAST);
    await session.disable();
  },
  CAMPAIGN_TIMEOUT,
);

it(
  `${SYSTEMS} mutated system configurations: ${title}`,
  async () => {
    const random = new Random(SEED + 1);
    let session = await startSession({ memory: RAM, cpus: 2 });
    const before = session.machine.pc.exports.poolUsed();
    let accepted = 0;
    for (let index = 0; index < SYSTEMS; index++) {
      const code = await refusal(() => session.enable(mutate(SYSTEM, random)));
      if (code !== undefined) {
        expect(session.machine.pc.exports.poolUsed(), `mutation ${index}`).toBe(before);
        continue;
      }
      accepted++;
      // A root cell whose configuration takes its own memory or CPUs away cannot go on: on to the next machine.
      if (await refusal(() => session.disable()))
        session = await startSession({ memory: RAM, cpus: 2 });
    }
    expect(accepted).toBeGreaterThan(LEAST);
  },
  CAMPAIGN_TIMEOUT,
);
