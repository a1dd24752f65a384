package flinks

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"strings"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
)

// securityChallenge is the documented object.
type securityChallenge struct {
	Type      string   `json:"Type"`
	Prompt    string   `json:"Prompt"`
	Iterables []string `json:"Iterables,omitempty"`
}

// question is one published prompt and its answer.
type question struct{ en, fr, answer string }

// questions by the country that the caller connects from. The English ones and their
// answers are documented; the French words and all arithmetic but the first are invented.
var questions = map[string][]question{
	"CA": {
		{"What city were you born in?", "Dans quelle ville êtes-vous né?", "Montreal"},
		{"What is the best country on earth?", "Quel est le meilleur pays du monde?", "Canada"},
		{"What shape do people like most?", "Quelle forme les gens préfèrent-ils?", "Triangle"},
	},
	"US": {
		{"How much is 2 + 2?", "Quel est le résultat de 2 + 2?", "4"},
		{"How much is 3 + 5?", "Quel est le résultat de 3 + 5?", "8"},
		{"How much is 7 + 2?", "Quel est le résultat de 7 + 2?", "9"},
	},
}

// in is the prompt in a language.
func (q question) in(lang string) string {
	if lang == "fr" {
		return q.fr
	}
	return q.en
}

// types are Flinks' words for the kinds of challenges. A code is a question to it.
var types = map[connect.Kind]string{
	connect.Choice: "MultipleChoice", connect.MultiChoice: "MultipleChoiceMultipleAnswers",
	connect.Image: "ImageSelection", connect.MethodSelection: "TextOrCall",
}

const questionType = "QuestionAndAnswer"

// What the user says of a message in the bank's app: that it is approved, or wants to be
// sent again (inferred: no body is published).
var pushed = []string{"I have approved it", "Send it again"}

// inFrench is what can be chosen, where the prompt is in French (invented).
var inFrench = map[connect.Kind]struct {
	options []string
	answers [][]string
}{
	connect.Choice:      {[]string{"Bord-du-Lac", "Vieux-Moulin", "Vieux-Port"}, [][]string{{"Vieux-Moulin"}}},
	connect.MultiChoice: {[]string{"rouge", "vert", "bleu", "ambre"}, [][]string{{"vert", "bleu"}}},
	connect.Push:        {[]string{"Je l'ai approuvée", "Envoyez-la de nouveau"}, nil},
}

// challengesOf is what a session asks now. Several fields of one challenge, such as the
// cells of a card, are several questions.
func challengesOf(ch connect.Challenge) []securityChallenge {
	c := securityChallenge{Type: questionType, Prompt: ch.Prompt, Iterables: ch.Options}
	if t := types[ch.Kind]; t != "" {
		c.Type = t
	}
	if len(ch.Cells) == 0 {
		return []securityChallenge{c}
	}
	out := make([]securityChallenge, len(ch.Cells))
	for i, cell := range ch.Cells {
		out[i] = securityChallenge{Type: questionType, Prompt: ch.Prompt + ": " + cell}
	}
	return out
}

// AdaptChallenge puts a challenge as the options say: which question, and how many tries.
func (Provider) AdaptChallenge(s connect.Session, c connect.Challenge, option func(string) string) connect.Challenge {
	if option(optWrongMFA) == "terminal" && s.Params[paramHosted] == "" { // a page asks again (documented: handled errors)
		// but a scenario with several attempts wants them made
		c.MaxTries = max(1, len(c.Attempts))
	}
	if c.Kind == connect.Question {
		q := chosen(s, option)
		c.Prompt, c.Answers = q.in(s.Lang), [][]string{{q.answer}}
	}
	if f, ok := inFrench[c.Kind]; ok && s.Lang == "fr" {
		c.Options, c.Answers = f.options, f.answers
	}
	return c
}

// chosen is the question that a session meets: the next one at each challenge.
func chosen(s connect.Session, option func(string) string) question {
	set := questions[option(optCountry)]
	first := 0
	if option(optQuestion) == "random" {
		first = int(number(s.ID) % uint64(len(set)))
	}
	return set[(first+s.Challenge)%len(set)]
}

// tries is how many answers a session takes where a wrong one does not end it (invented).
const tries = 3

