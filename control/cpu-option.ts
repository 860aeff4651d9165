// The processor of a machine, as a text: MODEL[,feature=on|off]…
import { EINVAL } from "../abi/errno.ts";
import { suggest } from "../config/parse.ts";
import {
  FEATURES,
  FIXED,
  type MachineError,
  MODELS,
  missingFeatures,
} from "../platforms/emulated/machine.ts";
import { SystemError } from "./errors.ts";

/** A processor's model, and what is switched in it. */
export interface CpuOption {
  readonly vendor: keyof typeof MODELS;
  readonly features: Readonly<Record<string, boolean>>;
}

/** The models. */
export const CPU_MODELS: readonly string[] = Object.keys(MODELS);
/** The features that can be switched. */
export const CPU_FEATURES: readonly string[] = Object.keys(FEATURES);

const SWITCHES: Readonly<Record<string, boolean>> = { on: true, off: false };

function refuse(hint: string): never {
  throw new SystemError(EINVAL, { hint });
}

function readSwitch(text: string): [string, boolean] {
  const [, name, state] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || !Object.hasOwn(SWITCHES, state!))
    refuse(`The processor's "${text}" is not of the form FEATURE=on or FEATURE=off.`);
  if (!Object.hasOwn(FEATURES, name) && !FIXED.includes(name))
    refuse(`The processor has no feature "${name}" to be switched: ${suggest(name, CPU_FEATURES)}`);
  return [name, SWITCHES[state!]!];
}

/** Reads such a text. Throws EINVAL for unknown names, and for features that do not go together. */
export function parseCpu(text: string): CpuOption {
  const [model, ...words] = text.split(",");
  if (!Object.hasOwn(MODELS, model!))
    refuse(`There is no processor model "${model}": ${suggest(model!, CPU_MODELS)}`);
  const vendor = model as CpuOption["vendor"];
  const features = Object.fromEntries(words.map(readSwitch));
  if (Object.keys(features).length < words.length)
    refuse(`The processor "${text}" names a feature twice.`);
  try {
    missingFeatures(vendor, features);
  } catch (error) {
    const { message, hint } = error as MachineError;
    refuse(`The processor's ${message}. ${hint}`);
  }
  return { vendor, features };
}
