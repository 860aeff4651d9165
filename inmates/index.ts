// What an inmate imports as "jailhouse-ts/inmate": the library, and the numbers that it speaks of.
export * from "../abi/comm";
export * from "../abi/hypercall";
export * from "../abi/x86/apic";
export * from "../abi/x86/msr";
export * from "../abi/x86/registers";
export * from "./lib/index";
export * from "./lib/smi";
