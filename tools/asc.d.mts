/** The text of a source for `architecture`, of x86 for a `vendor` of processors (AMD's unless said otherwise). */
export function sourceFor(
  architecture: string,
  path: string,
  text: string,
  vendor?: string,
): string;
