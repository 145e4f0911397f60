/** Events of contracts, with names, attributes and order of wasmd v0.61 `keeper/events.go`, `types/events.go`. @module */
import type { Event, EventAttribute } from "cosmjs-types/tendermint/abci/types";
import type { Address, Context } from "../../app/ports.ts";
import { err, ok, type Result } from "../../core/result.ts";
import { invalidEvent } from "./errors.ts";
import { type Attribute, bytesOf, type ContractEvent } from "./gas.ts";
import type { AccessConfig } from "./types.ts";
import { AccessType, nameOfType } from "./params.ts";
import { compareTexts, trimSpace } from "./text.ts";

/** What contracts may not begin their own attributes with. */
const RESERVED = "_";
/** A type of so few bytes says nothing (`eventTypeMinLength`). */
const TYPE_BYTES_SHORT = 2;

const attribute = (key: string, value: string): EventAttribute => ({ key, value, index: true });
const contractAttribute = (contract: Address) => attribute("_contract_address", contract.text);
const codeAttribute = (codeId: bigint) => attribute("code_id", codeId.toString());

/** Without the capabilities that the code requires: wasmd means to tell them, and loses them on the way. */
export function emitStoreCode(context: Context, codeId: bigint, checksum: Uint8Array): void {
  context.emit({
    type: "store_code",
    attributes: [attribute("code_checksum", checksum.toHex()), codeAttribute(codeId)],
  });
}

export function emitInstantiate(context: Context, contract: Address, codeId: bigint): void {
  context.emit({ type: "instantiate", attributes: [contractAttribute(contract), codeAttribute(codeId)] });
}

export function emitCall(context: Context, type: "execute" | "sudo" | "reply", contract: Address): void {
  context.emit({ type, attributes: [contractAttribute(contract)] });
}

export function emitMigrate(context: Context, contract: Address, codeId: bigint): void {
  context.emit({ type: "migrate", attributes: [codeAttribute(codeId), contractAttribute(contract)] });
}

export function emitPinned(context: Context, codeId: bigint, pinned: boolean): void {
  context.emit({ type: pinned ? "pin_code" : "unpin_code", attributes: [codeAttribute(codeId)] });
}

/** `admin`: empty when there is none any more. */
export function emitAdmin(context: Context, contract: Address, admin: string): void {
  const attributes = [contractAttribute(contract), attribute("new_admin_address", admin)];
  context.emit({ type: "update_contract_admin", attributes });
}

export function emitLabel(context: Context, contract: Address, label: string): void {
  const attributes = [contractAttribute(contract), attribute("new_label", label)];
  context.emit({ type: "update_contract_label", attributes });
}

export function emitAccess(context: Context, codeId: bigint, { permission, addresses }: AccessConfig): void {
  const attributes = [attribute("code_permission", nameOfType(permission)), codeAttribute(codeId)];
  if (permission === AccessType.ACCESS_TYPE_ANY_OF_ADDRESSES) {
    attributes.push(attribute("authorized_addresses", addresses.join(",")));
  }
  context.emit({ type: "update_code_access_config", attributes });
}

/** A packet that a contract got; `error`: why it was refused, unless the contract itself said so. */
export function emitPacketReceived(context: Context, contract: Address, success: boolean, error?: string): void {
  const attributes = [attribute("module", "wasm"), contractAttribute(contract), attribute("success", `${success}`)];
  if (error !== undefined) attributes.push(attribute("error", error));
  context.emit({ type: "ibc_packet_received", attributes });
}

/** Emits what a contract itself tells: its attributes as one event `wasm`, its events as `wasm-<type>`. */
export function emitOfContract(
  context: Context,
  contract: Address,
  attributes: readonly Attribute[],
  events: readonly ContractEvent[],
): Result<undefined> {
  if (attributes.length > 0) {
    const checked = attributesOf(contract, attributes);
    if (!checked.ok) return checked;
    context.emit({ type: "wasm", attributes: checked.value });
  }
  const custom: Event[] = [];
  for (const event of events) {
    const type = trimSpace(event.type);
    if (bytesOf(type) <= TYPE_BYTES_SHORT) return err(invalidEvent(`Event type too short: '${type}'`));
    const checked = attributesOf(contract, event.attributes);
    if (!checked.ok) return checked;
    custom.push({ type: `wasm-${type}`, attributes: checked.value });
  }
  for (const event of custom) context.emit(event);
  return ok(undefined);
}

function attributesOf(contract: Address, own: readonly Attribute[]): Result<EventAttribute[]> {
  const attributes = [contractAttribute(contract)];
  for (const { key: wide, value } of own) {
    const key = trimSpace(wide);
    if (key === "") return err(invalidEvent(`Empty attribute key. Value: ${value}`));
    if (key.startsWith(RESERVED)) {
      return err(invalidEvent(`Attribute key starts with reserved prefix ${RESERVED}: '${key}'`));
    }
    attributes.push(attribute(key, trimSpace(value)));
  }
  return ok(attributes);
}

/**
 * Settles the events of a submessage that succeeded, which are those from `first` on: `message` is not told. Those of a
 * message to a contract have their attributes sorted, here and in the block, because wasmd sorts them in place for the reply.
 */
export function settleEvents(events: Event[], first: number, sorted: boolean): readonly Event[] {
  let kept = first;
  for (let at = first; at < events.length; at++) {
    const event = events[at]!;
    if (event.type !== "message") events[kept++] = event;
  }
  events.length = kept;
  const settled = events.slice(first);
  if (sorted) { for (const { attributes } of settled) attributes.sort((a, b) => compareTexts(a.key, b.key)); }
  return settled;
}

/** Takes out the events of type `message` from `first` on. */
export function dropMessageEvents(events: Event[], first: number): void {
  settleEvents(events, first, false);
}
