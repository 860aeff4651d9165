export function resetMsrs(): void {}
