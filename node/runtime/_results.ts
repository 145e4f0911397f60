/**
 * The results of a block as they are stored. Internal to the runtime.
 *
 * Not as `ResponseFinalizeBlock`: the events of a transfer repeat the same names and addresses, so that the results were
 * three times the block itself and most of what was written. Here a text that was seen before in the block is a number.
 *
 *     format, 1 byte; the response without transaction results: length, protobuf
 *     number of results; for each: code, data, log, info, gas wanted, gas used, number of events; codespace
 *     for each event: type, number of attributes; for each attribute: key, value, 1 when indexed
 *
 * Numbers are varints. A text or `data` is 0 and its length and bytes; or 1 and the same, to be remembered; or 2 and more:
 * the remembered one of that place.
 * @module
 */
import { type ExecTxResult, ResponseFinalizeBlock } from "cosmjs-types/tendermint/abci/types";
import type { BlockOutput } from "../app/ports.ts";
import { inSlices } from "./breathe.ts";
import { ResultsReader, ResultsWriter } from "./_results_codec.ts";

const FORMAT = 1;
/** Results between two offers to let others run. */
const RESULTS_PER_STEP = 20;

/** What RPC clients and listeners are given. */
export const responseOf = (output: BlockOutput): ResponseFinalizeBlock => ({
  events: [...output.events],
  txResults: [...output.txResults],
  validatorUpdates: [...output.validatorUpdates],
  ...(output.consensusParamUpdates && { consensusParamUpdates: output.consensusParamUpdates }),
  appHash: output.appHash,
});

/** Encodes without holding up the event loop: the results of thousands of transactions take milliseconds. */
export const encodeResults = (response: ResponseFinalizeBlock): Promise<Uint8Array> => inSlices(encoding(response));

function* encoding(response: ResponseFinalizeBlock): Generator<void, Uint8Array> {
  const { txResults } = response;
  const writer = new ResultsWriter();
  writer.byte(FORMAT);
  writer.bytes(ResponseFinalizeBlock.encode({ ...response, txResults: [] }).finish());
  writer.number(txResults.length);
  for (const [i, result] of txResults.entries()) {
    if (i % RESULTS_PER_STEP === RESULTS_PER_STEP - 1) yield;
    writeResult(writer, result);
  }
  return writer.finish();
}

/** The inverse of {@linkcode encodeResults}. Throws an IoError `chain_damaged` for bytes that it did not write. */
export function decodeResults(bytes: Uint8Array): ResponseFinalizeBlock {
  const reader = new ResultsReader(bytes);
  const response = readHead(reader);
  for (let left = reader.number(); left > 0; left--) response.txResults.push(readResult(reader));
  reader.end();
  return response;
}

/** The response without the results of its transactions. */
export const decodeResultsHead = (bytes: Uint8Array): ResponseFinalizeBlock => readHead(new ResultsReader(bytes));

function readHead(reader: ResultsReader): ResponseFinalizeBlock {
  const format = reader.byte();
  if (format !== FORMAT) reader.damaged(`their format is ${format}`);
  return ResponseFinalizeBlock.decode(reader.bytes());
}

function writeResult(writer: ResultsWriter, result: ExecTxResult): void {
  writer.number(result.code);
  writer.data(result.data);
  writer.text(result.log);
  writer.text(result.info);
  writer.bits64(result.gasWanted);
  writer.bits64(result.gasUsed);
  writer.number(result.events.length);
  for (const { type, attributes } of result.events) {
    writer.text(type);
    writer.number(attributes.length);
    for (const { key, value, index } of attributes) {
      writer.text(key);
      writer.text(value);
      writer.byte(index ? 1 : 0);
    }
  }
  writer.text(result.codespace);
}

function readResult(reader: ResultsReader): ExecTxResult {
  const code = reader.number();
  const data = reader.data();
  const log = reader.text();
  const info = reader.text();
  const gasWanted = reader.int64();
  const gasUsed = reader.int64();
  const events: ExecTxResult["events"] = [];
  for (let left = reader.number(); left > 0; left--) {
    const type = reader.text();
    const attributes: ExecTxResult["events"][number]["attributes"] = [];
    for (let more = reader.number(); more > 0; more--) {
      attributes.push({ key: reader.text(), value: reader.text(), index: reader.byte() === 1 });
    }
    events.push({ type, attributes });
  }
  return { code, data, log, info, gasWanted, gasUsed, events, codespace: reader.text() };
}