// challenges are the defaults of each kind. The published answers hold for all of them.
func challenges() map[connect.Kind]engine.ChallengeDefault {
	ask := func(en, fr string, options []string, answers ...[]string) engine.ChallengeDefault {
		return engine.ChallengeDefault{
			Prompt: map[string]string{"en": en, "fr": fr}, Options: options, Answers: answers, MaxTries: tries,
		}
	}
	sent := func(en, fr string) engine.ChallengeDefault {
		d := ask(en, fr, nil, []string{"0000"})
		d.Expires, d.ResendMax, d.ResendAfter = 5*time.Minute, 3, 30*time.Second
		return d
	}
	card := ask("Card •••• 4217", "Carte •••• 4217", nil, []string{"00", "11", "22"})
	card.Cells = []string{"A1", "C4", "E7"}
	selection := ask("How should the code reach you?", "Comment voulez-vous recevoir le code?", nil)
	selection.Methods = []connect.Kind{connect.OTPSMS, connect.OTPCall}
	called := func(d engine.ChallengeDefault, en, fr string) engine.ChallengeDefault {
		d.Label = map[string]string{"en": en, "fr": fr}
		return d
	}
	first := questions["CA"][0]
	return map[connect.Kind]engine.ChallengeDefault{
		connect.Question: ask(first.en, first.fr, nil, []string{first.answer}),
		connect.Choice: ask("Which of these is your branch?", "Laquelle de ces succursales est la vôtre?",
			[]string{"Lakeside", "Old Mill", "Harbour"}, []string{"Old Mill"}),
		connect.MultiChoice: ask("Which of these colours did you pick?", "Quelles couleurs avez-vous choisies?",
			[]string{"red", "green", "blue", "amber"}, []string{"green", "blue"}),
		connect.Image:  ask("Which picture is yours?", "Quelle image est la vôtre?", pictures, []string{pictures[2]}),
		connect.OTPSMS: called(sent("Enter the code that was sent to •••• 34", "Entrez le code envoyé au •••• 34"), "Text message to •••• 34", "Message texte au •••• 34"),
		connect.OTPEmail: sent("Enter the code that was sent to j•••@example.test",
			"Entrez le code envoyé à j•••@example.test"),
		connect.OTPCall:         called(sent("Enter the code that you are told by phone", "Entrez le code qui vous est dicté au téléphone"), "Call to •••• 34", "Appel au •••• 34"),
		connect.HardwareToken:   ask("Enter the code of your token •••• 08", "Entrez le code de votre jeton •••• 08", nil, []string{"000000"}),
		connect.CoordinateCard:  card,
		connect.MethodSelection: selection,
		connect.Push:            ask("Approve the sign-in in your bank's app", "Approuvez la connexion dans l'application de votre banque", pushed),
	}
}

// pictures are four plain tiles, base64 JPEGs as the answers want them.
var pictures = func() (out []string) {
	for _, c := range []color.RGBA{{R: 200, A: 255}, {G: 160, A: 255}, {B: 200, A: 255}, {R: 200, G: 160, A: 255}} {
		tile := image.NewRGBA(image.Rect(0, 0, 16, 16))
		for i := range 16 * 16 {
			tile.SetRGBA(i%16, i/16, c)
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, tile, nil); err != nil {
			panic("flinks: a picture cannot be encoded: " + err.Error())
		}
		out = append(out, base64.StdEncoding.EncodeToString(b.Bytes()))
	}
	return out
}()

// answersTo takes from the responses what a challenge asks, one value for each field.
// The code says what is wrong with them, empty when nothing is: a prompt without an
// answer, or a key that is no prompt. More answers than were asked for are fine.
func answersTo(asked []securityChallenge, given map[string]words, letters bool) (answers []string, code string) {
	missing := false
	used := 0
	for _, ch := range asked {
		values, ok := given[ch.Prompt]
		for key := range given {
			if !ok && letters && lettersOf(key) == lettersOf(ch.Prompt) {
				values, ok = given[key], true
			}
		}
		if ok {
			used++
		}
		if len(values) == 0 {
			missing = true
			continue
		}
		answers = append(answers, values...)
	}
	switch {
	case missing && used < len(given):
		return nil, unknownKey
	case missing:
		return nil, incomplete
	}
	return answers, ""
}

// lettersOf is what is left of a prompt that a client has recased.
func lettersOf(s string) string {
	keep := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > '~' {
			return r
		}
		return -1
	}
	return strings.Map(keep, strings.ToLower(s))
}

// AnswerCall is the Authorize that goes on with a session. Of a message in the bank's app it
// says that it was approved, whether or not it was, and hears which.
func (Provider) AnswerCall(s connect.Session, c connect.Challenge, given []string) (operationID string, body any) {
	call := map[string]any{"RequestId": s.ID}
	if c.Kind.Decoupled() {
		given = c.Options[:1]
	}
	if len(given) == 0 {
		return "authorize", call
	}
	responses := map[string][]string{}
	asked := challengesOf(c)
	for i, one := range asked {
		if responses[one.Prompt] = given; len(asked) > 1 {
			responses[one.Prompt] = given[min(i, len(given)-1):][:1]
		}
	}
	call["SecurityResponses"] = responses
	return "authorize", call
}

// inputFor is the driver's answer to a challenge. A message in the app is approved
// elsewhere; saying so only asks whether it was.
func inputFor(ch connect.Challenge, answers []string) (a connect.Answers, again bool) {
	if !ch.Kind.Decoupled() {
		return connect.Answers{Challenges: [][]string{answers}}, false
	}
	return connect.Answers{}, slices.Contains(answers, ch.Options[1])
}
