package finx

import (
	"bytes"
	"encoding/base64"
	"hash/fnv"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"slices"
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// challenge is what a bank asks during a sync. Which fields there are depends on the type.
type challenge struct {
	ID      string `json:"id"`
	Created string `json:"created_at"`
	Type    string `json:"type"`

	Methods []authMethod `json:"auth_methods,omitempty"` // of METHOD_SELECTION

	Format      string             `json:"format,omitempty"` // of EMBEDDED, like the rest
	Version     string             `json:"version,omitempty"`
	Data        string             `json:"data,omitempty"`
	Additional  *map[string]string `json:"additional_info,omitempty"`
	Label       string             `json:"label,omitempty"`
	InputFormat string             `json:"input_format,omitempty"`
	Least       int                `json:"min_length,omitempty"`
	Longest     int                `json:"max_length,omitempty"`

	Location string `json:"location,omitempty"` // of REDIRECT
	Message  string `json:"message,omitempty"`  // of DECOUPLED
}

// authMethod is one way to confirm.
type authMethod struct {
	ID         string            `json:"id"`
	Type       string            `json:"type"`
	Name       string            `json:"name"`
	Medium     string            `json:"medium_name"`
	Additional map[string]string `json:"additional_info"`
}

// methodTypes are the words for ways to confirm; all but the first are inferred.
var methodTypes = map[connect.Kind]string{
	connect.OTPSMS: "SMS_OTP", connect.PhotoTAN: "PHOTO_OTP", connect.ChipTAN: "CHIP_OTP", connect.QR: "PHOTO_OTP",
	connect.Push: "PUSH_OTP", connect.Redirect: "REDIRECT",
}

// challengeOf is what a sync asks now; nil where it asks nothing.
func challengeOf(c *engine.Call, tx engine.Tx, s connect.Session) (*challenge, error) {
	if newSync(c, s).Status != awaiting {
		return nil, nil
	}
	n := number(s.ID + "/challenge/" + strconv.Itoa(s.Challenge))
	out := &challenge{ID: "L" + strconv.FormatUint(n%1_000_000_000, 10) + "." + strconv.Itoa(s.Challenge+1), Created: instant(s.SentAt)}
	if s.SentAt.IsZero() {
		out.Created = instant(s.StartedAt)
	}
	if s.Step != connect.Challenging {
		out.Type, out.Location = "REDIRECT", pageOf(c, s)
		return out, nil
	}
	b, err := tx.Behaviour(s)
	if err != nil {
		return nil, err
	}
	asked := b.For(s).Challenges
	if s.Challenge >= len(asked) {
		return nil, nil
	}
	switch ch := asked[s.Challenge]; {
	case ch.Kind == connect.MethodSelection:
		out.Type = "METHOD_SELECTION"
		for i, next := range ch.Follow {
			out.Methods = append(out.Methods, authMethod{
				ID: methodID(s, i), Type: methodTypes[next.Kind], Name: ch.Options[i], Medium: next.Prompt, Additional: map[string]string{},
			})
		}
	case s.OnBankPage(), ch.Kind == connect.Redirect:
		out.Type, out.Location = "REDIRECT", pageOf(c, s)
	case ch.Kind.Decoupled():
		out.Type, out.Message = "DECOUPLED", ch.Prompt
	default:
		out.Type, out.Format, out.Version, out.Label, out.InputFormat, out.Least, out.Longest = "EMBEDDED", "TEXT", "1", "TAN", "characters", 1, 12
		out.Data, out.Additional = ch.Prompt, &map[string]string{}
		switch ch.Kind {
		case connect.PhotoTAN:
			out.Format, out.Data = "PHOTO", picture(connect.Code(s))
		case connect.ChipTAN:
			out.Data = ch.Prompt + ": " + connect.Code(s)
		}
	}
	return out, nil
}

// methodID names an option of a method selection.
func methodID(s connect.Session, option int) string {
	return "M" + strconv.FormatUint(number(s.ID+"/method/"+strconv.Itoa(s.Challenge))%1_000_000_000, 10) + "." + strconv.Itoa(option+1)
}

// pageOf is the address at which the user goes on with a sync.
func pageOf(c *engine.Call, s connect.Session) string { return c.PublicURL() + "/w/" + s.Handle }

// picture is a photoTAN: coloured squares, other ones for each code, as a PNG in base64. It
// does not scan.
func picture(code string) string {
	const fields, size = 12, 12
	colours := color.Palette{color.White, color.RGBA{R: 220, A: 255}, color.RGBA{G: 150, A: 255}, color.RGBA{B: 200, A: 255}}
	img := image.NewPaletted(image.Rect(0, 0, (fields+2)*size, (fields+2)*size), colours)
	for f := range fields * fields {
		h := fnv.New32a()
		h.Write([]byte(code + "/" + strconv.Itoa(f)))
		for p := range size * size {
			img.SetColorIndex((f%fields+1)*size+p%size, (f/fields+1)*size+p/size, uint8(h.Sum32()>>16%4))
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		return "" // nothing is written to but memory
	}
	return base64.StdEncoding.EncodeToString(out.Bytes())
}

// challengesOf are those of the sync of the path: one, or none. Only asking for the sync is the
// look that may find it done.
func challengesOf(c *engine.Call) (out []*challenge, err error) {
	of, err := accessOf(c)
	if err != nil {
		return nil, err
	}
	out = []*challenge{}
	err = c.Do(func(tx engine.Tx) error {
		s, err := syncOf(c, tx, of.id())
		if err != nil {
			return err
		}
		ch, err := challengeOf(c, tx, s)
		if out = out[:0]; ch != nil {
			out = append(out, ch)
		}
		return err
	})
	return out, err
}

// listChallenges answers a bare array, as most clients want it.
func listChallenges(c *engine.Call) (engine.Reply, error) {
	all, err := challengesOf(c)
	return engine.JSON(http.StatusOK, all), err
}

func getChallenge(c *engine.Call) (engine.Reply, error) {
	all, err := challengesOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	for _, ch := range all {
		if ch.ID == c.Path("challenge_id") {
			return engine.JSON(http.StatusOK, ch), nil
		}
	}
	return engine.Reply{}, problem.Absent("challenge", c.Path("challenge_id"))
}

// answerBody is the answer to a challenge: a method, or a TAN. That a client may encrypt it is
// documented, by which key is not.
type answerBody struct {
	Method string `json:"method_id"`
	Value  string `json:"value"`
	Type   string `json:"type"`
}

func answerChallenge(c *engine.Call) (engine.Reply, error) {
	var body answerBody
	if err := c.Decode(&body); err != nil {
		return engine.Reply{}, err
	}
	if body.Type == "encrypted" {
		return engine.Reply{}, problem.Invalid("type", problem.NotAllowed, "Encrypted answers are not imitated: send the value as it is.")
	}
	of, err := accessOf(c)
	if err != nil {
		return engine.Reply{}, err
	}
	err = c.Do(func(tx engine.Tx) error {
		s, err := syncOf(c, tx, of.id())
		if err != nil {
			return err
		}
		ch, err := challengeOf(c, tx, s)
		if err != nil {
			return err
		}
		if ch == nil || ch.ID != c.Path("challenge_id") {
			return problem.Absent("challenge", c.Path("challenge_id"))
		}
		given := body.Value
		switch {
		case ch.Location != "", ch.Message != "":
			return nil // the user answers elsewhere
		case ch.Methods != nil:
			at := slices.IndexFunc(ch.Methods, func(m authMethod) bool { return m.ID == body.Method })
			if at < 0 {
				return problem.Invalid("method_id", problem.NotAllowed, "Unknown method identifier.")
			}
			given = ch.Methods[at].Name
		case given == "":
			return problem.Invalid("value", problem.Missing, "")
		}
		s, err = tx.Walk(s.ID, connect.Answers{Challenges: [][]string{{given}}})
		if err == nil && s.Step == connect.Challenging && s.Trouble != nil {
			c.Note("the bank has refused the answer: %s", s.Trouble.Code)
		}
		return err
	})
	return engine.JSON(http.StatusOK, struct{}{}), err
}
