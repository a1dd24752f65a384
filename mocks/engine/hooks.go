package engine

import "regexp"

// receiver is the address of an app that listens to webhooks.
var receiver = regexp.MustCompile(`^https?://[^\s@]+$`)

// ReceiverOption is the option that names a receiver of all webhooks, which no call has
// registered: what --webhook sets. A provider says by which name, how sure it is that there
// is such a setting, and where that is from.
func ReceiverOption(name, fidelity, source string) Option {
	return Option{
		Name: name, Type: Text, Fidelity: fidelity, Source: source,
		Shape: receiver, Form: "an http or https URL", Sample: "http://127.0.0.1:4000/hooks",
		Help: "a receiver of all webhooks that needs no registration: what --webhook sets; empty for none",
	}
}
