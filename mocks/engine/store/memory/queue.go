package memory

import "container/heap"

// queue is rows with the earliest in front: a heap that knows the place of each row, so that any can leave.
type queue struct {
	rows  []*row
	order *order
}

// order says which of two rows is in front, and where a row notes its place.
type order struct {
	before func(a, b *row) bool
	place  func(*row) *int
}

var (
	byDue = order{
		before: func(a, b *row) bool { return a.Due.Before(b.Due) || a.Due.Equal(b.Due) && a.seq < b.seq },
		place:  func(r *row) *int { return &r.atDue },
	}
	byLease = order{
		before: func(a, b *row) bool { return a.until.Before(b.until) },
		place:  func(r *row) *int { return &r.atDue },
	}
	byExpires = order{
		before: func(a, b *row) bool { return a.Expires.Before(b.Expires) },
		place:  func(r *row) *int { return &r.atSweep },
	}
)

func (q *queue) push(r *row)   { heap.Push(q, r) }
func (q *queue) remove(r *row) { heap.Remove(q, *q.order.place(r)) }

func (q *queue) first() *row {
	if len(q.rows) == 0 {
		return nil
	}
	return q.rows[0]
}

// Len, Less, Swap, Push and Pop serve container/heap.
func (q *queue) Len() int           { return len(q.rows) }
func (q *queue) Less(i, j int) bool { return q.order.before(q.rows[i], q.rows[j]) }

func (q *queue) Swap(i, j int) {
	q.rows[i], q.rows[j] = q.rows[j], q.rows[i]
	*q.order.place(q.rows[i]), *q.order.place(q.rows[j]) = i, j
}

func (q *queue) Push(r any) {
	*q.order.place(r.(*row)) = len(q.rows)
	q.rows = append(q.rows, r.(*row))
}

func (q *queue) Pop() any {
	last := len(q.rows) - 1
	r := q.rows[last]
	q.rows[last] = nil
	q.rows = q.rows[:last]
	return r
}
