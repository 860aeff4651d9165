// Configurations: define, encode, decode, load.

export { decode } from "./decode.ts";
export { defineCell } from "./define-cell.ts";
export { defineSystem } from "./define-system.ts";
export type * from "./definition.ts";
export { encode } from "./encode.ts";
export {
  ConfigError,
  type ConfigErrorCode,
  type ConfigErrorDetails,
  isConfigError,
} from "./errors.ts";
export {
  commRegion,
  ioapic,
  lowRam,
  mmio,
  placeholder,
  ram,
  sharedRam,
  uart,
} from "./helpers.ts";
export { ivshmemLink, type Link, type LinkOptions } from "./ivshmem.ts";
export { type LoadedConfig, loadConfig } from "./load.ts";
export { formatOrigin, type Origin, originOf } from "./origin.ts";
export { shipped } from "./shipped.ts";
export type * from "./types.ts";
export { bdf, GiB, KiB, MiB, mmu500Stream, powerOfTwo, range } from "./units.ts";
