package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"cosmossdk.io/log"
	sdkmath "cosmossdk.io/math"
	cmtdb "github.com/cometbft/cometbft-db"
	cmtcfg "github.com/cometbft/cometbft/config"
	cmted25519 "github.com/cometbft/cometbft/crypto/ed25519"
	cmtlog "github.com/cometbft/cometbft/libs/log"
	"github.com/cometbft/cometbft/node"
	"github.com/cometbft/cometbft/p2p"
	"github.com/cometbft/cometbft/privval"
	"github.com/cometbft/cometbft/proxy"
	"github.com/cometbft/cometbft/rpc/client/local"
	cmttypes "github.com/cometbft/cometbft/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/server"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"

	"github.com/cosmos/ibc-go/v10/testing/simapp"
)

func must[T any](value T, err error) T {
	if err != nil {
		fail("node", err)
	}
	return value
}

// serveNode runs a CometBFT node with one validator and ibc-go's simapp until its standard input ends. Each of the keys
// has coins. It prints the address of its RPC.
func serveNode(chainID, home string, keys []string) {
	config := cmtcfg.DefaultConfig()
	config.SetRoot(home)
	cmtcfg.EnsureRoot(home)
	config.DBBackend = "memdb"
	config.RPC.ListenAddress = "tcp://" + freeAddress()
	config.P2P.ListenAddress = "tcp://" + freeAddress()
	config.P2P.PexReactor = false
	config.Consensus.TimeoutCommit = 100 * time.Millisecond
	config.Consensus.SkipTimeoutCommit = false

	validator := cmted25519.GenPrivKey()
	state := filepath.Join(home, "data", "priv_validator_state.json")
	signer := privval.NewFilePV(validator, filepath.Join(home, "config", "priv_validator_key.json"), state)
	signer.Save()
	app := simapp.NewSimApp(log.NewNopLogger(), dbm.NewMemDB(), nil, true, simtestutil.EmptyAppOptions{}, baseapp.SetChainID(chainID))
	genesis := &cmttypes.GenesisDoc{
		ChainID:         chainID,
		GenesisTime:     time.Now().UTC(),
		ConsensusParams: cmttypes.DefaultConsensusParams(),
		AppState:        must(json.Marshal(appState(app, validator.PubKey().(cmted25519.PubKey), keys))),
	}
	running := must(node.NewNode(
		config,
		signer,
		must(p2p.LoadOrGenNodeKey(config.NodeKeyFile())),
		proxy.NewLocalClientCreator(server.NewCometABCIWrapper(app)),
		func() (*cmttypes.GenesisDoc, error) { return genesis, genesis.ValidateAndComplete() },
		func(*cmtcfg.DBContext) (cmtdb.DB, error) { return cmtdb.NewMemDB(), nil },
		node.DefaultMetricsProvider(config.Instrumentation),
		cmtlog.NewNopLogger(),
	))
	app.RegisterTxService(client.Context{}.
		WithClient(local.New(running)).
		WithInterfaceRegistry(app.InterfaceRegistry()).
		WithTxConfig(app.TxConfig()))
	if err := running.Start(); err != nil {
		fail("start", err)
	}
	client := local.New(running)
	for height := int64(0); height < 2; time.Sleep(20 * time.Millisecond) {
		height = must(client.Status(context.Background())).SyncInfo.LatestBlockHeight
	}
	fmt.Println("rpc", "http://"+config.RPC.ListenAddress[len("tcp://"):])
	_, _ = io.Copy(io.Discard, os.Stdin)
	_ = running.Stop()
}

func freeAddress() string {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	defer listener.Close()
	return listener.Addr().String()
}

// appState is a genesis with one bonded validator and an account with coins for each key.
func appState(app *simapp.SimApp, validator cmted25519.PubKey, keys []string) map[string]json.RawMessage {
	coins := sdk.NewCoins(sdk.NewCoin(sdk.DefaultBondDenom, sdkmath.NewInt(1_000_000_000_000)))
	var accounts []authtypes.GenesisAccount
	var balances []banktypes.Balance
	for i, text := range keys {
		key := &secp256k1.PrivKey{Key: must(hex.DecodeString(text))}
		address := sdk.AccAddress(key.PubKey().Address())
		accounts = append(accounts, authtypes.NewBaseAccount(address, key.PubKey(), uint64(i), 0))
		balances = append(balances, banktypes.Balance{Address: address.String(), Coins: coins})
	}
	set := cmttypes.NewValidatorSet([]*cmttypes.Validator{cmttypes.NewValidator(validator, 1)})
	state := must(simtestutil.GenesisStateWithValSet(app.AppCodec(), app.DefaultGenesis(), set, accounts, balances...))
	// A validator that was bonded from the start has no signing info of its own making.
	signer := sdk.ConsAddress(validator.Address())
	slashing := slashingtypes.DefaultGenesisState()
	slashing.SigningInfos = []slashingtypes.SigningInfo{{
		Address:              signer.String(),
		ValidatorSigningInfo: slashingtypes.NewValidatorSigningInfo(signer, 0, 0, time.Unix(0, 0).UTC(), false, 0),
	}}
	state[slashingtypes.ModuleName] = app.AppCodec().MustMarshalJSON(slashing)
	return state
}
