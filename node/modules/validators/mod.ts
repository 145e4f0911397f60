/**
 * The validators of a chain whose genesis names admins: an admin signs a message that sets a power, and consensus follows
 * two heights later, as CometBFT does with every update.
 * @module
 */
export { ValidatorsKeeper } from "./keeper.ts";
export { validatorsModule } from "./module.ts";
export {
  type MsgUpdateValidator,
  MsgUpdateValidatorCodec,
  type Params,
  QueryParamsResponseCodec,
  QueryValidatorsRequestCodec,
  type QueryValidatorsResponse,
  QueryValidatorsResponseCodec,
  type Validator,
} from "./types.ts";
