export interface Selection {
  readonly include: string[];
  readonly exclude: string[];
}
export const AREAS: Readonly<
  Record<string, { readonly about: string; readonly files: readonly string[] }>
>;
export const CAMPAIGNS: Readonly<Record<string, string>>;
export const AREA_NAMES: readonly string[];
export function selection(areas: readonly string[] | undefined): Selection;
export function isFull(areas: readonly string[] | undefined): boolean;
export function testArguments(args: readonly string[]): {
  areas: string[] | undefined;
  others: string[];
};
