package problem_test

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/stuntbank/stuntbank/mocks/engine/problem"
)

func TestCodes(t *testing.T) {
	t.Parallel()
	codes := problem.Codes()
	if n := len(slices.Compact(slices.Sorted(slices.Values(codes)))); n != len(codes) || n != 31 {
		t.Errorf("%d codes, %d of them different, want 31", len(codes), n)
	}
	for _, c := range codes {
		for _, r := range c {
			if r != '_' && (r < 'a' || r > 'z') {
				t.Errorf("%q is not in snake case", c)
			}
		}
	}
}

func TestError(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  *problem.Error
		want string
	}{
		{&problem.Error{Code: problem.Timeout}, "timeout"},
		{problem.New(problem.Conflict, "link %q exists", "a"), `conflict: link "a" exists`},
		{problem.Invalid("since", problem.Format, "%s is no date", "x"), "invalid_request (since): x is no date"},
		{problem.Absent("link", "link_1"), "not_found: no such link: link_1"},
		{&problem.Error{Code: problem.Internal, Cause: io.EOF}, "internal: EOF"},
	} {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%+v says %q, want %q", tt.err, got, tt.want)
		}
	}
}

func TestIs(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("reading: %w", problem.Invalid("since", problem.Format, "no date"))
	for _, tt := range []struct {
		target error
		want   bool
	}{
		{&problem.Error{Code: problem.InvalidRequest}, true},
		{&problem.Error{Code: problem.InvalidRequest, Reason: problem.Format}, true},
		{&problem.Error{Code: problem.InvalidRequest, Reason: problem.Missing}, false},
		{&problem.Error{Code: problem.NotFound}, false},
		{io.EOF, false},
	} {
		if got := errors.Is(err, tt.target); got != tt.want {
			t.Errorf("is %+v: %v, want %v", tt.target, got, tt.want)
		}
	}
}

func TestFrom(t *testing.T) {
	t.Parallel()
	if problem.From(nil) != nil {
		t.Error("nil became a problem")
	}
	own := problem.Absent("link", "")
	if got := problem.From(fmt.Errorf("a: %w", own)); got != own {
		t.Errorf("a wrapped problem became %+v", got)
	}
	got := problem.From(io.EOF)
	if got.Code != problem.Internal || !errors.Is(got, io.EOF) {
		t.Errorf("any other error became %+v", got)
	}
}
