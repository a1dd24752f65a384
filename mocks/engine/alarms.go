package engine

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// alarms says which sandbox has something due at which wall time. Every commit and every
// move of a clock sets the alarm of its sandbox anew; Run listens.
type alarms struct {
	mu   sync.Mutex
	heap alarmHeap
	of   map[string]*alarm
	on   bool          // somebody listens
	kick chan struct{} // an alarm may be earlier than what the listener waits for
}

type alarm struct {
	name  string
	at    time.Time // wall
	index int
}

type alarmHeap []*alarm

func (h alarmHeap) Len() int           { return len(h) }
func (h alarmHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h alarmHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push adds an alarm; heap.Interface asks for it.
func (h *alarmHeap) Push(x any) {
	a := x.(*alarm)
	a.index = len(*h)
	*h = append(*h, a)
}

// Pop takes the last alarm; heap.Interface asks for it.
func (h *alarmHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// set gives a sandbox its alarm, or none.
func (a *alarms) set(name string, at time.Time, any bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	old := a.of[name]
	switch {
	case any && old == nil:
		n := &alarm{name: name, at: at}
		a.of[name] = n
		heap.Push(&a.heap, n)
	case any:
		old.at = at
		heap.Fix(&a.heap, old.index)
	case old != nil:
		heap.Remove(&a.heap, old.index)
		delete(a.of, name)
	}
	if any && a.heap[0].name == name {
		select {
		case a.kick <- struct{}{}:
		default:
		}
	}
}

// atLatest gives a sandbox an alarm unless it has an earlier one.
func (a *alarms) atLatest(name string, at time.Time) {
	a.mu.Lock()
	old := a.of[name]
	earlier := old != nil && old.at.Before(at)
	a.mu.Unlock()
	if !earlier {
		a.set(name, at, true)
	}
}

// ring takes the sandboxes whose alarm has come, and says when the next one comes.
func (a *alarms) ring(wall time.Time) (names []string, next time.Time, any bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for len(a.heap) > 0 && !a.heap[0].at.After(wall) {
		first := heap.Pop(&a.heap).(*alarm)
		delete(a.of, first.name)
		names = append(names, first.name)
	}
	if len(a.heap) > 0 {
		next, any = a.heap[0].at, true
	}
	return names, next, any
}

func (a *alarms) listen(on bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if on && a.on {
		return false
	}
	a.on, a.of, a.heap = on, map[string]*alarm{}, nil
	a.kick = make(chan struct{}, 1)
	return true
}

func (a *alarms) listening() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.on
}

// plan sets the alarm of a sandbox to the wall time at which its next row falls due.
func (s *Server) plan(ctx context.Context, name string) {
	if !s.alarms.listening() {
		return
	}
	if l := s.pop.get(name); l == nil || l.crew.closing() {
		return // who moves the clock plans at the end
	}
	at, ok, err := s.nextAlarm(context.WithoutCancel(ctx), name)
	if err != nil { // what is due must not be forgotten: look again soon
		s.cfg.Log.Error("next due row", "sandbox", name, "error", err)
		at, ok = s.cfg.Wall().Add(again), true
	}
	s.alarms.set(name, at, ok)
}

// again is how long Run waits before it looks once more at what has failed.
const again = time.Second

// nextAlarm is the wall time at which the next row of a sandbox falls due, if one does.
func (s *Server) nextAlarm(ctx context.Context, name string) (time.Time, bool, error) {
	due, ok := time.Time{}, false
	for _, kind := range s.taskKinds {
		at, any, err := s.cfg.Store.NextDue(ctx, name, kind, s.cfg.Wall())
		if err != nil {
			return due, false, err
		}
		if any && (!ok || at.Before(due)) {
			due, ok = at, true
		}
	}
	if !ok {
		return due, false, nil
	}
	sb, err := s.load(ctx, name)
	if err != nil { // absent: it has ended
		return due, false, unlessAbsent(err)
	}
	due, ok = sb.Clock.Reach(s.cfg.Wall(), due)
	return due, ok, nil
}

// inFlight is how many deliveries may be under way at once, of all sandboxes that run by
// themselves.
const inFlight = 64

// Run carries out what falls due while clocks run by themselves, and webhooks as soon as
// they are written, until ctx ends. Then it waits for the attempts under way. Without it
// only a move of the clock and a drain do. One Run at a time.
func (s *Server) Run(ctx context.Context) {
	if !s.alarms.listen(true) {
		return
	}
	defer s.alarms.listen(false)
	names, err := s.cfg.Store.Sandboxes(ctx)
	if err != nil {
		s.cfg.Log.Error("sandboxes", "error", err)
	}
	for _, name := range names {
		s.plan(ctx, name)
	}
	slots := make(chan struct{}, inFlight)
	var work sync.WaitGroup
	defer work.Wait()
	for ctx.Err() == nil {
		names, next, any := s.alarms.ring(s.cfg.Wall())
		for _, name := range names {
			work.Go(func() { s.catchUp(ctx, name, slots, &work) })
		}
		s.waitForAlarm(ctx, next, any)
	}
}

// longestNap bounds how long Run sleeps: a wall clock that jumps is noticed then.
const longestNap = time.Minute

func (s *Server) waitForAlarm(ctx context.Context, next time.Time, any bool) {
	nap := longestNap
	if any {
		nap = min(nap, max(next.Sub(s.cfg.Wall()), 0))
	}
	timer := time.NewTimer(nap)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-s.alarms.kick:
	}
}

