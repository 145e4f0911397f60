// Runs calls of contracts in the real libwasmvm, below wasmd: raw bytes in, raw bytes or an error out. Reads a list of runs
// from standard input and writes what came of each call to standard output, both JSON.
//
// It needs wasmvm's internal package with its mocks, so it is built inside of a copy of that module (see record.ts).
package main

import (
	"encoding/hex"
	"encoding/json"
	"os"

	"github.com/CosmWasm/wasmvm/v3/internal/api"
	"github.com/CosmWasm/wasmvm/v3/types"
)

type step struct {
	Entry string   `json:"entry"`
	Args  []string `json:"args"`
	Gas   uint64   `json:"gas"`
}

type run struct {
	Code  string `json:"code"`
	Steps []step `json:"steps"`
}

type outcome struct {
	Result *string `json:"result,omitempty"`
	Error  string  `json:"error,omitempty"`
	Gas    uint64  `json:"gas"`
}

type report struct {
	Outcomes []outcome         `json:"outcomes"`
	Storage  map[string]string `json:"storage"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func main() {
	var runs []run
	if err := json.NewDecoder(os.Stdin).Decode(&runs); err != nil {
		panic(err)
	}
	dir := must(os.MkdirTemp("", "wasmvm"))
	defer os.RemoveAll(dir)
	capabilities := []string{"iterator", "staking", "stargate", "ibc2", "cosmwasm_1_1", "cosmwasm_1_2", "cosmwasm_1_3",
		"cosmwasm_1_4", "cosmwasm_2_0", "cosmwasm_2_1", "cosmwasm_2_2", "cosmwasm_3_0"}
	cache := must(api.InitCache(types.VMConfig{Cache: types.CacheOptions{
		BaseDir:                  dir,
		AvailableCapabilities:    capabilities,
		MemoryCacheSizeBytes:     types.NewSizeMebi(256),
		InstanceMemoryLimitBytes: types.NewSizeMebi(32),
	}}))
	reports := []report{}
	for _, one := range runs {
		reports = append(reports, play(cache, one))
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(reports); err != nil {
		panic(err)
	}
}

func play(cache api.Cache, one run) report {
	code := must(os.ReadFile(one.Code))
	checksum, err := api.StoreCode(cache, code, true)
	if err != nil {
		return report{Outcomes: []outcome{{Error: err.Error()}}}
	}
	meter := api.NewMockGasMeter(1 << 60)
	store := api.NewLookup(meter)
	coins := types.Array[types.Coin]{types.NewCoin(100, "ATOM")}
	result := report{Storage: map[string]string{}}
	for _, s := range one.Steps {
		querier := api.DefaultQuerier("contract", coins)
		result.Outcomes = append(result.Outcomes, call(cache, checksum, store, &querier, s))
	}
	iterator := store.Iterator(nil, nil)
	for ; iterator.Valid(); iterator.Next() {
		result.Storage[hex.EncodeToString(iterator.Key())] = hex.EncodeToString(iterator.Value())
	}
	return result
}

func call(cache api.Cache, checksum []byte, store *api.Lookup, querier *types.Querier, s step) outcome {
	args := [][]byte{}
	for _, arg := range s.Args {
		args = append(args, must(hex.DecodeString(arg)))
	}
	meter := api.NewMockGasMeter(1 << 60)
	var igm types.GasMeter = meter
	lookup := store.WithGasMeter(meter)
	mock := api.NewMockAPI()
	var bytes []byte
	var gas types.GasReport
	var err error
	switch s.Entry {
	case "instantiate":
		bytes, gas, err = api.Instantiate(cache, checksum, args[0], args[1], args[2], &igm, lookup, mock, querier, s.Gas, false)
	case "execute":
		bytes, gas, err = api.Execute(cache, checksum, args[0], args[1], args[2], &igm, lookup, mock, querier, s.Gas, false)
	case "query":
		bytes, gas, err = api.Query(cache, checksum, args[0], args[1], &igm, lookup, mock, querier, s.Gas, false)
	case "migrate":
		if len(args) == 3 {
			bytes, gas, err = api.MigrateWithInfo(cache, checksum, args[0], args[1], args[2], &igm, lookup, mock, querier, s.Gas, false)
		} else {
			bytes, gas, err = api.Migrate(cache, checksum, args[0], args[1], &igm, lookup, mock, querier, s.Gas, false)
		}
	case "sudo":
		bytes, gas, err = api.Sudo(cache, checksum, args[0], args[1], &igm, lookup, mock, querier, s.Gas, false)
	case "reply":
		bytes, gas, err = api.Reply(cache, checksum, args[0], args[1], &igm, lookup, mock, querier, s.Gas, false)
	default:
		panic("no such entry point: " + s.Entry)
	}
	if err != nil {
		return outcome{Error: err.Error(), Gas: gas.UsedInternally}
	}
	text := hex.EncodeToString(bytes)
	return outcome{Result: &text, Gas: gas.UsedInternally}
}
