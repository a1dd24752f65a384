package scenarios

import (
	"fmt"
	"slices"
	"strings"
)

// Nearest returns the known name that found most likely misspells, or "".
func Nearest(found string, known []string) string { return nearest(found, known) }

// nearest returns the known name that found most likely misspells, or "": at most one
// slip in three letters. Ties go to the first in known.
func nearest(found string, known []string) string {
	best, limit := "", max(1, len(found)/3)
	for _, name := range known {
		if d := distance(strings.ToLower(found), strings.ToLower(name)); d <= limit {
			best, limit = name, d-1
		}
	}
	return best
}

// distance counts insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
func distance(a, b string) int {
	if diff := len(a) - len(b); max(diff, -diff) > max(len(a), len(b))/2+1 {
		return max(len(a), len(b)) // too far apart to matter; spares the table for huge input
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// oneOf lists the names that would have done, as long as the line stays readable.
func oneOf(what string, known []string) string {
	switch {
	case len(known) == 0:
		return "no " + what + ": none is known"
	case len(known) > 15:
		return fmt.Sprintf("one of the %d known names", len(known))
	}
	return "one of " + strings.Join(known, ", ")
}

func contains(names []string, name string) bool { return slices.Contains(names, name) }
