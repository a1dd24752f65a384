package connect

// DataMode is when the data of a connection comes.
type DataMode int

// When the data of a connection comes. The zero value brings it with the login.
const (
	AtLogin      DataMode = iota // with the login, which knows the accounts
	AtFirstCall                  // the first call for some fetches it; the login knows no accounts
	InBackground                 // a first import begins when the login has succeeded; it ends by itself and may fail
)

// DataState is how far the data of a connection has come.
type DataState string

// States of the data of a connection. What a later refresh does is in Refreshing and
// Failure: data that is there stays readable.
const (
	DataNone      DataState = ""          // nobody has asked for it yet
	DataImporting DataState = "importing" // the first import runs
	DataReady     DataState = "ready"
	DataFailed    DataState = "failed" // the first import brought nothing; a refresh may bring it yet
)
