//go:build !unix

package mocks_test

import "time"

// processorTime is not known here, and so not reported.
func processorTime() time.Duration { return 0 }
