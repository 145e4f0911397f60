import { Item, StorageMap, Uint128, ensure, fail } from "catenary";

@json
class Balance { constructor(public address: string, public amount: Uint128) {} }
@json
class TokenInfo { constructor(public name: string, public symbol: string, public decimals: u8, public totalSupply: Uint128) {} }
@json
class BalanceResponse { constructor(public balance: Uint128) {} }

const INFO = new Item<TokenInfo>("token_info");
const BALANCES = new StorageMap<string, Uint128>("balance");

@instantiate
function setup(name: string, symbol: string, decimals: u8, initialBalances: Balance[]): Response {
  let total = Uint128.zero;
  for (let i = 0; i < initialBalances.length; i++) {
    BALANCES.save(initialBalances[i].address, initialBalances[i].amount);
    total = total + initialBalances[i].amount;
  }
  INFO.save(new TokenInfo(name, symbol, decimals, total));
  return new Response();
}

@execute
function transfer(info: MessageInfo, recipient: string, amount: Uint128): Response {
  BALANCES.save(info.sender, BALANCES.loadOr(info.sender, Uint128.zero) - amount);
  BALANCES.save(recipient, BALANCES.loadOr(recipient, Uint128.zero) + amount);
  return new Response().attribute("action", "transfer");
}

@query
function balance(address: string): BalanceResponse {
  return new BalanceResponse(BALANCES.loadOr(address, Uint128.zero));
}
@query
function tokenInfo(): TokenInfo { return INFO.load(); }
@query
function allAccounts(startAfter: string = "", limit: u32 = 10): string[] {
  const list: string[] = [];
  const rows = BALANCES.range().after(startAfter).take(limit);
  while (rows.next()) list.push(rows.key);
  return list;
}
