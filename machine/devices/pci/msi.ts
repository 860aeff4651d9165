// MSI (PCI Local Bus Specification 3.0, section 6.8.1): one message in the function's configuration space, with a 64-bit address.
import type { ApicMessage } from "../lapic/message.ts";
import type { PciEndpoint } from "./endpoint.ts";
import { messageOf } from "./msix.ts";

const CAPABILITY_MSI = 0x05;
const CAPABILITY_DWORDS = 4;
/** Message control: on; the address has 64 bits. */
const ENABLE = 0x0001;
const WIDE = 0x0080;
const ADDRESS = 4;
const ADDRESS_HIGH = 8;
const DATA = 12;
const ADDRESS_WRITABLE = 0xfffffffc;
const DATA_WRITABLE = 0xffff;
const DWORD = 4;

/** The message of one function; its state is in the configuration space. */
export class Msi {
  readonly #endpoint: PciEndpoint;
  readonly #at: number;
  readonly #send: (message: ApicMessage) => void;

  /** Adds the capability to a function; `send` puts the message on the interrupt network. */
  constructor(endpoint: PciEndpoint, send: (message: ApicMessage) => void) {
    this.#endpoint = endpoint;
    this.#send = send;
    this.#at = endpoint.addCapability(CAPABILITY_MSI, CAPABILITY_DWORDS, WIDE, ENABLE);
    endpoint.allow(this.#at + ADDRESS, ADDRESS_WRITABLE);
    endpoint.allow(this.#at + ADDRESS_HIGH, 0xffffffff);
    endpoint.allow(this.#at + DATA, DATA_WRITABLE);
  }

  /** Whether software has switched it on: INTx is not used then. */
  get isOn(): boolean {
    return (this.#endpoint.read(this.#at + 2, 2) & ENABLE) !== 0;
  }

  /** Sends the message; nothing where it is off. */
  signal(): void {
    if (!this.isOn || this.#read(ADDRESS_HIGH) !== 0) return;
    const message = messageOf(this.#read(ADDRESS), this.#read(DATA));
    if (message) this.#send(message);
  }

  #read(offset: number): number {
    return this.#endpoint.read(this.#at + offset, DWORD);
  }
}
