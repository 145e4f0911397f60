/** What anybody may ask. A query's answer is whatever its function gives, as JSON. */
import { Expiration, Uint128, validAddress } from "catenary";
import {
  Allowance,
  ALLOWANCES,
  ALLOWANCES_BY_SPENDER,
  balanceOf,
  BALANCES,
  Marketing,
  MARKETING,
  Minter,
  TOKEN_INFO,
} from "./state";

/** Rows of a list unless the question says otherwise, and at most. */
const LIMIT: u32 = 10;
const LIMIT_MAX: u32 = 30;

@json
class BalanceAnswer {
  constructor(public balance: Uint128) {}
}

@json
class TokenAnswer {
  constructor(public name: string, public symbol: string, public decimals: u8, public totalSupply: Uint128) {}
}

@json
class AllowanceRow {
  constructor(public spender: string, public allowance: Uint128, public expires: Expiration) {}
}

@json
class SpenderRow {
  constructor(public owner: string, public allowance: Uint128, public expires: Expiration) {}
}

@json
class AllowancesAnswer {
  constructor(public allowances: AllowanceRow[]) {}
}

@json
class SpenderAnswer {
  constructor(public allowances: SpenderRow[]) {}
}

@json
class AccountsAnswer {
  constructor(public accounts: string[]) {}
}

@query
function balance(address: string): BalanceAnswer {
  return new BalanceAnswer(balanceOf(validAddress(address)));
}

@query
function tokenInfo(): TokenAnswer {
  const info = TOKEN_INFO.load();
  return new TokenAnswer(info.name, info.symbol, info.decimals, info.totalSupply);
}

@query
function minter(): Minter | null {
  return TOKEN_INFO.load().mint;
}

@query
function allowance(owner: string, spender: string): Allowance {
  const none = new Allowance(Uint128.zero, Expiration.never());
  return ALLOWANCES.of(validAddress(owner)).loadOr(validAddress(spender), none);
}

@query
function allAllowances(owner: string, startAfter: string = "", limit: u32 = LIMIT): AllowancesAnswer {
  const answer = new AllowancesAnswer([]);
  const rows = ALLOWANCES.of(validAddress(owner)).range().after(startAfter).take(min(limit, LIMIT_MAX));
  while (rows.next()) answer.allowances.push(new AllowanceRow(rows.key, rows.value.allowance, rows.value.expires));
  return answer;
}

@query
function allSpenderAllowances(spender: string, startAfter: string = "", limit: u32 = LIMIT): SpenderAnswer {
  const answer = new SpenderAnswer([]);
  const rows = ALLOWANCES_BY_SPENDER.of(validAddress(spender)).range().after(startAfter).take(min(limit, LIMIT_MAX));
  while (rows.next()) answer.allowances.push(new SpenderRow(rows.key, rows.value.allowance, rows.value.expires));
  return answer;
}

@query
function allAccounts(startAfter: string = "", limit: u32 = LIMIT): AccountsAnswer {
  const answer = new AccountsAnswer([]);
  const rows = BALANCES.range().after(startAfter).take(min(limit, LIMIT_MAX));
  while (rows.next()) answer.accounts.push(rows.key);
  return answer;
}

@query
function marketingInfo(): Marketing {
  return MARKETING.exists ? MARKETING.load() : new Marketing(null, null, null, null);
}
