// Taking over the processors from Linux.

import { ENOMEM } from "../../../abi/errno.ts";
import * as core from "../../../hypervisor/exports.ts";
import { poolInit } from "../pool.ts";
import * as all from "../rendezvous.ts";
import { adoptApic } from "./apic.ts";
import { flushConsole, publishNow } from "./console.ts";
import { addCpu, cpuOf, findCpu } from "./cpu.ts";
import { assignLinux } from "./cpus.ts";
import { hostInit, useHost } from "./host.ts";
import * as hw from "./hw.ts";
import { idleCpu, idleInit } from "./idle.ts";
import { nestedInit } from "./nested.ts";
import { run } from "./run.ts";
import { configAddress, timeInit } from "./time.ts";
import { checkFeatures, switchOff, switchOn } from "./vcpu.ts";

/** The first CPU prepares what all share. */
function prepareAll(cpu: u32): i32 {
  timeInit();
  poolInit();
  if (!hostInit() || !nestedInit() || !idleInit() || !addCpu(cpu)) return -ENOMEM;
  useHost();
  return core.init(cpu, configAddress(), hw.configSize());
}

/** Prepares the calling CPU, in its turn. */
function prepare(cpu: u32, isFirst: bool): i32 {
  if (!isFirst) {
    if (!addCpu(cpu)) return -ENOMEM;
    useHost();
  }
  const result = checkFeatures();
  if (result) return result;
  const self = cpuOf(cpu);
  adoptApic(self);
  switchOn(self);
  idleCpu(self);
  assignLinux(self);
  return core.initCpu(cpu);
}

/**
 * Called on every CPU that Linux has online, at about the same time. Returns -errno on all of them, with everything as it was,
 * or not at all: Linux goes on as a guest.
 */
export function enter(cpu: u32): i32 {
  const isFirst = all.comeFirst();
  if (isFirst) {
    all.report(prepareAll(cpu));
    all.openTurns();
  }
  all.beginTurn();
  if (!all.outcome()) all.report(prepare(cpu, isFirst));
  all.endTurn();
  if (isFirst) {
    all.awaitAll();
    if (!all.outcome()) all.report(core.activate());
    publishNow();
    flushConsole();
    all.decide();
  }
  const result = all.awaitDecision();
  if (!result) run();
  const self = findCpu(cpu);
  if (self) switchOff(self);
  return result;
}
