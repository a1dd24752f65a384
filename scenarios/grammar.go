package scenarios

import "strings"

// section describes one kind of block. Growing the language starts here: a key moves
// from coming to keys, and the function that reads the section reads it.
type section struct {
	keys     []string
	required []string
	coming   []string // keys of the language that this version does not know yet
}

var grammar = map[string]section{
	"scenario": {
		keys:     words("scenario title about providers seed clock history login tokens institutions options rules"),
		required: words("scenario"),
		coming:   words("use persona timeline expect data params matrix override"),
	},
	"login":       {keys: words("credentials mfa accounts consent ready")},
	"mfa":         {keys: words("kind expires resend attempts approve prompt answers"), required: words("kind")},
	"resend":      {keys: words("max after")},
	"consent":     {keys: words("ends")},
	"token":       {keys: words("ttl idle absolute uses rotate reuse grace")},
	"institution": {keys: words("id name status"), required: words("id")},
	"rule":        {keys: words("on where then"), required: words("on then")},
	"where": {
		keys:   words("call every provider institution account persona"),
		coming: words("step connection_age page event header chance"),
	},
	"then": {
		keys: words("problem retry_after message latency"),
		coming: words("status body contract reset timeout truncate malformed empty drip drop content_type slow_body " +
			"delay duplicate reorder hold signature before_response late twice missing foreign_origin"),
	},
}

func words(s string) []string { return strings.Fields(s) }
