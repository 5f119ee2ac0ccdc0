package lab

// swept are the ports that a sweep of all tiers tries; package scanner owns the
// list, and a test holds this one against it. Demo puts its hosts on them.
var swept = []uint16{
	4028, 80, 3333, 443, 4433, 8080, 6060, 4067, 4068, 18081, 18089, 8545,
	14444, 22333, 44444, 42000, 20000, 42010, 10555, 21550, 21555,
	9090, 3335, 3336, 60050, 60060, 60070, 65078, 4014, 5000, 1880, 4444, 5555, 50051,
	8332, 9332, 22555, 34254, 34255, 23334, 7152, 8117, 8008, 8888, 4000, 4029, 8359, 9588,
	37889, 37888, 16110, 17110, 18110, 8444, 8447, 8448, 8555, 8559, 8560,
	4048, 4011, 4069, 3434, 7111, 3456, 18000, 5777, 16666, 7777, 21496, 3334,
}

// guest are the ports to which an innocent service moves whose own port is not
// swept: those that hint at no question, so that it is asked as a stranger.
var guest = []uint16{8888, 3456, 4444, 7777, 16666, 18000, 3434, 7152}
