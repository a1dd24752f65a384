package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"time"

	"github.com/stuntbank/stuntbank/mocks"
	"github.com/stuntbank/stuntbank/mocks/engine"
	"github.com/stuntbank/stuntbank/scenarios"
)

// reload looks at every tick whether a file of the scenario folder has changed, and then
// loads the folder anew: whole or not at all. While a file is broken, what was loaded last
// stays, and the log says what is wrong. It ends with ctx.
func reload(ctx context.Context, tick <-chan time.Time, dir string, s *engine.Server) {
	for seen := fingerprint(dir); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick:
		}
		now := fingerprint(dir)
		if now == seen {
			continue
		}
		seen = now
		library, err := loadScenarios(mocks.All(), dir)
		if err == nil {
			err = s.SetScenarios(library)
		}
		if err != nil {
			s.Log().Error("the scenarios have changed and cannot be loaded; the last good ones stay", "folder", dir, "error", err)
			continue
		}
		s.Log().Info("scenarios loaded anew", "folder", dir, "scenarios", len(library.Names()))
		doubt(s)
	}
}

// doubt logs what is allowed and hardly meant in the user's own scenarios.
func doubt(s *engine.Server) {
	for _, sc := range s.Scenarios().List() {
		for _, w := range sc.Warnings {
			if !sc.Bundled {
				s.Log().Warn(w.Error(), "help", scenarios.Help(w.Code))
			}
		}
	}
}

// fingerprint tells whether anything in a folder has changed, without reading it.
func fingerprint(dir string) uint64 {
	h := fnv.New64a()
	fs.WalkDir(os.DirFS(dir), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			fmt.Fprintln(h, name, err)
			return nil
		}
		if info, err := entry.Info(); err == nil && !entry.IsDir() {
			fmt.Fprintln(h, name, info.Size(), info.ModTime().UnixNano())
		}
		return nil
	})
	return h.Sum64()
}
