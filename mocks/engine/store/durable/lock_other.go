//go:build !unix

package durable

import "os"

// lock does nothing where files cannot be locked: two servers must not share one there.
func lock(*os.File) error { return nil }

// syncDir does nothing where a folder cannot be synced.
func syncDir(string) error { return nil }
