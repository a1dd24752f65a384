package connect

// Transport is how the page of a session tells the app around it what happens and how it
// ended.
type Transport string

// The transports.
const (
	ByRedirect Transport = "redirect" // the browser goes to the address of the hand-back
	ByMessage  Transport = "message"  // the window around the page, or the one that opened it, gets messages; nobody is sent anywhere
	ByBoth     Transport = "both"     // messages, and at the end the redirect
)

// Transports lists all.
func Transports() []Transport { return []Transport{ByRedirect, ByMessage, ByBoth} }

// Posts says whether messages are posted.
func (t Transport) Posts() bool { return t == ByMessage || t == ByBoth }

// Redirects says whether addresses are followed.
func (t Transport) Redirects() bool { return t != ByMessage }

// Hosting is how an app holds the page of a session, as the address says that opened it.
type Hosting struct {
	Transport Transport `json:"transport,omitempty"` // empty: the provider's default for where the page stands
	Target    string    `json:"target,omitempty"`    // the origin that may hear messages, "*" for any
	Text      bool      `json:"text,omitempty"`      // a message is posted as a JSON text, not as an object
	WebView   bool      `json:"web_view,omitempty"`  // the host of a React Native web view gets each message, too, as a JSON text
	Bank      Window    `json:"bank,omitempty"`      // where the bank's own page opens; empty: in a window of its own where the page is framed, else in the same one
	Top       bool      `json:"top,omitempty"`       // the redirect takes the whole window along, not only the frame
}

// Window is where a bank's own page opens.
type Window string

// Windows of a bank's page.
const (
	SameWindow Window = "same"
	PopUp      Window = "popup"
)
