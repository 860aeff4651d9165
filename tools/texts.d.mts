/** The same module with its texts packed. */
export function packTexts(bytes: Uint8Array): Uint8Array<ArrayBuffer>;
