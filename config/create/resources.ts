// /proc/iomem and /proc/ioports: nested ranges with names.
import { linesOf, type Tree } from "./tree.ts";

export interface Resource {
  readonly start: bigint;
  /** Bytes, or ports. */
  readonly size: bigint;
  readonly name: string;
  /** The line as it stands there, without its indentation. */
  readonly text: string;
  readonly children: Resource[];
}

/** A file that went through Windows has a carriage return at the end of its lines. */
const LINE = /^( *)([0-9a-f]+)-([0-9a-f]+) : (.*?)\r?$/;
const INDENT = 2;
/** Kernels before 2.6.30 leave the first word out. */
const PM_TIMER = /^(ACPI )?PM_TMR$/;

/** The outermost ranges of one of these files. */
export function readResources(tree: Tree, path: string): Resource[] {
  const roots: Resource[] = [];
  const open: Resource[] = [];
  for (const line of linesOf(tree, path)) {
    const [, indent, first, last, name] = LINE.exec(line) ?? [];
    if (indent === undefined) continue;
    const start = BigInt(`0x${first}`);
    const size = BigInt(`0x${last}`) - start + 1n;
    const resource: Resource = {
      start,
      size,
      name: name as string,
      text: line.trim(),
      children: [],
    };
    // Mail and web pages change indentations: a line is at most one step inside the one before.
    open.length = Math.min(open.length, Math.floor(indent.length / INDENT));
    (open.at(-1)?.children ?? roots).push(resource);
    open.push(resource);
  }
  return roots;
}

/** All ranges, the outer ones before what is in them. */
export function* everyResource(resources: readonly Resource[]): Generator<Resource> {
  for (const resource of resources) {
    yield resource;
    yield* everyResource(resource.children);
  }
}

/** /proc/iomem. Throws an Error when it hides its addresses. */
export function readMemory(tree: Tree): Resource[] {
  const iomem = readResources(tree, "/proc/iomem");
  for (const { name, size } of everyResource(iomem))
    if (name.startsWith("System RAM") && size > 1n) return iomem;
  throw new Error("/proc/iomem shows no RAM: it must be read as root");
}

/** Whether a list shows nothing: who is not root sees every range at 0. */
export const isHidden = (resources: readonly Resource[]): boolean =>
  [...everyResource(resources)].every(({ start, size }) => start === 0n && size === 1n);

/** Port of the PM timer, by /proc/ioports. */
export function findPmTimer(ioports: readonly Resource[]): number | undefined {
  const timer = [...everyResource(ioports)].find(({ name }) => PM_TIMER.test(name));
  return timer && Number(timer.start);
}
