// Every import is allowed by the table of rooms, the table is ARCHITECTURE.md's, and nothing imports itself in a circle.
import { posix } from "node:path";
import type { Check } from "./check.ts";
import { readText, repositoryFiles } from "./files.ts";
import { ANYTHING, mayImport, onlyLazily, ROOMS, roomOf, sharesContract, TESTS } from "./rooms.ts";
import { type Import, importsOf } from "./source.ts";

/** Relative imports of all TypeScript files, by file. */
export type Graph = ReadonlyMap<string, readonly (Import & { readonly path: string })[]>;

/** Sources that a test puts elsewhere, where their imports lead somewhere. */
const MOVED = /^test\/metal\/vendor\//;

function importGraph(): Graph {
  const sources = repositoryFiles().filter((path) => /\.(ts|mjs)$/.test(path) && !MOVED.test(path));
  return new Map(
    sources.map((path) => [
      path,
      importsOf(readText(path))
        .filter(({ target }) => target.startsWith("."))
        .map((one) => ({ ...one, path: posix.join(posix.dirname(path), one.target) })),
    ]),
  );
}

/** What is wrong with an import of `from`, if anything. */
export function importFault(from: string, one: Import & { path: string }): string | undefined {
  const room = roomOf(from);
  const other = roomOf(one.path);
  if (room === undefined || TESTS.test(from)) return undefined;
  if (other === undefined)
    return ROOMS[room]?.imports === ANYTHING
      ? undefined
      : `${from} imports ${one.path}, which is in no room`;
  if (!mayImport(room, other) && !sharesContract(room, one.path))
    return `${from} imports ${one.path}, but ${room}/ may not import ${other}/`;
  return undefined;
}

/** Files of a room that other rooms load at once, with all that comes with them. */
function loadedAtOnce(graph: Graph, room: string): string[] {
  const entries = [...graph]
    .filter(([from]) => !TESTS.test(from) && roomOf(from) !== room)
    .filter(([from]) => ROOMS[roomOf(from) ?? ""]?.imports !== ANYTHING)
    .flatMap(([, list]) => list.filter((one) => !one.typeOnly && !one.lazy))
    .map(({ path }) => path)
    .filter((path) => roomOf(path) === room);
  const reached = new Set(entries);
  for (const path of reached)
    for (const one of graph.get(path) ?? [])
      if (!one.typeOnly && !one.lazy && roomOf(one.path) === room) reached.add(one.path);
  return [...reached];
}

/** What a room may only load when it is needed must not come with what others import of the room. */
export function eagerFaults(graph: Graph): string[] {
  const rooms = Object.keys(ROOMS).filter((room) => ROOMS[room]?.lazily !== undefined);
  return rooms.flatMap((room) =>
    loadedAtOnce(graph, room).flatMap((from) =>
      (graph.get(from) ?? [])
        .filter((one) => !one.typeOnly && !one.lazy)
        .filter((one) => onlyLazily(room, roomOf(one.path) ?? ""))
        .map((one) => `${from}, which others load at once, imports ${one.path} at once too`),
    ),
  );
}

/** The one file that may close a circle: what core/ asks of an architecture, whose folder the build chooses. */
const MAY_CLOSE = "hypervisor/arch.ts";

/** Circles among files; types do not count. */
export function circles(graph: Graph): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      const circle = trail.slice(start);
      // Named from its first file in the alphabet, so that it is reported once.
      const first = circle.indexOf([...circle].sort()[0] as string);
      found.add([...circle.slice(first), ...circle.slice(0, first)].join(" -> "));
    }
    if (start >= 0 || done.has(path) || path === MAY_CLOSE) return;
    for (const one of graph.get(path) ?? [])
      if (!one.typeOnly && !one.lazy) visit(one.path, [...trail, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return [...found].map((circle) => `circle of imports: ${circle}`);
}

/** The rows of the table in ARCHITECTURE.md: directory and what its last column names. */
function documentedRooms(): Map<string, string> {
  const rows = readText("ARCHITECTURE.md").matchAll(
    /^\| (`[^|]*`) *\|[^|]*\|[^|]*\| ([^|]*?) *\|$/gm,
  );
  return new Map(
    [...rows].flatMap(([, names, imports]) =>
      [...(names as string).matchAll(/`([^`]+?)\/?`/g)].map(([, name]): [string, string] => [
        name as string,
        (imports as string).replaceAll("`", ""),
      ]),
    ),
  );
}

function tableFaults(): string[] {
  const documented = documentedRooms();
  return Object.entries(ROOMS).flatMap(([name, { imports, lazily }]) => {
    const words = imports === ANYTHING ? [ANYTHING] : imports;
    const text = words.join(", ") || "nothing";
    const expected = lazily ? `${text} (lazily)` : text;
    const found = documented.get(name);
    if (found === expected) return [];
    return [`ARCHITECTURE.md says that ${name}/ may import "${found}", rooms.ts "${expected}"`];
  });
}

export const imports: Check = {
  name: "room imports",
  run() {
    const graph = importGraph();
    const faults = [...graph].flatMap(([from, list]) =>
      list.map((one) => importFault(from, one)).filter((text) => text !== undefined),
    );
    const missing = [...graph].flatMap(([from, list]) =>
      list
        .filter((one) => one.target.endsWith(".ts") && !graph.has(one.path))
        .map((one) => `${from} imports ${one.path}, which does not exist`),
    );
    return {
      failures: [...tableFaults(), ...faults, ...eagerFaults(graph), ...missing, ...circles(graph)],
    };
  },
};
