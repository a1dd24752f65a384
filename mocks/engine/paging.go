package engine

import (
	"strconv"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

// Paging is how a provider's lists are asked for one page: the names of two query parameters
// that count from 1, how many rows a page has that names no size, and how many it may have.
type Paging struct {
	Number, Size string
	Usual, Most  int
}

// ListPage is the page that a call asks for.
type ListPage struct{ Number, Size int }

// Of reads what a call asks for. The errors are InvalidRequest about the parameter, with the
// reason WrongType, TooSmall or TooLarge.
func (p Paging) Of(c *Call) (ListPage, error) {
	number, err := p.positive(c, p.Number, 1)
	if err != nil {
		return ListPage{}, err
	}
	size, err := p.positive(c, p.Size, p.Usual)
	if err == nil && size > p.Most {
		err = problem.Invalid(p.Size, problem.TooLarge, "%s must be at most %d", p.Size, p.Most)
	}
	return ListPage{number, size}, err
}

func (Paging) positive(c *Call, name string, otherwise int) (int, error) {
	if !c.HasQuery(name) {
		return otherwise, nil
	}
	n, err := strconv.Atoi(c.Query(name))
	switch {
	case err != nil:
		return 0, problem.Invalid(name, problem.WrongType, "%s must be an integer", name)
	case n < 1:
		return 0, problem.Invalid(name, problem.TooSmall, "%s must be a positive integer", name)
	}
	return n, nil
}

// Bounds are the first row of the page and the one behind its last, of so many in all.
func (p ListPage) Bounds(total int) (from, to int) {
	if p.Number > total/p.Size+1 {
		return total, total
	}
	from = min((p.Number-1)*p.Size, total)
	return from, min(from+p.Size, total)
}

// Last is the number of the last page: 1 also of an empty list.
func (p ListPage) Last(total int) int { return max(1, (total+p.Size-1)/p.Size) }
