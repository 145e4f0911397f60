/** A machine with a key in place of a chain (ICS-06): it says what it holds, and its signature is the proof. @module */
import { ed25519 } from "@noble/curves/ed25519.js";
import { SignatureDescriptor_Data, SignMode } from "cosmjs-types/cosmos/tx/signing/v1beta1/signing";
import {
  ClientState,
  ConsensusState,
  type Header,
  HeaderData,
  SignBytes,
  TimestampedSignatureData,
} from "cosmjs-types/ibc/lightclients/solomachine/v3/solomachine";
import type { Any } from "cosmjs-types/google/protobuf/any";
import { utf8ToBytes } from "../../node/core/bytes.ts";
import { encode } from "../../node/core/codec/mod.ts";
import { encodePubKey } from "../../node/core/pub_key.ts";
import { anyOf, type Proof, type TestClock } from "../helpers/ibc/mod.ts";

const NOTHING = new Uint8Array();

export class SoloMachine {
  /** The next signature's; a client uses each up with a proof that it believes. */
  sequence = 1n;
  #secret: Uint8Array = new Uint8Array(32).fill(5);
  diversifier = "a machine";

  constructor(private readonly clock: TestClock) {}

  get #publicKey(): Any {
    return encodePubKey({ type: "ed25519", key: ed25519.getPublicKey(this.#secret) });
  }

  consensusState(): ConsensusState {
    return { publicKey: this.#publicKey, diversifier: this.diversifier, timestamp: this.clock.now };
  }

  /** For a message that makes a client of this machine. */
  states(): { clientState: Any; consensusState: Any } {
    const consensusState = this.consensusState();
    return {
      clientState: anyOf(ClientState, { sequence: this.sequence, isFrozen: false, consensusState }),
      consensusState: anyOf(ConsensusState, consensusState),
    };
  }

  /** Signs that `value` is under `path`, or nothing; with the sequence after the last one that was used. */
  prove(path: string, value: Uint8Array | undefined, sequence: bigint = this.sequence++): Proof {
    const timestamp = this.clock.now;
    const signatureData = this.#sign({ sequence, timestamp, path: utf8ToBytes(path), data: value ?? NOTHING });
    return {
      value,
      proof: encode(TimestampedSignatureData, { signatureData, timestamp }),
      height: { revisionNumber: 0n, revisionHeight: sequence },
    };
  }

  /** A new key, signed for with the old one. */
  rotate(): Header {
    const [timestamp, sequence] = [this.clock.now, this.sequence++];
    const next = new Uint8Array(32).fill(6);
    const newPublicKey = encodePubKey({ type: "ed25519", key: ed25519.getPublicKey(next) });
    const newDiversifier = "the same machine";
    const data = encode(HeaderData, { newPubKey: newPublicKey, newDiversifier });
    const signature = this.#sign({ sequence, timestamp, path: utf8ToBytes("solomachine:header"), data });
    this.#secret = next;
    this.diversifier = newDiversifier;
    return { timestamp, signature, newPublicKey, newDiversifier };
  }

  #sign(claim: Omit<SignBytes, "diversifier">): Uint8Array {
    const message = encode(SignBytes, { ...claim, diversifier: this.diversifier });
    const signature = ed25519.sign(message, this.#secret);
    return encode(SignatureDescriptor_Data, { single: { mode: SignMode.SIGN_MODE_UNSPECIFIED, signature } });
  }
}
