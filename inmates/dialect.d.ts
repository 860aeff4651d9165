// What AssemblyScript has without an import, as far as inmates use it: for editors and tsc, which know TypeScript. The compiler
// brings its own. Integers are numbers to an editor: it does not see when one is too wide. There is no floating point.

declare type i8 = number;
declare type u8 = number;
declare type i16 = number;
declare type u16 = number;
declare type i32 = number;
declare type u32 = number;
declare type i64 = number;
declare type u64 = number;
declare type isize = number;
/** As wide as an address of the module: 32 bits. */
declare type usize = number;
declare type bool = boolean;

/** Conversions: the low bits, with their sign or without. */
declare function i8(value: number | boolean): i8;
declare function u8(value: number | boolean): u8;
declare function i16(value: number | boolean): i16;
declare function u16(value: number | boolean): u16;
declare function i32(value: number | boolean): i32;
declare function u32(value: number | boolean): u32;
declare function i64(value: number | boolean): i64;
declare function u64(value: number | boolean): u64;
declare function isize(value: number | boolean): isize;
declare function usize(value: number | boolean): usize;
declare function bool(value: number | boolean): bool;

/** Reads the cell's memory at an address, plus a constant. Only what is below 1 MiB; the rest is for the mmio functions. */
declare function load<T>(address: usize, offset?: usize): T;
/** Writes the cell's memory. */
declare function store<T>(address: usize, value: number | T, offset?: usize): void;

declare namespace memory {
  /** So many zeroed bytes, or these values, placed when the module is built; their address. */
  function data(size: i32, alignment?: i32): usize;
  function data<T>(values: T[], alignment?: i32): usize;
  function copy(to: usize, from: usize, size: usize): void;
  function fill(to: usize, byte: u8, size: usize): void;
  function compare(left: usize, right: usize, size: usize): i32;
}

declare namespace heap {
  /** Memory that is never freed; not zeroed. */
  function alloc(size: usize): usize;
}

/** Bytes that a value of the type has. */
declare function sizeof<T>(): usize;
/** Place of a field in a class. */
declare function offsetof<T>(field?: string): usize;
/** The same bits as another type: an address as an object, a function as its index. */
declare function changetype<T>(value: unknown): T;
/** The first when the condition holds; both are computed. */
declare function select<T>(first: T, second: T, condition: bool | number): T;
/** Stops the CPU with a report. */
declare function unreachable(): never;
/** An array's element without the check of its index. */
declare function unchecked<T>(element: T): T;

/** Zero bits before the highest one, and after the lowest; how many ones. */
declare function clz<T>(value: T): T;
declare function ctz<T>(value: T): T;
declare function popcnt<T>(value: T): T;
declare function rotl<T>(value: T, bits: T): T;
declare function rotr<T>(value: T, bits: T): T;
declare function bswap<T>(value: T): T;

/** An array of a fixed length. */
declare class StaticArray<T> {
  [index: number]: T;
  constructor(length: i32);
  readonly length: i32;
}

/** A class that is a layout of memory and no object. */
declare function unmanaged(...target: unknown[]): void;
