// Instructions as text, where the emulated machine's modules are built; elsewhere instructions stay bytes.
import type { Disassemble } from "../platforms/emulated/disassembler.ts";
import { loadModules } from "./modules.ts";

export type { Disassemble };

/** A disassembler, loaded when asked for. */
export async function loadDisassembler(): Promise<Disassemble> {
  const { makeDisassembler } = await import("../platforms/emulated/disassembler.ts");
  try {
    return makeDisassembler(loadModules().cpu);
  } catch {
    return () => undefined;
  }
}
