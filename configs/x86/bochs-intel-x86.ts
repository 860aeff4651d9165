// The machine of bochs-x86 with one of Intel's processors. They announce x2APIC, but Bochs 2.7 never enables a local APIC again that was
// disabled, which the way back from that mode takes: so cells' CPUs stay in xAPIC mode.
import bochs from "./bochs-x86.ts";

/** "xapic" as the format has it. */
const XAPIC = 1;

export default { ...bochs, x86: { ...bochs.x86, apicMode: XAPIC } };
