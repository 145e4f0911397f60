/** Tokens from a over b to c and back, with every step told as it happens. @module */
import { formatHeight } from "../../node/core/ibc/mod.ts";
import type { PacketKey, PacketView, RelayerControl, TransferAnswer } from "../../relayer/api/ports.ts";
import { CommandError, table } from "../output.ts";
import type { UpChain } from "./chains.ts";
import { Journey, type JourneyStep } from "./journey.ts";
import type { Report } from "./report.ts";
import { type User, userOn } from "./user.ts";

const AMOUNT = 1000n;
const DENOM = "ucat";
/** How long one way may take; some seconds are usual. */
const JOURNEY_WAIT_MS = 60_000;
/** Events tell when to look; this is for one that got lost. */
const LOOK_MS = 500;

/** Sends there and back, and checks that everything is where it was. Throws a CommandError that says what is not. */
export async function roundTrip(
  chains: readonly UpChain[],
  control: RelayerControl,
  report: Report,
): Promise<void> {
  const [a, , c] = chains;
  const sender = await userOn(a!, "dev0");
  const receiver = await userOn(c!, "dev1");
  try {
    const before = await sender.balance(DENOM);
    const there = await send(control, report, sender, receiver, DENOM);
    const accounts = [[sender, DENOM], [receiver, there.denom]] as const;
    await tellBalances(report, "there", accounts, there.denomPath);
    const back = await send(control, report, receiver, sender, there.denom);
    await tellBalances(report, "back", accounts, there.denomPath);
    expect("what the token that came back is called", back.denom, DENOM);
    expect("what the sender has at the end", await sender.balance(DENOM), before);
  } finally {
    sender.disconnect();
    receiver.disconnect();
  }
}

function expect<T>(what: string, found: T, wanted: T): void {
  if (found === wanted) return;
  throw new CommandError(`check the round trip: ${what}: found ${found}, wanted ${wanted}`, "round_trip_wrong");
}

async function tellBalances(
  report: Report,
  when: "there" | "back",
  accounts: readonly (readonly [User, string])[],
  denomPath: string,
): Promise<void> {
  const balances = await Promise.all(accounts.map(async ([user, denom]) => ({
    chain: user.chain.name,
    account: user.name,
    address: user.address,
    denom,
    amount: await user.balance(denom),
  })));
  const rows = balances.map(({ chain, account, amount, denom }) => [
    `balance ${chain}`,
    account,
    `${amount} ${denom === DENOM ? denom : `${denom.slice(0, 12)}… (${denomPath})`}`,
  ]);
  report.say("balances", { when, balances, denomPath }, table(rows));
}

/** One way; answers what the tokens are called at its end. */
async function send(
  control: RelayerControl,
  report: Report,
  from: User,
  to: User,
  denom: string,
): Promise<{ readonly denom: string; readonly denomPath: string }> {
  const proposal = await propose(control, from, to, denom);
  const { route } = proposal;
  const way = [from.chain.name, ...route.hops.map((hop) => hop.to)];
  report.say(
    "transfer",
    { way, amount: AMOUNT, denom, sender: from.address, receiver: to.address, route },
    `transfer ${way.join(" -> ")}: ${AMOUNT} ${denom.length > 20 ? `${denom.slice(0, 12)}…` : denom} ` +
      `from ${from.name} (${from.address}) to ${to.name} (${to.address})`,
  );
  if (route.denom === undefined) throw new CommandError("plan the transfer: it has no name for the token", "no_denom");
  const arrived = { denom: route.denom, denomPath: route.denomPath ?? route.denom };
  const before = [await from.balance(denom), await to.balance(arrived.denom)];
  const { portId, channelId } = route.hops[0]!;
  const { promise: ended, watch, end } = follow(control, report);
  try {
    const sequence = await from.sign(proposal);
    watch({ chain: from.chain.name, portId, channelId, sequence });
    judge(await ended);
  } finally {
    end();
  }
  expect(`what ${from.name} has less on ${from.chain.name}`, before[0]! - await from.balance(denom), AMOUNT);
  expect(`what ${to.name} has more on ${to.chain.name}`, await to.balance(arrived.denom) - before[1]!, AMOUNT);
  return arrived;
}

async function propose(
  control: RelayerControl,
  from: User,
  to: User,
  denom: string,
): Promise<Extract<TransferAnswer, { tag: "unsigned" }>> {
  const answer = await control.transfer({
    from: from.chain.name,
    to: to.chain.name,
    denom,
    amount: AMOUNT,
    receiver: to.address,
    sender: from.address,
  });
  if (!answer.ok) throw new CommandError(answer.error.message, answer.error.code);
  if (answer.value.tag === "unsigned") return answer.value;
  throw new CommandError("plan the transfer: the relayer sent it itself", "round_trip_wrong");
}

function judge(packet: PacketView): void {
  const { state, acknowledgement } = packet;
  if (state === "acknowledged" && acknowledgement?.success !== false) return;
  throw new CommandError(
    `carry the transfer: it came back: ${state === "timed_out" ? "timed out" : acknowledgement?.text ?? state}`,
    "transfer_refunded",
  );
}

/** Tells the steps of a transfer from the moment its first packet is named. */
function follow(control: RelayerControl, report: Report) {
  const { promise, resolve, reject } = Promise.withResolvers<PacketView>();
  // It may fail before anybody waits for it.
  promise.catch(() => {});
  let journey: Journey | undefined;
  let last = "it was signed";
  const early: PacketView[] = [];
  const take = (packet: PacketView) => {
    if (journey === undefined) return void early.push(packet);
    for (const step of journey.take(packet)) last = tell(report, step);
    if (journey.ended !== undefined) resolve(journey.ended);
  };
  const unsubscribe = control.subscribe((event) => event.type === "packet" && take(event.packet));
  const look = setInterval(async () => {
    const page = await control.packets({ limit: 20 }).catch(() => undefined);
    if (page?.ok) page.value.packets.forEach(take);
  }, LOOK_MS);
  const late = setTimeout(() => {
    const state = `nothing more happened for ${JOURNEY_WAIT_MS / 1000} s after ${last}`;
    reject(new CommandError(`carry the transfer: ${state}`, "transfer_stuck"));
  }, JOURNEY_WAIT_MS);
  return {
    promise,
    watch(first: PacketKey) {
      journey = new Journey(first);
      early.forEach(take);
    },
    end() {
      unsubscribe();
      clearInterval(look);
      clearTimeout(late);
    },
  };
}

/** One line for one step; answers it in words. */
function tell(report: Report, { what, packet, step }: JourneyStep): string {
  const { source, transfer } = packet;
  const name = `${source.chain}/${source.channelId} #${source.sequence}`;
  const proof = step.proofHeight === undefined ? "" : formatHeight(step.proofHeight);
  const words = `${name} ${what} on ${step.chain}`;
  report.say(
    "step",
    { what, chain: step.chain, height: step.height, txHash: step.txHash, proofHeight: proof || null, packet: source },
    `  ${step.chain}  block ${step.height}`.padEnd(16) + `  ${what.padEnd(12)}  ${name}` +
      (proof === ""
        ? (transfer === undefined ? "" : `  ${transfer.amount} ${transfer.denom}`)
        : `  proof height ${proof}`),
  );
  return words;
}
