import { QueryBalanceRequest } from "cosmjs-types/cosmos/bank/v1beta1/query";
import { QueryContractInfoRequest } from "cosmjs-types/cosmwasm/wasm/v1/query";
import { bech32 } from "@scure/base";
import { addressOf, binary, type Script } from "../script.ts";

/** What contracts may ask the chain, and each other. */
export async function chainQueries(script: Script): Promise<void> {
  const [alice, bob] = ["alice", "bob"].map(addressOf) as [string, string];
  const code = await script.store("alice", "reflect_2_2.wasm");
  const hackCode = await script.store("bob", "hackatom.wasm", { permission: 4, addresses: [bob] });
  const one = await script.instantiate("alice", code, {}, { label: "one", funds: "1234ucat,5umoo", admin: alice });
  const hack = await script.instantiate("bob", hackCode, { verifier: bob, beneficiary: alice }, { label: "hack" });
  const chain = (request: unknown) => script.smart(one, { chain: { request } });
  await chain({ bank: { balance: { address: one, denom: "ucat" } } });
  await chain({ bank: { balance: { address: one, denom: "unone" } } });
  await chain({ bank: { balance: { address: "x", denom: "ucat" } } });
  await chain({ bank: { balance: { address: one, denom: "" } } });
  await chain({ bank: { all_balances: { address: one } } });
  await chain({ bank: { all_balances: { address: hack } } });
  await chain({ bank: { supply: { denom: "ucat" } } });
  await chain({ bank: { supply: { denom: "unone" } } });
  await chain({ bank: { denom_metadata: { denom: "ucat" } } });
  await chain({ bank: { denom_metadata: { denom: "unone" } } });
  await chain({ bank: { all_denom_metadata: {} } });
  await chain({ bank: { all_denom_metadata: { pagination: { key: null, limit: 1, reverse: false } } } });
  await chain({ wasm: { smart: { contract_addr: hack, msg: binary({ verifier: {} }) } } });
  await chain({ wasm: { smart: { contract_addr: hack, msg: binary({ unknown: {} }) } } });
  await chain({ wasm: { smart: { contract_addr: alice, msg: binary({ verifier: {} }) } } });
  await chain({ wasm: { smart: { contract_addr: "x", msg: binary({ verifier: {} }) } } });
  await chain({ wasm: { smart: { contract_addr: hack, msg: "" } } });
  await chain({ wasm: { smart: { contract_addr: hack, msg: binary("nothing") } } });
  await chain({ wasm: { smart: { contract_addr: hack, msg: binary({ recurse: { depth: 2, work: 3 } }) } } });
  await chain({ wasm: { raw: { contract_addr: hack, key: binary("config") } } });
  await chain({ wasm: { raw: { contract_addr: hack, key: binary("none") } } });
  await chain({ wasm: { raw: { contract_addr: alice, key: binary("none") } } });
  await chain({ wasm: { raw: { contract_addr: "x", key: "" } } });
  await chain({ wasm: { contract_info: { contract_addr: one } } });
  await chain({ wasm: { contract_info: { contract_addr: hack } } });
  await chain({ wasm: { contract_info: { contract_addr: alice } } });
  await chain({ wasm: { contract_info: { contract_addr: "x" } } });
  await chain({ wasm: { code_info: { code_id: Number(code) } } });
  await chain({ wasm: { code_info: { code_id: 0 } } });
  await chain({ wasm: { code_info: { code_id: 99 } } });
  await chain({ stargate: { path: "/cosmos.bank.v1beta1.Query/Balance", data: balanceOf(one) } });
  await chain({ grpc: { path: "/cosmos.bank.v1beta1.Query/Balance", data: balanceOf(one) } });
  await chain({ grpc: { path: "/unknown.Query/X", data: "" } });
  await chain({ ibc: { port_id: {} } });
  await chain({ ibc: { channel: { channel_id: "channel-0", port_id: null } } });
  await chain({ ibc: { list_channels: { port_id: null } } });
  await chain({ custom: { ping: {} } });
  await staking(chain, one, alice);
  await chain({ unknown: {} });
  await script.smart(one, { capitalized: { text: "small" } });
  await script.smart(one, { raw: { contract: hack, key: binary("config") } });
  await script.smart(one, { raw: { contract: hack, key: binary("none") } });
  await script.smart(one, { raw: { contract: "nonsense", key: binary("none") } });
  await script.smart("nonsense", {});
  await script.smart(alice, {});
  await script.raw(alice, new Uint8Array());
  for (const address of [one, hack, alice, "x", ""]) {
    await script.query(
      `info of ${address || "nobody"}`,
      "/cosmwasm.wasm.v1.Query/ContractInfo",
      QueryContractInfoRequest,
      {
        address,
      },
    );
  }
}

/** Of who has nothing at stake. Nobody has anything here. */
async function staking(chain: (request: unknown) => Promise<unknown>, one: string, alice: string): Promise<void> {
  await chain({ staking: { bonded_denom: {} } });
  await chain({ staking: { all_validators: {} } });
  const validator = bech32.encode("catvaloper", bech32.toWords(new Uint8Array(20).fill(7)));
  for (const address of [validator, one, "x", ""]) await chain({ staking: { validator: { address } } });
  for (const delegator of [alice, validator, ""]) {
    await chain({ staking: { all_delegations: { delegator } } });
    await chain({ staking: { delegation: { delegator, validator } } });
  }
  for (const delegator_address of [alice, "x", ""]) {
    await chain({ distribution: { delegator_withdraw_address: { delegator_address } } });
    await chain({ distribution: { delegation_rewards: { delegator_address, validator_address: validator } } });
    await chain({ distribution: { delegation_total_rewards: { delegator_address } } });
    await chain({ distribution: { delegator_validators: { delegator_address } } });
  }
  await chain({ staking: { delegation: { delegator: alice, validator: "x" } } });
  await chain({ distribution: { delegation_rewards: { delegator_address: alice, validator_address: "x" } } });
  await chain({ distribution: { delegation_rewards: { delegator_address: alice, validator_address: "" } } });
}

function balanceOf(address: string): string {
  return QueryBalanceRequest.encode({ address, denom: "ucat" }).finish().toBase64();
}
