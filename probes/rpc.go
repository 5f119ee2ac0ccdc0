package probes

// rpcProbes are JSON-RPC reads of nodes. The ports are the programs' own
// defaults: bitcoind 8332 (test networks 18332, 18443), btcd 8334 (18334,
// 18556), litecoind 9332 (19332, 19443), dogecoind 22555, dash 9998, zcash
// 8232, ravencoin 8766, hsd 12037 (14037); geth and its kin 8545; lotus-miner 2345.
var rpcProbes = []Probe{
	{Name: "rpc/getmininginfo", Request: rpcGetmininginfo, Ports: []uint16{
		8232, 8332, 8334, 8766, 9332, 9998, 12037, 14037, 18332, 18334, 18443, 18556, 19332, 19443, 22555,
	}},
	{Name: "rpc/getblockchaininfo", Request: rpcGetblockchaininfo},
	{Name: "rpc/web3_clientVersion", Request: rpcWeb3ClientVersion, Ports: []uint16{8545, 8546, 8547}},
	{Name: "rpc/eth_mining", Request: rpcEthMining},
	{Name: "rpc/eth_hashrate", Request: rpcEthHashrate},
	{Name: "rpc/eth_getWork", Request: rpcEthGetWork},
	{Name: "rpc/get_info", Request: rpcMoneroGetInfo},
	{Name: "rpc/get_version", Request: rpcMoneroGetVersion},
	{Name: "rpc/Filecoin.Version", Request: rpcFilecoinVersion, Ports: []uint16{2345}},
}
