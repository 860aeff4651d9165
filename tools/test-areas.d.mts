export interface Selection {
  readonly include: string[];
  readonly exclude: string[];
}
export const AREAS: Readonly<
  Record<string, { readonly about: string; readonly files: readonly string[] }>
>;
export const CAMPAIGNS: Readonly<Record<string, string>>;
export interface Project extends Selection {
  readonly name: string;
  readonly isolate: boolean;
}
export const ALONE: readonly string[];
export const LONGEST: readonly string[];
export function rank(path: string): number;
export function projects(areas: readonly string[] | undefined): Project[] | undefined;
export const AREA_NAMES: readonly string[];
export function selection(areas: readonly string[] | undefined): Selection;
export function isFull(areas: readonly string[] | undefined): boolean;
export function testArguments(args: readonly string[]): {
  areas: string[] | undefined;
  others: string[];
};
