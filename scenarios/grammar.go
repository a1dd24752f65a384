package scenarios

import (
	"slices"
	"strings"
)

// section describes one kind of block. Growing the language starts here: a key moves
// from coming to keys, and the function that reads the section reads it.
type section struct {
	keys     []string
	required []string
	coming   []coming
}

// coming are keys of the language that this version refuses, and what will bring them.
type coming struct {
	keys []string
	with string
}

var grammar = map[string]section{
	"scenario": {
		keys: words("scenario title about use override everywhere pages providers seed clock history persona login tokens " +
			"institutions options records data timeline rules expect"),
		required: words("scenario"),
		coming:   []coming{{words("params matrix"), "scenarios with parameters"}},
	},
	"login":       {keys: words("credentials mfa approval accounts consent ready")},
	"mfa":         {keys: words("kind expires resend attempts approve prompt answers methods option"), required: words("kind")},
	"resend":      {keys: words("max after")},
	"consent":     {keys: words("ends")},
	"token":       {keys: words("ttl idle absolute uses rotate reuse grace length")},
	"institution": {keys: words("id name status"), required: words("id")},
	"entry":       {keys: words("after do"), required: words("after do")},
	"do":          {keys: words("connection data")},
	"rule":        {keys: words("on where then"), required: words("on then")},
	"where": {
		keys: words("call every provider institution account persona step connection_age page event header chance"),
	},
	"then": {
		keys: words("problem retry_after message latency status body contract timeout malformed"),
		coming: []coming{
			{words("reset truncate empty drip drop content_type slow_body"), "faults on the wire"},
			{words("delay duplicate reorder hold signature before_response"), "effects on deliveries"},
			{words("late twice missing foreign_origin"), "effects on the widget's messages"},
		},
	},
	"persona":       {keys: words("use login identity income accounts"), required: words("use")},
	"persona file":  {keys: words("persona title use login identity income accounts"), required: words("persona use")},
	"persona login": {keys: words("username password fields"), required: words("username password")},
	"identity":      {keys: words("name national_id born email phone address")},
	"address":       {keys: words("street zip city")},
	"income":        {keys: words("kind name from net gross pay raise"), required: words("kind net")},
	"account":       {keys: words("type currency opening limit number spend bills statement transactions file count between")},
	"number":        {keys: words("account bank transit"), required: words("account")},
	"spend":         {keys: words("budget mix")},
	"bill":          {keys: words("id to amount pay vary"), required: words("to amount pay")},
	"statement":     {keys: words("closes due from")},
	"row": {
		keys:     words("date amount description kind category party code id pending_from"),
		required: words("date amount description"),
	},

	"data change": {keys: append(words("visible_from visible_until displayed"), verbsOfData...)},
	"insert": {
		keys:     words("account date amount description kind category party code id pending_from"),
		required: words("amount description"),
	},
	"remove":         {keys: words("account match"), required: words("match")},
	"move":           {keys: words("account match to"), required: words("match to")},
	"duplicate":      {keys: words("account match to"), required: words("match")},
	"change":         {keys: words("account match set"), required: words("match set")},
	"balance":        {keys: words("account off_by on"), required: words("off_by")},
	"account change": {keys: words("account on"), required: words("account")},
	"match":          {keys: words("id category kind month which")},
	"set":            {keys: words("amount description kind category party code")},

	"latency": {keys: words("p50 p99"), required: words("p50 p99")},
	"step": {
		keys: words("connect sees call fails status times retry_after items has takes connection webhooks advance rules"),
	},
	"connect": {keys: words("institution method username password fields mfa accounts")},
}

func words(s string) []string { return strings.Fields(s) }

// comes says what will bring a key that the section refuses; empty for any other key.
func (s section) comes(key string) string {
	for _, c := range s.coming {
		if slices.Contains(c.keys, key) {
			return c.with
		}
	}
	return ""
}

// names are all keys that a misspelt one may mean.
func (s section) names() []string {
	names := slices.Clone(s.keys)
	for _, c := range s.coming {
		names = append(names, c.keys...)
	}
	return names
}
