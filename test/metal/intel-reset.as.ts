// Intel's table of MSRs alone: before there is a processor of Intel's to run it on.
export { resetMsrs } from "../../platforms/metal/x86/intel/reset-msrs";
