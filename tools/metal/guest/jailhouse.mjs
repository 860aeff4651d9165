// The command, as it was built on the host.
const { run } = await import("../dist/cli/main.js");
await run();
