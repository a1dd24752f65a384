package connect

import (
	"fmt"
	"slices"
	"strings"
)

// Stage is one step of a flow, and where it is put to the user.
type Stage struct {
	Step       Step
	OnBankPage bool // on the bank's own page instead of the widget
}

// On is a step in the widget.
func On(s Step) Stage { return Stage{Step: s} }

// AtBank is a step on the bank's own page.
func AtBank(s Step) Stage { return Stage{Step: s, OnBankPage: true} }

// atBank marks a stage on the bank's page where flows are written as texts.
const atBank = "@bank"

// MarshalText writes a stage as one word: credentials, or credentials@bank.
func (s Stage) MarshalText() ([]byte, error) {
	if s.OnBankPage {
		return []byte(string(s.Step) + atBank), nil
	}
	return []byte(s.Step), nil
}

// UnmarshalText reads what MarshalText wrote.
func (s *Stage) UnmarshalText(text []byte) error {
	step, found := strings.CutSuffix(string(text), atBank)
	*s = Stage{Step: Step(step), OnBankPage: found}
	return nil
}

// Flow is the order in which a session puts its steps to the user; success stands behind
// the last one. A step for which there is nothing to do is passed: the choice of a bank
// that is given already, of the only access method, the second factor of a bank that asks
// for none, the wait for data that is ready.
type Flow []Stage

// InWidget makes a flow of steps that are all in the widget.
func InWidget(steps ...Step) Flow {
	f := make(Flow, len(steps))
	for i, s := range steps {
		f[i] = On(s)
	}
	return f
}

// Index is where a step stands in the flow, -1 where it does not.
func (f Flow) Index(step Step) int {
	return slices.IndexFunc(f, func(s Stage) bool { return s.Step == step })
}

// Has says whether a step is part of the flow.
func (f Flow) Has(step Step) bool { return f.Index(step) >= 0 }

// OnBankPage says whether a step is put to the user on the bank's own page.
func (f Flow) OnBankPage(step Step) bool {
	at := f.Index(step)
	return at >= 0 && f[at].OnBankPage
}

// Check says what is wrong with a flow: a step that does not exist or stands there twice,
// one that no bank page has, an approval in the widget, or accounts before the login.
func (f Flow) Check() error {
	for i, stage := range f {
		switch {
		case !slices.Contains(Steps(), stage.Step):
			return fmt.Errorf("%q is no step: use one of %v", stage.Step, Steps())
		case f.Index(stage.Step) != i:
			return fmt.Errorf("%s stands there twice: a flow has each step once", stage.Step)
		case stage.Step == Approving && !stage.OnBankPage:
			return fmt.Errorf("%s is a question of the bank: put it on the bank's page (AtBank)", stage.Step)
		case stage.OnBankPage && !slices.Contains(bankSteps, stage.Step):
			return fmt.Errorf("%s cannot be put on the bank's page: %v can", stage.Step, bankSteps)
		}
	}
	if at := f.Index(Accounts); at >= 0 && f.Index(Credentials) > at {
		return fmt.Errorf("%s stands before %s: whose accounts they are is known after the login", Accounts, Credentials)
	}
	return nil
}

// bankSteps are those that the bank's own page can show.
var bankSteps = []Step{Credentials, Challenging, Approving, Accounts}

// Method is a way into an institution, of those that it has.
type Method struct {
	ID   string
	Flow Flow // replaces what follows the choice; nil: what follows stays
}

// take chooses a way into the institution. The steps up to the choice stay, and are not
// done again; the method's flow gives those behind it.
func (s *Session) take(m Method) {
	s.Method = m.ID
	if m.Flow == nil {
		return
	}
	s.Usual = s.usual()
	at := s.Usual.Index(AccessMethod)
	if at < 0 {
		at = s.Usual.Index(Institution)
	}
	if at < 0 && len(s.Usual) > 0 && s.Usual[0].Step == Consent {
		at = 0
	}
	s.Flow = slices.Clone(s.Usual[:at+1])
	for _, stage := range m.Flow[m.Flow.Index(AccessMethod)+1:] {
		if !s.Flow.Has(stage.Step) {
			s.Flow = append(s.Flow, stage)
		}
	}
}

// Through is a session whose way into its institution is chosen.
func (s Session) Through(m Method) Session {
	s = s.Clone()
	s.untake()
	s.take(m)
	return s
}

// usual is the flow before an access method was chosen.
func (s *Session) usual() Flow {
	if s.Usual != nil {
		return s.Usual
	}
	return s.Flow
}

// untake forgets the access method.
func (s *Session) untake() { s.Method, s.Flow, s.Usual = "", s.usual(), nil }

// OnBankPage says whether the session is with the user on the bank's own page.
func (s Session) OnBankPage() bool { return s.Flow.OnBankPage(s.Step) }

// Back is the step to which the user can go back; empty where there is none.
func (s Session) Back(b Behaviour) Step {
	if s.Purpose == Assist || s.Step != AccessMethod && s.Step != Credentials && s.Step != Challenging {
		return ""
	}
	for i := s.Flow.Index(s.Step) - 1; i >= 0; i-- {
		switch step := s.Flow[i].Step; {
		case step == Credentials,
			step == AccessMethod && len(b.Methods) > 1,
			step == Institution && !s.Preselected:
			return step
		}
	}
	return ""
}
