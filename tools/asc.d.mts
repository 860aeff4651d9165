/** The text of a source for `architecture`. */
export function sourceFor(architecture: string, path: string, text: string): string;
