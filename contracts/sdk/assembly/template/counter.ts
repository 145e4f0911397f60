/**
 * A counter: anybody counts up, only its owner sets it back. Functions with a decorator are what the chain can call;
 * `info` comes from the chain, every other parameter from the JSON message: `{"add": {"by": 3}}`.
 */
import { fail, Item, Response } from "catenary";

@json
class State {
  constructor(public owner: string, public count: u64) {}
}

const STATE = new Item<State>("state");

@instantiate
function setup(info: MessageInfo, count: u64 = 0): Response {
  STATE.save(new State(info.sender, count));
  return new Response();
}

@execute
function add(by: u64 = 1): Response {
  const state = STATE.load();
  if (by > u64.MAX_VALUE - state.count) return fail<Response>("The count would be too large");
  state.count += by;
  STATE.save(state);
  return new Response().attribute("action", "add").attribute("count", state.count.toString());
}

@execute
function reset(info: MessageInfo): Response {
  const state = STATE.load();
  if (info.sender != state.owner) return fail<Response>("Only the owner can do that");
  state.count = 0;
  STATE.save(state);
  return new Response().attribute("action", "reset");
}

@query
function state(): State {
  return STATE.load();
}
