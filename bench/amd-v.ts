// Exits of AMD-V: how often a second of CPU time a guest leaves and is entered again, on our CPU and on QEMU's translator; the same bytes.
import { biosWith, measureOurs, ROUNDS } from "./interpreter.ts";
import { figure, table } from "./measure.ts";
import { hasTcg, measureTcg } from "./tcg.ts";

/**
 * Flat 32-bit code: EFER.SVME and a host save area at 0x12000; a control block at 0x10000 that has CPUID intercepted, with a flat 32-bit
 * guest; then for ever: RIP is set to a CPUID, VMRUN, `inc dword [ROUNDS]`.
 */
const EXITS =
  "b9800000c00f320d001000000f30b9170101c0b80020010031d20f30bb0000010089dfb90004000031c0f3abc7430c00000400c7431001000000c743400000" +
  "0200c7434800000200c7435801000000c7831004000008009b0cc78314040000ffffffffc783200400001000930cc78324040000ffffffffc7833004000010" +
  "00930cc78334040000ffffffffc783000400001000930cc78304040000ffffffffc783d004000000100000c7835805000011000000c78368050000f00fffff" +
  "c7836005000000040000c7837005000002000000c783d805000000000700e8000000005983c117898b7805000089d80f01d8ff0500050000ebed0fa2";
/** Seconds of CPU time. */
const TCG_SECONDS = 2.5;

/** What was measured. */
export interface Exits {
  /** A second of CPU time, ours. */
  readonly exits: number;
  /** Those of QEMU's TCG; undefined where there is none. */
  readonly tcg: number | undefined;
}

/** Prints both, and returns them. */
export async function benchAmdV(): Promise<Exits> {
  const { rounds: exits } = await measureOurs(EXITS);
  const tcg = hasTcg() ? await measureTcg(biosWith(EXITS), ROUNDS, TCG_SECONDS) : undefined;
  const row =
    tcg === undefined
      ? [figure(exits / 1000), "not here", ""]
      : [figure(exits / 1000), figure(tcg / 1000), figure(exits / tcg)];
  console.log(table(["AMD-V", "1000 exits/s", "TCG", "ratio"], [["VMRUN, CPUID", ...row]]));
  return { exits, tcg };
}
