package mapper

import "regexp"

// wallet finds payment addresses, with the worker's name that pools let users
// write behind one. Base58 and bech32 leave out letters that look alike
// (BIP 173); a checksum is not asked for, since a mistyped address tells as
// much of its owner. A hash of 64 digits, as in eth_getWork, is no wallet.
var wallet = regexp.MustCompile(`(?:` +
	`\b0x[0-9a-fA-F]{40}` + // Ethereum and its kin
	`|\b(?i:bc|ltc|tb|dgb|vtc|btg|hs)1[02-9ac-hj-np-zAC-HJ-NP-Z]{38,59}` + // bech32: Bitcoin, Litecoin
	`|\b(?:kaspa|bitcoincash|ecash|karlsen|pyrin|spectre|nexa|cfx):[0-9a-z]{41,110}` +
	`|\b[13][1-9A-HJ-NP-Za-km-z]{25,34}` + // Bitcoin
	`|\b[LMDRXG][1-9A-HJ-NP-Za-km-z]{33}` + // Litecoin, Dogecoin, Ravencoin, Dash, Bitcoin Gold
	`|\b(?:t1|t3|zn)[1-9A-HJ-NP-Za-km-z]{33}` + // Zcash, Horizen
	`|\b[48][0-9A-HJ-NP-Za-km-z][1-9A-HJ-NP-Za-km-z]{93}(?:[1-9A-HJ-NP-Za-km-z]{11})?` + // Monero
	`|\b(?:aleo|grin|ckb|dero|erg|zs)1[02-9ac-hj-np-z]{38,97}` +
	`|\b9[1-9A-HJ-NP-Za-km-z]{50}` + // Ergo
	`|\bZEPH[A-Za-z0-9]{90,110}` +
	`|\bNQ[0-9]{2}(?:[0-9A-HJ-NP-VXY]{4}){8}` + // Nimiq
	`)\b(?:[./+][A-Za-z0-9_-]{1,64}){0,3}`)
