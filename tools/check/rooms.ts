// Which room may import which: the table of ARCHITECTURE.md as data. A check compares the two.

/** May import everything. */
export const ANYTHING = "anything";

/** What a room may import, besides itself. */
export interface Room {
  readonly imports: readonly string[] | typeof ANYTHING;
  /** Those of `imports` that are loaded when needed, never with the room itself. */
  readonly lazily?: readonly string[];
}

/** By directory. A file belongs to the longest directory that it is in. */
export const ROOMS: Readonly<Record<string, Room>> = {
  abi: { imports: [] },
  hypervisor: { imports: ["abi"] },
  machine: { imports: ["abi"] },
  "platforms/emulated": { imports: ["abi", "machine"] },
  "platforms/metal": { imports: ["abi"] },
  agent: { imports: ["abi"] },
  sdk: { imports: [] },
  inmates: { imports: ["abi"] },
  config: { imports: ["abi"] },
  configs: { imports: ["config"] },
  control: { imports: ["abi", "config", "platforms"], lazily: ["platforms"] },
  cli: { imports: ["config", "control", "tools/demo", "tools/inmates"] },
  "tools/demo": { imports: ANYTHING },
  "tools/inmates": { imports: ANYTHING },
  tools: { imports: ANYTHING },
  bench: { imports: ANYTHING },
  docs: { imports: ANYTHING },
  test: { imports: ANYTHING },
};

/** The waist's contracts: declarations that the core and every platform share. */
const CONTRACTS = /^hypervisor\/(?:\w+\/)?(?:platform|exports)\.ts$/;

/** Whether a file of `room` may import `path` as a contract between the core and platforms. */
export function sharesContract(room: string, path: string): boolean {
  return room.startsWith("platforms/") && CONTRACTS.test(path);
}

/** Tests and what only they use may import anything, wherever they lie. */
export const TESTS = /\.test\.ts$|\/testing\/|^config\/arbitrary\.ts$/;

/** The room of a path relative to the root. */
export function roomOf(path: string): string | undefined {
  const rooms = Object.keys(ROOMS).filter((room) => path.startsWith(`${room}/`));
  return rooms.sort((a, b) => b.length - a.length)[0];
}

/** Whether `room` may import `other`; a directory stands for all rooms in it. */
export function mayImport(room: string, other: string): boolean {
  const { imports } = ROOMS[room] as Room;
  if (imports === ANYTHING || room === other) return true;
  return imports.some((allowed) => other === allowed || other.startsWith(`${allowed}/`));
}

/** Whether `room` may import `other` only lazily. */
export function onlyLazily(room: string, other: string): boolean {
  const lazily = (ROOMS[room] as Room).lazily ?? [];
  return lazily.some((allowed) => other === allowed || other.startsWith(`${allowed}/`));
}
