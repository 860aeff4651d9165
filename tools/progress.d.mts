/** What a step is shown on. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}
export function quietly(command: string, args: readonly string[], options?: object): Promise<void>;
export function step(
  text: string,
  action: () => Promise<unknown>,
  options?: { readonly quiet?: boolean; readonly stream?: Screen },
): Promise<void>;
