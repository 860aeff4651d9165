export interface Plan {
  readonly env: Readonly<Record<string, string>>;
  readonly files: readonly string[];
  readonly directory: string | undefined;
  readonly report: string;
}
export function plan(args: readonly string[]): Plan | undefined;
export function campaign(args: readonly string[]): number;
