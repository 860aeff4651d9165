// The article's session under a real Linux, as npm run metal:demo plays it.
import { expect, test } from "vitest";
import { Difference } from "../../tools/demo/expect.ts";
import { Screen } from "../../tools/demo/screen.ts";
import type { Step } from "../../tools/demo/step.ts";
import { playInGuest } from "../../tools/metal/play.ts";
import { SESSION } from "../../tools/metal/session.ts";
import { describeLinux } from "./linux.ts";

function silentScreen(): { screen: Screen; shown: () => string } {
  let text = "";
  const write = (piece: string) => {
    text += piece;
  };
  return { screen: new Screen({ typing: 0, colours: false, write }), shown: () => text };
}

describeLinux("the session under a real Linux", () => {
  test("goes as it should, and Linux stays well", async () => {
    const { screen, shown } = silentScreen();
    await playInGuest(SESSION, { screen }).catch((error) => {
      throw new Error(`${error.message}\nafter\n${shown().slice(-4000)}`, { cause: error });
    });
    expect(shown()).toContain("the same bytes as in npm run demo");
  });

  test("is not taken for right when Linux complains", async () => {
    const complain = "echo '<4>something is wrong' >/dev/kmsg";
    const steps: Step[] = [{ command: complain }];
    const { screen } = silentScreen();
    const play = playInGuest(steps, { screen });
    await expect(play).rejects.toThrow(Difference);
    await expect(play).rejects.toThrow("something is wrong");
  });
});
