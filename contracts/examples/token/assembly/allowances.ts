/** Spending for others: an owner allows a spender some amount, and may take it back. */
import { ensure, Expiration, fail, Message, Response, Uint128, validAddress } from "catenary";
import { Allowance, ALLOWANCES, ALLOWANCES_BY_SPENDER, destroy, move, Receive } from "./state";

function save(owner: string, spender: string, allowance: Allowance): void {
  ALLOWANCES.of(owner).save(spender, allowance);
  ALLOWANCES_BY_SPENDER.of(spender).save(owner, allowance);
}

function answer(action: string, info: MessageInfo, spender: string, amount: Uint128): Response {
  return new Response()
    .attribute("action", action)
    .attribute("owner", info.sender)
    .attribute("spender", spender)
    .attribute("amount", amount.toString());
}

/** Allows `spender` to spend `amount` more. */
@execute
function increaseAllowance(
  env: Env,
  info: MessageInfo,
  spender: string,
  amount: Uint128,
  expires: Expiration | null,
): Response {
  ensure(validAddress(spender) != info.sender, "Cannot set to own account");
  const allowance = ALLOWANCES.of(info.sender).loadOr(spender, new Allowance(Uint128.zero, Expiration.never()));
  allowance.allowance = allowance.allowance + amount;
  if (expires) {
    ensure(!expires.isExpired(env), "Invalid expiration value");
    allowance.expires = expires;
  }
  save(info.sender, spender, allowance);
  return answer("increase_allowance", info, spender, amount);
}

/** Takes back `amount` of what `spender` may spend, or all there is. */
@execute
function decreaseAllowance(
  env: Env,
  info: MessageInfo,
  spender: string,
  amount: Uint128,
  expires: Expiration | null,
): Response {
  ensure(validAddress(spender) != info.sender, "Cannot set to own account");
  const mine = ALLOWANCES.of(info.sender);
  if (!mine.has(spender)) return fail<Response>("No allowance for this account");
  const allowance = mine.load(spender);
  if (amount < allowance.allowance) {
    allowance.allowance = allowance.allowance - amount;
    if (expires) {
      ensure(!expires.isExpired(env), "Invalid expiration value");
      allowance.expires = expires;
    }
    save(info.sender, spender, allowance);
  } else {
    mine.remove(spender);
    ALLOWANCES_BY_SPENDER.of(spender).remove(info.sender);
  }
  return answer("decrease_allowance", info, spender, amount);
}

/** Uses up a part of what the caller may spend for `owner`. */
function deduct(env: Env, owner: string, spender: string, amount: Uint128): void {
  if (!ensure(ALLOWANCES.of(validAddress(owner)).has(spender), "No allowance for this account")) return;
  const allowance = ALLOWANCES.of(owner).load(spender);
  ensure(!allowance.expires.isExpired(env), "Allowance is expired");
  allowance.allowance = allowance.allowance - amount;
  save(owner, spender, allowance);
}

/** As `transfer`, with tokens of an owner who allowed it. */
@execute
function transferFrom(env: Env, info: MessageInfo, owner: string, recipient: string, amount: Uint128): Response {
  deduct(env, owner, info.sender, amount);
  move(owner, validAddress(recipient), amount);
  return new Response()
    .attribute("action", "transfer_from")
    .attribute("from", owner)
    .attribute("to", recipient)
    .attribute("by", info.sender)
    .attribute("amount", amount.toString());
}

/** As `burn`, with tokens of an owner who allowed it. */
@execute
function burnFrom(env: Env, info: MessageInfo, owner: string, amount: Uint128): Response {
  deduct(env, owner, info.sender, amount);
  destroy(owner, amount);
  return new Response()
    .attribute("action", "burn_from")
    .attribute("from", owner)
    .attribute("by", info.sender)
    .attribute("amount", amount.toString());
}

/** As `send`, with tokens of an owner who allowed it. The contract is told that the spender sent them. */
@execute
function sendFrom(
  env: Env,
  info: MessageInfo,
  owner: string,
  contract: string,
  amount: Uint128,
  msg: Uint8Array,
): Response {
  deduct(env, owner, info.sender, amount);
  move(owner, validAddress(contract), amount);
  return new Response()
    .attribute("action", "send_from")
    .attribute("from", owner)
    .attribute("to", contract)
    .attribute("by", info.sender)
    .attribute("amount", amount.toString())
    .message(Message.execute(contract, "receive", new Receive(info.sender, amount, msg)));
}
