/** The WebAssembly modules: what asc is given for each. */
export const MODULES: readonly {
  readonly name: string;
  readonly entry: string;
  readonly options: readonly string[];
}[];
/** What every module is compiled with. */
export const COMMON_OPTIONS: readonly string[];
