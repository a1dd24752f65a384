package engine

import (
	"context"
	"fmt"

	"github.com/stuntbank/stuntbank/mocks/engine/connect"
	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// AnswerCall is what an app calls to answer the challenge that a session has put last, where
// it does so through the provider's API: with what is given, or with what is right. With
// neither it asks how far the session is.
func (s *Server) AnswerCall(ctx context.Context, name, session string, given []string, right bool) (operationID string, body any, err error) {
	sb, err := s.Sandbox(ctx, name)
	if err != nil {
		return "", nil, err
	}
	err = s.view(ctx, name, func(tx store.Tx, end *afterwards) error {
		t := s.newTx(tx, nil, sb, sb.Now(s.cfg.Wall()), "", end)
		sess, err := sessions.Get(t.tx, session)
		if err != nil {
			return err
		}
		m := s.byName[sess.Provider]
		answerer, ok := m.p.(ChallengeAnswerer)
		if !ok {
			return fmt.Errorf("engine: no challenge of %s is answered through its API", m.man.Title)
		}
		b, err := t.Of(sess.Provider).behave(sess, connect.Input{})
		if err != nil {
			return err
		}
		var ch connect.Challenge
		at := sess.Challenge
		if sess.Step != connect.Challenging { // the user has passed it elsewhere
			at--
		}
		if at >= 0 && at < len(b.Challenges) {
			ch = b.Challenges[at]
		}
		if right {
			given = ch.Right(sess)
		}
		operationID, body = answerer.AnswerCall(sess, ch, given)
		return nil
	})
	return operationID, body, err
}
