package mapper

import (
	"fmt"
	"strings"

	"minesweep"
	"minesweep/devices"
	"minesweep/pools"
)

// fillCoin names the pool's operator and the coin: what the device itself
// says, else what its wallet is for, else what its pool mines. Where a form of
// wallet serves several coins, the pool and the algorithm choose among them.
func (m *Mapper) fillCoin(h *minesweep.Host) {
	h.Algorithm = devices.Algorithm(h.Algorithm)
	pool := m.pools.Lookup(h.Pool)
	h.PoolOperator = pool.Operator
	said := pools.Ticker(h.Coin)
	if strings.EqualFold(said, h.Coin) {
		h.Coin = said // a name in full stays as the device wrote it
	}
	wallet, isWallet := walletOf(h.Worker)
	if pool.PaysAny {
		isWallet = false // it pays in another coin than it mines
	}
	if isWallet && pool.Coin != "" && !wallet.Uses(pool.Coin) && !merged(wallet, pool.Coin) {
		addDoubt(h, fmt.Sprintf("the wallet is one of %s, the pool mines %s", strings.Join(wallet.Coins, ", "), pool.Coin))
	}
	switch {
	case h.Coin != "":
		if pool.Coin != "" && pool.Coin != said && pools.IsTicker(said) && !mergedCoins(said, pool.Coin) {
			addDoubt(h, fmt.Sprintf("the device says coin %s, its pool mines %s", shorten(h.Coin, 20), pool.Coin))
		}
	case isWallet:
		h.Coin = coinOf(wallet, pool.Coin, h.Algorithm)
	default:
		h.Coin = pool.Coin
	}
}

// coinOf chooses among the coins that a form of wallet serves.
func coinOf(k pools.Kind, poolCoin, algorithm string) string {
	fits := func(coin string) bool { return pools.MinedBy(coin, algorithm) }
	switch {
	case poolCoin != "" && (k.Uses(poolCoin) || merged(k, poolCoin)):
		return poolCoin
	case k.Usual != "" && fits(k.Usual):
		return k.Usual
	}
	only := ""
	for _, coin := range k.Coins {
		if algorithm == "" || !fits(coin) {
			continue
		}
		if only != "" {
			return poolCoin
		}
		only = coin
	}
	if only == "" {
		return poolCoin
	}
	return only
}

// merged reports whether a wallet of this form is paid along with the coin.
func merged(k pools.Kind, coin string) bool {
	return coin == "LTC" && k.Uses("DOGE") || coin == "DOGE" && k.Uses("LTC")
}

// mergedCoins: Dogecoin is mined along with Litecoin.
func mergedCoins(a, b string) bool { return a == "LTC" && b == "DOGE" || a == "DOGE" && b == "LTC" }

// walletOf reads the form of a wallet out of a worker's name or its token.
func walletOf(worker string) (pools.Kind, bool) {
	if name, _, ok := strings.Cut(worker, ":#"); ok && isToken.MatchString(worker) {
		return pools.KindNamed(name)
	}
	return pools.WalletKind(worker)
}
