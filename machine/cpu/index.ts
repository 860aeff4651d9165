// Entry of cpu.wasm: its exports, as README.md lists them.

import { emptyBlocks, initializeBlocks, invalidateCode } from "./blocks.ts";
import { disassemble } from "./disassemble.ts";
import {
  createGuest,
  destroyGuest,
  mapGuest,
  reserveGuest,
  translateGuest,
  unmapGuest,
} from "./guest.ts";
import { CACHE_SIZE } from "./interpreter-state.ts";
import { STATE_SIZE } from "./memory/layout.ts";
import { cpuCount, setMissing, stateOf } from "./memory/machine.ts";
import { poolPages, poolUsed } from "./memory/pool.ts";
import { translateLinear } from "./memory/probe.ts";
import { watchCode } from "./noted-code.ts";
import { runState } from "./run.ts";
import { cpuidPart } from "./system/cpuid.ts";
import { raise } from "./system/interrupts.ts";
import { machineCheck } from "./system/machine-check.ts";
import { readMsr, writeMsr } from "./system/msr.ts";
import { setSeed } from "./system/random.ts";
import { flushState, initializeMachine, resetState, syncState } from "./system/reset.ts";

export {
  cpuidPart,
  createGuest,
  destroyGuest,
  disassemble,
  invalidateCode,
  machineCheck,
  mapGuest,
  poolPages,
  poolUsed,
  raise,
  readMsr,
  reserveGuest,
  setSeed,
  translateGuest,
  translateLinear,
  unmapGuest,
  watchCode,
  writeMsr,
};

/** Says what the CPUs are without of one word of CPUID's features; what was decoded with others is forgotten. */
export function setMissingFeatures(word: u32, bits: u32): void {
  setMissing(word, bits);
  for (let cpu: u32 = 0, cpus = cpuCount(); cpu < cpus; cpu++) emptyBlocks(stateOf(cpu));
}

/** First byte after the module's own static data. */
export function heapBase(): u32 {
  return <u32>__heap_base;
}

/** Bytes that one CPU takes: its state block, and its cache of decoded code, which follows the blocks of all CPUs. */
export function stateSize(): u32 {
  return STATE_SIZE + CACHE_SIZE;
}

/** Address of the state block of a CPU. */
export function state(cpu: u32): u32 {
  return stateOf(cpu);
}

function attachCache(cpu: u32): void {
  initializeBlocks(stateOf(cpu), stateOf(cpuCount()) + cpu * CACHE_SIZE);
}

/** Describes the machine, once; resets all CPUs. `vendor` is 0 for AMD, 1 for Intel. */
export function initialize(
  cpus: u32,
  poolBase: u32,
  poolEnd: u32,
  ramBase: u32,
  ramSize: u32,
  vendor: u32,
): void {
  initializeMachine(cpus, poolBase, poolEnd, ramBase, ramSize, vendor);
  for (let cpu: u32 = 0; cpu < cpus; cpu++) attachCache(cpu);
}

/** Puts a CPU into its power-on state. */
export function reset(cpu: u32): void {
  resetState(cpu);
  attachCache(cpu);
}

/** To be called after control registers, segments, the level or the guest were changed from outside. */
export function sync(cpu: u32): void {
  syncState(cpu);
}

/** Executes a CPU until its deadline or an exit; returns EXIT_*. */
export function run(cpu: u32): u32 {
  return runState(stateOf(cpu));
}

/** Drops all cached translations of a CPU. */
export function flush(cpu: u32): void {
  flushState(cpu);
}
