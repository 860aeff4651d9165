// Hand-made programs as bytes, so that tests need no assembler: machine code of the .asm files beside this one.

/** A program: where it is loaded and what it consists of. */
export interface FlatImage {
  /** The assembly source, in this directory. */
  readonly source: string;
  /** Cell address to load it at. */
  readonly address: number;
  /** Reset address that a cell needs to run it. */
  readonly resetAddress: number;
  /** The line it prints, without its CR LF. */
  readonly line: string;
  readonly bytes: Uint8Array;
}

const fromHex = (text: string) => new Uint8Array(Buffer.from(text.replace(/\s/g, ""), "hex"));

/** For the reset address 0xffff0; real mode, prints on COM1. */
export const FLAT_HIGH: FlatImage = {
  source: "flat-high.asm",
  address: 0xfff00,
  resetAddress: 0xffff0,
  line: "Flat image at the reset vector",
  bytes: fromHex(`
    be1eff2eac84c0741288c4bafd03eca82074fb88e0baf803eeebe8f4ebfd466c617420696d61676520617420
    74686520726573657420766563746f720d0a0000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
    0000000000000000000000000000000000000000ea00ff00f00000000000000000000000
  `),
};

/** For the reset address 0; protected mode, prints on the hypervisor's console, or on COM1 without one. */
export const FLAT_LOW: FlatImage = {
  source: "flat-low.asm",
  address: 0,
  resetAddress: 0,
  line: "Flat image at address zero",
  bytes: fromHex(`
    eb249090909090900000000000000000ffff0000009bcf00ffff00000093cf001700080000002e660f011620
    000f20c00c010f22c066ea3d000000080066b810008ed88ec08ed0bc00900000b8000000400fa2bda7000000
    81fb4a61696c751631c00fa2bd9500000081fb417574687405bd9e000000bead000000ac84c074070fb6f8ff
    d5ebf4c7050800100002000000faf4ebfcb8080000000f01d9c3b8080000000f01c1c366baf803eec3466c61
    7420696d6167652061742061646472657373207a65726f0d0a00
  `),
};

/** Not an inmate: what has to run before one on QEMU's q35, so that it finds a PM timer. */
export const PM_BASE: FlatImage = {
  source: "pm-base.asm",
  address: 0x8000,
  resetAddress: 0x8000,
  line: "",
  bytes: fromHex(`
    66b840f80080baf80c66efbafc0c66b80106000066ef66b844f80080baf80c66efbafc0cb080ee6631c06631
    d2ea08f000f0
  `),
};
