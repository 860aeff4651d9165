// Constants with significands of 128 bits, cut, as numbers.

import { setFinite } from "./number.ts";

/** Sets a number to the natural logarithm of 2. */
export function setLogOf2(to: usize): void {
  setFinite(to, 0, -1, 0xb17217f7d1cf79ab, 0xc9e3b39803f2f6af);
}

/** Sets a number to the binary logarithm of e. */
export function setLogOfE(to: usize): void {
  setFinite(to, 0, 0, 0xb8aa3b295c17f0bb, 0xbe87fed0691d3e88);
}

/** Sets a number to π. */
export function setPi(to: usize): void {
  setFinite(to, 0, 1, 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1);
}

/** Sets a number to π / 2. */
export function setHalfPi(to: usize): void {
  setFinite(to, 0, 0, 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1);
}

/** Sets a number to the binary logarithm of 10. */
export function setBinaryLogOf10(to: usize): void {
  setFinite(to, 0, 1, 0xd49a784bcd1b8afe, 0x492bf6ff4dafdb4c);
}

/** Sets a number to the decimal logarithm of 2. */
export function setDecimalLogOf2(to: usize): void {
  setFinite(to, 0, -2, 0x9a209a84fbcff798, 0x8f8959ac0b7c9178);
}

/** Sets a number to the arc tangent of `eighths` / 8, 1 to 8. */
export function setArcTangent(to: usize, eighths: u32): void {
  switch (eighths) {
    case 1:
      return setFinite(to, 0, -4, 0xfeadd4d5617b6e32, 0xc897989f3e888ef7);
    case 2:
      return setFinite(to, 0, -3, 0xfadbafc96406eb15, 0x6dc79ef5f7a217e5);
    case 3:
      return setFinite(to, 0, -2, 0xb7b0ca0f26f78473, 0x8aa32122dcfe4483);
    case 4:
      return setFinite(to, 0, -2, 0xed63382b0dda7b45, 0x6fe445ecbc3a8d03);
    case 5:
      return setFinite(to, 0, -1, 0x8f005d5ef7f59f9b, 0x5c835e1665c43747);
    case 6:
      return setFinite(to, 0, -1, 0xa4bc7d1934f70924, 0x19a87f2a457dac9e);
    case 7:
      return setFinite(to, 0, -1, 0xb8053e2bc2319e73, 0xcb2da55210a4443d);
    default:
      return setFinite(to, 0, -1, 0xc90fdaa22168c234, 0xc4c6628b80dc1cd1);
  }
}
