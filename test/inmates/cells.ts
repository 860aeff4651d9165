// What the tests of inmates in cells have in common: machines, committed images, and the way to get one running.
import { readFileSync } from "node:fs";
import { type CellConfig, encode } from "../../config/index.ts";
import qemuX86 from "../../configs/x86/qemu-x86.ts";
import type { Image, MachineOptions, Session } from "../../control/api.ts";
import { type LocalSession, startSession } from "../../control/session.ts";

const IMAGE_BASE = 0xf0000n;
const COMMAND_LINE = 0x1000n;

/** Every kind of machine that an inmate must run on. */
export const MACHINES: readonly { readonly cpu: string }[] = [
  { cpu: "amd" },
  { cpu: "amd,x2apic=off" },
  { cpu: "intel" },
  { cpu: "intel,x2apic=off" },
];

/** Whether a machine is Intel's. */
export const isIntel = ({ cpu }: { readonly cpu: string }): boolean => cpu.startsWith("intel");

/** A machine under the hypervisor. */
export async function enabled(options: MachineOptions = {}): Promise<LocalSession> {
  const session = await startSession(options);
  await session.enable(encode(qemuX86));
  return session;
}

/** The committed image of a demo. */
export function demo(name: string): Uint8Array {
  return readFileSync(new URL(`../../inmates/demos/x86/${name}.bin`, import.meta.url));
}

/** A command line as `cell load -s … -a 0x1000` sends it. */
export function commandLine(text: string): Image {
  return { data: new TextEncoder().encode(`${text}\0`), address: COMMAND_LINE };
}

/** Creates, loads and starts a cell with an image, linked for where the cell starts: the reset vector, or 0. */
export async function launch(
  session: Session,
  config: CellConfig,
  image: Uint8Array,
  parameters?: string,
): Promise<void> {
  await session.createCell(encode(config));
  const address = config.cpuResetAddress === 0n ? 0n : IMAGE_BASE;
  const images: Image[] = [{ data: image, address }];
  if (parameters !== undefined) images.push(commandLine(parameters));
  await session.loadCell(config.name, images);
  await session.startCell(config.name);
}

/** A text's lines, each of which must end in CR LF as an inmate's do. */
export function linesOf(text: string): string[] {
  const lines = text.split("\r\n");
  if (lines.pop() !== "" || text.replaceAll("\r\n", "").includes("\n"))
    throw new Error(`not lines of an inmate: ${JSON.stringify(text)}`);
  return lines;
}
