// The emulated CPU's disassembler, for those who may import platforms only.
export { type Disassemble, makeDisassembler } from "../../machine/disassembler.ts";
