import { assert, assertEquals } from "@std/assert";
import { Clients, codeOf, h, T0 } from "../../../../../tests/helpers/ibc_clients.ts";
import { utf8ToBytes } from "../../../../core/bytes.ts";
import { HEADER_TYPE_URL, MISBEHAVIOUR_TYPE_URL } from "./message.ts";
import { solomachineClient } from "./client.ts";

/**
 * Encoded and signed by a program on ibc-go v10.7.0 and cosmos-sdk: a machine with a secp256k1 key shows a value, takes an
 * ed25519 key, shows an absence and contradicts itself.
 */
const SECP_KEY = "0a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b657912230a21" +
  "0362c0a046dacce86ddd0343c6d3c7c79c2208ba0d9c9cf24a6d046d21d21f90f7";
const VECTORS = {
  clientState: `08011a53${SECP_KEY}12076d616368696e65180a`,
  consensusState: `${SECP_KEY}12076d616368696e65180a`,
  membership: "0a440a4212409c7a9fc151fc2a561c6fe6eb7df556bbcd66c6764d6872151ee77d0c77ae024e63158b4c2954fdfda499" +
    "a323d3f9923a608580c82a77baccc0b60717e6635e78100b",
  header: "080c12440a421240af9f0059c76786fd3b596b70d2f20e8768e9817e463a8a8b19dc132e0e379500596f54c50686f4e324449ed2" +
    "21d5c52036fb80e1fa804f39d5369a36324ca88e1a430a1d2f636f736d6f732e63727970746f2e656432353531392e5075624b6579122" +
    "20a20615843e1112e31ec56256fc558bbc4e55e423d353ffc946053c5dddea3265b1d22046e657874",
  absence: "0a440a42124076b72e54101c3ec11512efda11157abfe17119b12b5e0148bd85e71fb07d48618022ac30fdcb9506dd57ce1dfd04" +
    "1a064fbe73862f1c52e912b67a84566bea05100d",
  misbehaviour: "08091288010a440a4212408812e9a1925e15b07086d67d5e40bbc49d24d0582e28ec08f9927ab2dace6a003648d1cc36703" +
    "020546ce6338417052bb6beb9ee0307f4125ab570bf5cc9e00f1239636f6d6d69746d656e74732f706f7274732f7472616e736665722f" +
    "6368616e6e656c732f6368616e6e656c2d302f73657175656e6365732f311a036f6e65200e1a88010a440a421240de4d1415a3912c5c3" +
    "06d46d61e9e2da80d51615654b4351c26f5f6a5981a94ed22817fd43f447c85a8e9459b67ab6d1d7b6c93a29963b590bc2825d43cb666" +
    "0d1239636f6d6d69746d656e74732f706f7274732f7472616e736665722f6368616e6e656c732f6368616e6e656c2d302f73657175656" +
    "e6365732f311a0374776f200e",
};
const bytes = (name: keyof typeof VECTORS) => Uint8Array.fromHex(VECTORS[name]);
const PATH = ["ibc", "commitments/ports/transfer/channels/channel-0/sequences/1"].map(utf8ToBytes);

Deno.test("what ibc-go encodes and signs for a solo machine is taken, step by step", () => {
  const clients = new Clients();
  const created = clients.create(
    { typeUrl: solomachineClient.clientStateTypeUrl, value: bytes("clientState") },
    { typeUrl: solomachineClient.consensusStateTypeUrl, value: bytes("consensusState") },
  );
  assert(created.ok);
  const id = created.value;
  const claim = (proof: Uint8Array) => ({ height: h(1n, 0n), proof, delayTime: 0n, delayBlocks: 0n });
  const context = clients.at(T0);
  const value = utf8ToBytes("value");
  assertEquals(codeOf(clients.keeper.verifyMembership(context, id, claim(bytes("membership")), PATH, value)), "ok");
  assertEquals(codeOf(clients.update(id, { typeUrl: HEADER_TYPE_URL, value: bytes("header") }, T0)), "ok");
  assertEquals(codeOf(clients.keeper.verifyNonMembership(context, id, claim(bytes("absence")), PATH)), "ok");
  assertEquals(codeOf(clients.update(id, { typeUrl: MISBEHAVIOUR_TYPE_URL, value: bytes("misbehaviour") }, T0)), "ok");
  assertEquals(clients.status(id, T0), "Frozen");
});
