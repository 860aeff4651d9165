// AssemblyScript's integer names, for the files that both compilers read (abi/, machine/cpu/interface.ts).
declare type u8 = number;
declare type u16 = number;
declare type u32 = number;
declare type u64 = number;
declare type i32 = number;
