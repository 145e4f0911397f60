package main

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"sort"
	"time"
	"unsafe"

	wasmvm "github.com/CosmWasm/wasmvm/v3"
	abci "github.com/cometbft/cometbft/abci/types"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	dbm "github.com/cosmos/cosmos-db"

	"cosmossdk.io/log"
	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client/flags"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/CosmWasm/wasmd/app"
	wasmkeeper "github.com/CosmWasm/wasmd/x/wasm/keeper"
	wasmtypes "github.com/CosmWasm/wasmd/x/wasm/types"
)

// As wasmd has it (contractMemoryLimit, MiB); the cache only saves time.
const (
	contractMemoryMiB = 32
	cacheMiB          = 100
)

type initRequest struct {
	ChainID      string   `json:"chain_id"`
	Prefix       string   `json:"prefix"`
	TimeNanos    int64    `json:"time"`
	Capabilities []string `json:"capabilities"`
	// Instead of the governance module's: may do what wasmd lets its authority do.
	Authority string `json:"authority"`
	// Accounts in order of their numbers, and the bank's balances and metadata, as in a genesis file.
	Accounts []string        `json:"accounts"`
	Bank     json.RawMessage `json:"bank"`
	// The wasm module's genesis; absent: wasmd's default.
	Wasm json.RawMessage `json:"wasm"`
}

type chain struct {
	app      *app.WasmApp
	home     string
	state    map[string]string
	balances map[string]string
}

func start(in *initRequest) *chain {
	config := sdk.GetConfig()
	config.SetBech32PrefixForAccount(in.Prefix, in.Prefix+"pub")
	config.SetBech32PrefixForValidator(in.Prefix+"valoper", in.Prefix+"valoperpub")
	config.SetBech32PrefixForConsensusNode(in.Prefix+"valcons", in.Prefix+"valconspub")
	home, err := os.MkdirTemp("", "wasmd-judge")
	must(err)
	vm, err := wasmvm.NewVM(filepath.Join(home, "vm"), in.Capabilities, contractMemoryMiB, false, cacheMiB)
	must(err)
	options := simtestutil.AppOptionsMap{flags.FlagHome: home}
	wasmd := app.NewWasmApp(log.NewNopLogger(), dbm.NewMemDB(), nil, true, options,
		[]wasmkeeper.Option{wasmkeeper.WithWasmEngine(vm)}, baseapp.SetChainID(in.ChainID))
	// The field is private, and the authority that governance would be can sign nothing.
	field := reflect.ValueOf(&wasmd.WasmKeeper).Elem().FieldByName("authority")
	reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem().SetString(in.Authority)
	c := &chain{app: wasmd, home: home, state: map[string]string{}, balances: map[string]string{}}
	genesis, err := json.Marshal(c.genesis(in))
	must(err)
	params := *simtestutil.DefaultConsensusParams
	block := *params.Block
	block.MaxBytes, block.MaxGas = 22020096, -1
	params.Block = &block
	_, err = wasmd.InitChain(&abci.RequestInitChain{
		ChainId:         in.ChainID,
		Time:            time.Unix(0, in.TimeNanos).UTC(),
		ConsensusParams: &params,
		InitialHeight:   1,
		AppStateBytes:   genesis,
	})
	must(err)
	return c
}

