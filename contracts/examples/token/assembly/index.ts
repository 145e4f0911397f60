/**
 * A token with the messages and queries of cw20. Every function with a decorator is a message: `transfer` answers to
 * `{"transfer": {"recipient": "…", "amount": "…"}}`. `info` and `env` come from the chain, all other parameters from the
 * message; `initialBalances` is `initial_balances` there.
 */
import { ensure, Message, Response, Uint128, utf8, validAddress } from "catenary";
import "./allowances";
import "./queries";
import {
  asMinter,
  balanceOf,
  BALANCES,
  destroy,
  Logo,
  Marketing,
  MARKETING,
  Minter,
  move,
  Receive,
  TOKEN_INFO,
  TokenInfo,
} from "./state";

@json
class InitialBalance {
  constructor(public address: string, public amount: Uint128) {}
}

/** Letters and dashes, 3 to 12 of them. */
function isSymbol(symbol: string): bool {
  if (symbol.length < 3 || symbol.length > 12) return false;
  for (let i = 0; i < symbol.length; i++) {
    const code = symbol.charCodeAt(i);
    const letter = code | 32; // the lower-case form of a letter
    if (code != 45 && (letter < 97 || letter > 122)) return false;
  }
  return true;
}

@instantiate
function setup(
  name: string,
  symbol: string,
  decimals: u8,
  initialBalances: InitialBalance[],
  mint: Minter | null,
  marketing: Marketing | null,
): Response {
  const nameBytes = utf8(name).length;
  ensure(nameBytes >= 3 && nameBytes <= 50, "Generic error: Name is not in the expected format (3-50 UTF-8 bytes)");
  ensure(isSymbol(symbol), "Generic error: Ticker symbol is not in expected format [a-zA-Z\\-]{3,12}");
  ensure(decimals <= 18, "Generic error: Decimals must not exceed 18");

  let supply = Uint128.zero;
  for (let i = 0; i < initialBalances.length; i++) {
    const row = initialBalances[i];
    ensure(!BALANCES.has(validAddress(row.address)), "Duplicate initial balance addresses");
    BALANCES.save(row.address, row.amount);
    supply = supply + row.amount;
  }
  if (mint) {
    validAddress(mint.minter);
    const cap = mint.cap;
    if (cap) ensure(supply <= cap, "Generic error: Initial supply greater than cap");
  }
  TOKEN_INFO.save(new TokenInfo(name, symbol, decimals, supply, mint));
  if (marketing) {
    const manager = marketing.marketing;
    if (manager) validAddress(manager);
    MARKETING.save(marketing);
  }
  return new Response();
}

/** Sends tokens of the caller to an account. */
@execute
function transfer(info: MessageInfo, recipient: string, amount: Uint128): Response {
  move(info.sender, validAddress(recipient), amount);
  return new Response()
    .attribute("action", "transfer")
    .attribute("from", info.sender)
    .attribute("to", recipient)
    .attribute("amount", amount.toString());
}

/** Sends tokens of the caller to a contract, which is told with `msg` what for. If it refuses, nothing happens. */
@execute
function send(info: MessageInfo, contract: string, amount: Uint128, msg: Uint8Array): Response {
  move(info.sender, validAddress(contract), amount);
  return new Response()
    .attribute("action", "send")
    .attribute("from", info.sender)
    .attribute("to", contract)
    .attribute("amount", amount.toString())
    .message(Message.execute(contract, "receive", new Receive(info.sender, amount, msg)));
}

/** Destroys tokens of the caller. */
@execute
function burn(info: MessageInfo, amount: Uint128): Response {
  destroy(info.sender, amount);
  return new Response()
    .attribute("action", "burn")
    .attribute("from", info.sender)
    .attribute("amount", amount.toString());
}

/** Makes tokens, for the minter only. */
@execute
function mint(info: MessageInfo, recipient: string, amount: Uint128): Response {
  const token = asMinter(info.sender);
  token.totalSupply = token.totalSupply + amount;
  const minter = token.mint;
  const cap = minter ? minter.cap : null;
  if (cap) ensure(token.totalSupply <= cap, "Minting cannot exceed the cap");
  TOKEN_INFO.save(token);
  BALANCES.save(validAddress(recipient), balanceOf(recipient) + amount);
  return new Response()
    .attribute("action", "mint")
    .attribute("to", recipient)
    .attribute("amount", amount.toString());
}

/** Makes somebody else the minter; with `null` nobody ever is again. */
@execute
function updateMinter(info: MessageInfo, newMinter: string | null): Response {
  const token = asMinter(info.sender);
  const old = token.mint;
  token.mint = newMinter ? new Minter(validAddress(newMinter), old ? old.cap : null) : null;
  TOKEN_INFO.save(token);
  return new Response()
    .attribute("action", "update_minter")
    .attribute("new_minter", newMinter ? newMinter : "None");
}

/** Changes what wallets show. A missing field stays as it is, empty text removes it. */
@execute
function updateMarketing(
  info: MessageInfo,
  project: string | null,
  description: string | null,
  marketing: string | null,
): Response {
  const data = MARKETING.exists ? MARKETING.load() : new Marketing(null, null, null, null);
  const manager = data.marketing;
  ensure(manager !== null && manager == info.sender, "Unauthorized");
  if (project !== null) data.project = project.length > 0 ? project : null;
  if (description !== null) data.description = description.length > 0 ? description : null;
  if (marketing !== null) data.marketing = marketing.length > 0 ? validAddress(marketing) : null;
  MARKETING.save(data);
  return new Response().attribute("action", "update_marketing");
}

/** Changes the logo: `{"upload_logo": {"url": "…"}}`. Pictures inside the chain's state are not supported. */
@execute
function uploadLogo(info: MessageInfo, url: string): Response {
  const data = MARKETING.exists ? MARKETING.load() : new Marketing(null, null, null, null);
  const manager = data.marketing;
  ensure(manager !== null && manager == info.sender, "Unauthorized");
  data.logo = new Logo(url);
  MARKETING.save(data);
  return new Response().attribute("action", "upload_logo");
}
