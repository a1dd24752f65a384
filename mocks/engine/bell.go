package engine

// Changed gives a channel that closes when a call or a move of the clock has written to
// the sandbox, or the sandbox has ended; for one that does not exist it is closed. Take
// it before looking, so that no change falls between.
func (s *Server) Changed(name string) <-chan struct{} {
	l := s.pop.get(name)
	if l == nil {
		l = &live{}
		defer l.changed.Ring()
	}
	return l.changed.Wait()
}
