package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/stuntbank/stuntbank/mocks/engine/store"
)

// Encoding wraps a store so that every value is kept as JSON, as a backend on disk would. What works on it keeps nothing
// in a value that encoding loses. A value that is a []byte already is taken for JSON.
func Encoding(inner store.Store) store.Store {
	return wrapper{inner, func(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
		return inner.Do(ctx, sandbox, func(tx store.Tx) error { return fn(encodingTx{tx}) })
	}}
}

// Rerun wraps a store so that every Do runs its function, takes everything back, and runs it again, as a backend may
// after a conflict. What works on it changes nothing but its Tx.
func Rerun(inner store.Store) store.Store {
	return wrapper{inner, func(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
		again := errors.New("run it again")
		err := inner.Do(ctx, sandbox, func(tx store.Tx) error {
			if err := fn(tx); err != nil {
				return err
			}
			return again
		})
		if err != again {
			return err
		}
		return inner.Do(ctx, sandbox, fn)
	}}
}

type wrapper struct {
	store.Store
	do func(context.Context, string, func(store.Tx) error) error
}

func (w wrapper) Do(ctx context.Context, sandbox string, fn func(store.Tx) error) error {
	return w.do(ctx, sandbox, fn)
}

type encodingTx struct{ store.Tx }

func (tx encodingTx) Create(rec store.Record) error {
	rec, err := encode(rec)
	if err != nil {
		return err
	}
	return tx.Tx.Create(rec)
}

func (tx encodingTx) Update(rec store.Record) error {
	rec, err := encode(rec)
	if err != nil {
		return err
	}
	return tx.Tx.Update(rec)
}

func encode(rec store.Record) (store.Record, error) {
	if _, encoded := rec.Value.([]byte); encoded {
		return rec, nil
	}
	value, err := json.Marshal(rec.Value)
	if err != nil {
		return rec, fmt.Errorf("%s %q: %w", rec.Kind, rec.ID, err)
	}
	rec.Value = value
	return rec, nil
}