// catchUp carries out what is due in a sandbox by now, each row at its own instant, and
// ends when nothing is. Deliveries go out side by side; their lanes keep the order.
func (s *Server) catchUp(ctx context.Context, name string, slots chan struct{}, posts *sync.WaitGroup) {
	l := s.pop.get(name)
	if l == nil || !l.runner.CompareAndSwap(false, true) {
		return // who is at it plans once more at the end
	}
	var failed error
	defer func() {
		l.runner.Store(false)
		if failed == nil {
			s.plan(ctx, name)
			return
		}
		s.cfg.Log.Error("due row", "sandbox", name, "error", failed)
		s.alarms.set(name, s.cfg.Wall().Add(again), true)
	}()
	if !l.crew.enter() {
		return
	}
	defer l.crew.leave()
	for ran := true; ran && ctx.Err() == nil && failed == nil && !l.crew.closing(); {
		ran, failed = s.runFirst(ctx, name, l, slots, posts)
	}
}

// runFirst carries out the first row that is due; of a delivery it only sees to it that
// somebody does.
func (s *Server) runFirst(ctx context.Context, name string, l *live, slots chan struct{}, posts *sync.WaitGroup) (ran bool, err error) {
	l.answering.Lock() // no call is about to finish its rows itself
	sb, err := s.load(ctx, name)
	if err != nil {
		l.answering.Unlock()
		return false, unlessAbsent(err) // absent: it has ended
	}
	now := sb.Now(s.cfg.Wall())
	due, kind, ok, err := s.firstDue(ctx, name, s.taskKinds, now)
	if err == nil && ok && kind != kindDelivery {
		err = s.runRow(ctx, sb, kind, due)
	}
	l.answering.Unlock()
	if err != nil || !ok || kind != kindDelivery {
		return ok, err
	}
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return false, nil
	}
	l.answering.Lock()
	rows, err := s.cfg.Store.Claim(ctx, name, kindDelivery, now, s.cfg.Wall(), lease, 1)
	l.answering.Unlock()
	if err != nil || len(rows) == 0 {
		<-slots
		return false, err
	}
	if !l.crew.enter() {
		<-slots
		return false, s.release(ctx, sb, kindDelivery, rows[0].ID)
	}
	posts.Go(func() {
		defer func() {
			l.crew.leave()
			<-slots
		}()
		d, err := deliveries.Decode(rows[0])
		if err == nil {
			err = s.attempt(ctx, sb, d, now)
		}
		if err != nil { // it is tried again when its lease is over
			s.cfg.Log.Error("delivery", "sandbox", name, "delivery", rows[0].ID, "error", err)
			s.alarms.atLatest(name, s.cfg.Wall().Add(lease))
		}
	})
	return true, nil
}

// beginMove makes the caller the only one who carries out what is due in a sandbox, until
// it calls end. It waits for what is under way. Conflict when somebody is at it already.
func (s *Server) beginMove(name string) (end func(), err error) {
	l := s.pop.get(name)
	if l == nil {
		return nil, problem.Absent("sandbox", name)
	}
	if !l.crew.close() {
		return nil, problem.New(problem.Conflict, "another move of this sandbox's clock is at work: wait for its answer")
	}
	return func() {
		l.crew.open()
		s.plan(context.Background(), name)
	}, nil
}

// crew is those who carry out due rows of a sandbox by themselves. Who closes it is alone
// until it opens it again.
type crew struct {
	mu     sync.Mutex
	n      int
	closed bool
	gone   chan struct{} // closes when the last one has left
}

// enter is false while the crew is closed.
func (c *crew) enter() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.n++
	}
	return !c.closed
}

func (c *crew) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n == 0 && c.gone != nil {
		close(c.gone)
		c.gone = nil
	}
}

// close waits until all have left; false when it is closed already.
func (c *crew) close() bool {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return false
	}
	c.closed = true
	var gone chan struct{}
	if c.n > 0 {
		gone = make(chan struct{})
		c.gone = gone
	}
	c.mu.Unlock()
	if gone != nil {
		<-gone
	}
	return true
}

func (c *crew) open() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = false
}

func (c *crew) closing() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed
}
