package connect

import (
	"cmp"
	"slices"
	"unicode/utf8"
)

// Role is what an input of a login form is to the bank.
type Role string

// Roles of fields. A form has one user name at most; its first secret is the password.
const (
	Other    Role = ""
	Username Role = "username"
	Secret   Role = "secret"
)

// Field is an input of a login form.
type Field struct {
	Name     string
	Role     Role
	Label    map[string]string // by language; empty: the skin's text for the name
	Type     string            // text, password, tel, email; default: password for a secret, else text
	Optional bool
	// MinLength and MaxLength are in characters; 0: no limit.
	MinLength, MaxLength int
	InputMode            string
	Autocomplete         string
	// Sample is a value that works. Drivers that know no other fill it in, but neither a
	// user name nor a secret.
	Sample string
}

// Form is the login form of an institution, or of one of its access methods.
//
// Values of a form travel by the names of its fields. Who knows only a user name and a
// password gives them by their roles, as "username" and "password" (see Login), which
// holds for every form, whatever it calls them.
type Form []Field

// UsualForm asks for a user name and a password. It is shared, and never changed.
func UsualForm() Form { return usualForm }

var usualForm = Form{{Name: "username", Role: Username}, {Name: "password", Role: Secret}}

// Names of values by role.
const (
	usernameKey = "username"
	passwordKey = "password"
)

// Login are the values of a user name and a password, by their roles.
func Login(username, password string) map[string]string {
	return map[string]string{usernameKey: username, passwordKey: password}
}

// first is the first field of a role.
func (f Form) first(r Role) (Field, bool) {
	at := slices.IndexFunc(f, func(field Field) bool { return field.Role == r })
	if at < 0 {
		return Field{}, false
	}
	return f[at], true
}

// Named finds a field by its name, or by a role: "username", "password".
func (f Form) Named(name string) (Field, bool) {
	if at := slices.IndexFunc(f, func(field Field) bool { return field.Name == name }); at >= 0 {
		return f[at], true
	}
	switch name {
	case usernameKey:
		return f.first(Username)
	case passwordKey:
		return f.first(Secret)
	}
	return Field{}, false
}

// nameOf is the name of the field that a name or a role means; one that means none stays.
func (f Form) nameOf(name string) string {
	if field, ok := f.Named(name); ok {
		return field.Name
	}
	return name
}

// Values are what was given for the fields of the form, by their names, and nothing else.
func (f Form) Values(given map[string]string) map[string]string {
	out := make(map[string]string, len(f))
	for name, value := range given {
		if field, ok := f.Named(name); ok && (field.Name == name && (value != "" || out[name] == "") || field.Name != name && given[field.Name] == "") {
			out[field.Name] = value
		}
	}
	return out
}

// Sampled are values with the samples of the fields that lack one.
func (f Form) Sampled(given map[string]string) map[string]string {
	out := f.Values(given)
	for _, field := range f {
		if field.Role == Other && !field.Optional {
			out[field.Name] = cmp.Or(out[field.Name], field.Sample)
		}
	}
	return out
}

// Unknown gives a name that is neither a field of the form nor a role in it.
func (f Form) Unknown(given map[string]string) (name string, found bool) {
	for name := range given {
		if _, ok := f.Named(name); !ok {
			return name, true
		}
	}
	return "", false
}

// Username is the user name in a set of values; empty where the form asks for none.
func (f Form) Username(values map[string]string) string { return f.of(Username, values) }

// Password is the first secret in a set of values; empty where the form asks for none.
func (f Form) Password(values map[string]string) string { return f.of(Secret, values) }

func (f Form) of(r Role, values map[string]string) string {
	field, ok := f.first(r)
	if !ok {
		return ""
	}
	return values[field.Name]
}

// WithUsername puts another user name into a set of values.
func (f Form) WithUsername(values map[string]string, name string) map[string]string {
	out := f.Values(values)
	if field, ok := f.first(Username); ok {
		out[field.Name] = name
	}
	return out
}

// open are the values that may be kept and shown again: no secret, and not the user name,
// which has a place of its own.
func (f Form) open(values map[string]string) map[string]string {
	var out map[string]string
	for _, field := range f {
		if v := values[field.Name]; v != "" && field.Role == Other {
			if out == nil {
				out = map[string]string{}
			}
			out[field.Name] = v
		}
	}
	return out
}

// missing are the fields that must be filled in and are not.
func (f Form) missing(values map[string]string) (empty []string) {
	for _, field := range f {
		if values[field.Name] == "" && !field.Optional {
			empty = append(empty, field.Name)
		}
	}
	return empty
}

// Why a value does not fit its field.
const (
	TooShort = "too_short"
	TooLong  = "too_long"
)

// misfit is the first field whose value is shorter or longer than the bank takes it.
func (f Form) misfit(values map[string]string) (name, reason string) {
	for _, field := range f {
		switch n := utf8.RuneCountInString(values[field.Name]); {
		case n == 0: // optional
		case n < field.MinLength:
			return field.Name, TooShort
		case field.MaxLength > 0 && n > field.MaxLength:
			return field.Name, TooLong
		}
	}
	return "", ""
}

// right says whether the values are those of the user: the password where the form asks
// for one, and whatever else the bank knows of the user.
func (f Form) right(values map[string]string, b Behaviour) bool {
	if field, ok := f.first(Secret); ok && values[field.Name] != b.Password {
		return false
	}
	for name, want := range b.Expected {
		field, ok := f.Named(name)
		switch given := values[field.Name]; {
		case !ok || field.Role == Username:
		case field.Role == Secret && given != want, field.Role == Other && Plain(given) != Plain(want):
			return false
		}
	}
	return true
}