// One validator that never signs anything, no inflation, and the accounts that were asked for.
func (c *chain) genesis(in *initRequest) app.GenesisState {
	codec := c.app.AppCodec()
	genesis := c.app.DefaultGenesis()
	accounts := []authtypes.GenesisAccount{}
	for i, text := range in.Accounts {
		address, err := sdk.AccAddressFromBech32(text)
		must(err)
		accounts = append(accounts, authtypes.NewBaseAccount(address, nil, uint64(i), 0))
	}
	delegator := sdk.AccAddress(make([]byte, 20))
	accounts = append(accounts, authtypes.NewBaseAccount(delegator, nil, uint64(len(accounts)), 0))
	genesis[authtypes.ModuleName] = codec.MustMarshalJSON(authtypes.NewGenesisState(authtypes.DefaultParams(), accounts))

	key := cmted25519.GenPrivKeyFromSecret([]byte("validator")).PubKey()
	consensusKey, err := cryptocodec.FromCmtPubKeyInterface(key)
	must(err)
	packed, err := codectypes.NewAnyWithValue(consensusKey)
	must(err)
	bonded := sdk.DefaultPowerReduction
	operator := sdk.ValAddress(key.Address()).String()
	genesis[stakingtypes.ModuleName] = codec.MustMarshalJSON(stakingtypes.NewGenesisState(
		stakingtypes.DefaultParams(),
		[]stakingtypes.Validator{{
			OperatorAddress: operator, ConsensusPubkey: packed, Status: stakingtypes.Bonded, Tokens: bonded,
			DelegatorShares: sdkmath.LegacyOneDec(), UnbondingTime: time.Unix(0, 0).UTC(), MinSelfDelegation: sdkmath.ZeroInt(),
			Commission: stakingtypes.NewCommission(sdkmath.LegacyZeroDec(), sdkmath.LegacyZeroDec(), sdkmath.LegacyZeroDec()),
		}},
		[]stakingtypes.Delegation{stakingtypes.NewDelegation(delegator.String(), operator, sdkmath.LegacyOneDec())},
	))
	signing := []slashingtypes.SigningInfo{{
		Address:              sdk.ConsAddress(key.Address()).String(),
		ValidatorSigningInfo: slashingtypes.ValidatorSigningInfo{},
	}}
	genesis[slashingtypes.ModuleName] = codec.MustMarshalJSON(
		slashingtypes.NewGenesisState(slashingtypes.DefaultParams(), signing, nil))

	mint := minttypes.DefaultGenesisState()
	mint.Minter = minttypes.NewMinter(sdkmath.LegacyZeroDec(), sdkmath.LegacyZeroDec())
	mint.Params.InflationMax, mint.Params.InflationMin = sdkmath.LegacyZeroDec(), sdkmath.LegacyZeroDec()
	mint.Params.InflationRateChange = sdkmath.LegacyZeroDec()
	genesis[minttypes.ModuleName] = codec.MustMarshalJSON(mint)

	var bank banktypes.GenesisState
	codec.MustUnmarshalJSON(in.Bank, &bank)
	bank.Balances = append(bank.Balances, banktypes.Balance{
		Address: authtypes.NewModuleAddress(stakingtypes.BondedPoolName).String(),
		Coins:   sdk.NewCoins(sdk.NewCoin(sdk.DefaultBondDenom, bonded)),
	})
	bank.Supply = nil // counted by the module
	genesis[banktypes.ModuleName] = codec.MustMarshalJSON(&bank)
	if in.Wasm != nil {
		genesis[wasmtypes.ModuleName] = in.Wasm
	}
	return genesis
}

func (c *chain) context() sdk.Context {
	return c.app.NewUncachedContext(false, c.app.BaseApp.NewContext(true).BlockHeader())
}

func (c *chain) params() json.RawMessage {
	return c.app.AppCodec().MustMarshalJSON(&wasmtypes.Params{
		CodeUploadAccess:             wasmtypes.DefaultParams().CodeUploadAccess,
		InstantiateDefaultPermission: wasmtypes.DefaultParams().InstantiateDefaultPermission,
	})
}

// What is different from the last time this was asked.
func (c *chain) changes() (changed [][2]*string, balances [][2]string) {
	changed, balances = [][2]*string{}, [][2]string{}
	now := map[string]string{}
	store := c.app.CommitMultiStore().GetKVStore(c.app.GetKey(wasmtypes.StoreKey))
	entries := store.Iterator(nil, nil)
	for ; entries.Valid(); entries.Next() {
		now[hex.EncodeToString(entries.Key())] = hex.EncodeToString(entries.Value())
	}
	must(entries.Close())
	for _, key := range sorted(c.state, now) {
		before, had := c.state[key]
		after, has := now[key]
		switch {
		case has && (!had || before != after):
			changed = append(changed, [2]*string{&key, &after})
		case had && !has:
			changed = append(changed, [2]*string{&key, nil})
		}
	}
	c.state = now

	held := map[string]string{}
	c.app.BankKeeper.IterateAllBalances(c.context(), func(address sdk.AccAddress, coin sdk.Coin) bool {
		if coin.Denom != sdk.DefaultBondDenom {
			held[address.String()+" "+coin.Denom] = coin.Amount.String()
		}
		return false
	})
	for _, key := range sorted(c.balances, held) {
		if amount, has := held[key]; !has {
			balances = append(balances, [2]string{key, "0"})
		} else if amount != c.balances[key] {
			balances = append(balances, [2]string{key, amount})
		}
	}
	c.balances = held
	return changed, balances
}

func sorted(one, other map[string]string) []string {
	keys := []string{}
	for key := range one {
		keys = append(keys, key)
	}
	for key := range other {
		if _, both := one[key]; !both {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	return keys
}

func versions() map[string]string {
	out := map[string]string{}
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		switch module.Path {
		case "github.com/CosmWasm/wasmd", "github.com/CosmWasm/wasmvm/v3", "github.com/cosmos/cosmos-sdk":
			out[module.Path] = module.Version
		}
	}
	lib, err := wasmvm.LibwasmvmVersion()
	must(err)
	out["libwasmvm"] = lib
	return out
}

func (c *chain) stop() {
	must(c.app.Close())
	must(os.RemoveAll(c.home))
}
