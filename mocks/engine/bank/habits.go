package bank

// habit is a way of spending or earning in small sums that every country knows.
// Its price is the country's.
type habit struct {
	name    string
	kind    Kind
	pool    string // "contacts": the holder's own circle
	sigma   int64  // of the logarithm, per cent
	credit  bool
	shop    bool   // behind a door that is shut on feasts
	week    *week  // of authorisation; nil: the everyday
	night   bool   // late in the evening
	abroad  string // foreign currency that the price is in
	blocked bool   // authorised with a round sum before the price is known
}

// week weighs the days from Sunday on.
type week [7]int64

var (
	everyday  = week{70, 85, 85, 92, 108, 140, 120}
	shopping  = week{40, 85, 80, 95, 105, 145, 190}
	eatingOut = week{110, 55, 60, 75, 95, 170, 175}
	commuting = week{45, 115, 115, 115, 115, 120, 60}
	office    = week{10, 110, 115, 115, 115, 115, 60}
	weekend   = week{150, 50, 55, 60, 80, 160, 190}
	sofa      = week{130, 120, 95, 90, 90, 85, 90}
)

var habits = []habit{
	{name: "groceries", kind: KindCard, pool: "groceries", sigma: 75, shop: true, week: &shopping},
	{name: "bakery", kind: KindCard, pool: "groceries", sigma: 45, week: &everyday},
	{name: "restaurants", kind: KindCard, pool: "restaurants", sigma: 55, week: &eatingOut},
	{name: "transport", kind: KindCard, pool: "transport", sigma: 40, week: &commuting},
	{name: "fuel", kind: KindCard, pool: "fuel", sigma: 30, blocked: true},
	{name: "pharmacy", kind: KindCard, pool: "pharmacy", sigma: 75, shop: true, week: &office},
	{name: "online", kind: KindCard, pool: "online", sigma: 85, week: &sofa},
	{name: "clothing", kind: KindCard, pool: "clothing", sigma: 70, shop: true, week: &shopping},
	{name: "gambling", kind: KindCard, pool: "gambling", sigma: 90, week: &weekend, night: true},
	{name: "winnings", kind: KindTransferIn, pool: "gambling", sigma: 80, credit: true, week: &weekend},
	{name: "abroad", kind: KindCard, pool: "abroad", sigma: 70, week: &sofa, abroad: "USD"},
	{name: "refund", kind: KindRefund, pool: "online", sigma: 50, credit: true},
	{name: "atm", kind: KindATM, pool: "cities", sigma: 50, week: &eatingOut},
	{name: "deposit", kind: KindATM, pool: "cities", sigma: 40, credit: true, week: &office},
	{name: "sent", kind: KindTransferOut, pool: "contacts", sigma: 80},
	{name: "received", kind: KindTransferIn, pool: "contacts", sigma: 70, credit: true},
	{name: "invoice", kind: KindTransferIn, pool: "clients", sigma: 70, credit: true},
	{name: "shift", kind: KindSalary, pool: "small employers", sigma: 35, credit: true},
	{name: "settlement", kind: KindSettlement, pool: "acquirers", sigma: 60, credit: true},
	{name: "supplier", kind: KindTransferOut, pool: "suppliers", sigma: 80},
	{name: "client", kind: KindTransferIn, pool: "clients", sigma: 80, credit: true},
	{name: "check out", kind: KindCheck, sigma: 70},
	{name: "foreign client", kind: KindTransferIn, pool: "foreign", sigma: 60, credit: true},
	{name: "foreign supplier", kind: KindTransferOut, pool: "foreign", sigma: 60},
}

// price is what a habit costs in a country: the median, in steps, less below (an
// ending such as 990 or .99), authorised as hold where that is another sum.
type price struct{ median, step, below, hold int64 }
