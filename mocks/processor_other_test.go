//go:build !unix

package mocks_test

import "time"

// processorTime is not known here: the wall clock stands in for it.
func processorTime() time.Duration { return time.Duration(time.Now().UnixNano()) }
