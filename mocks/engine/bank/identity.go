package bank

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/brianvoe/gofakeit/v7"
)

// Profile is what a bank knows of a holder beyond the name. Mail ends in .test, streets
// and postcodes are nobody's, phones lie in the ranges kept for films.
type Profile struct {
	Name, NationalID string
	Born             Day
	Job              string
	Email, Phone     string
	Street, Zip      string
	City, Country    string
	Second           string // the other holder of a joint account
}

// Identity returns the holder's profile. It depends on the seed and the holder alone, so
// that two banks know the same person.
func (w *World) Identity() Profile {
	l, s := w.locale, &w.source
	k := rootKey(s.Seed).sub("holder/" + s.Holder.NationalID)
	p := w.plan.persona.identity
	p.NationalID = s.Holder.NationalID
	set := func(to *string, value func() string) {
		if *to == "" {
			*to = value()
		}
	}
	if p.Name == "" {
		p.Name = s.Holder.Name
	}
	english := l.language == "en"
	set(&p.Name, func() string {
		switch {
		case w.holder.Kind == Business:
			names := l.pools["employers"]
			return names[below(k.word(3), len(names))]
		case english:
			return faker(k.word(8)).Name()
		}
		return l.personName(k)
	})
	set(&p.Job, func() string {
		if english && w.holder.Kind == Individual {
			return faker(k.word(9)).JobTitle()
		}
		return ""
	})
	set(&p.Email, func() string { return localPart(l, p.Name, k) + "@example.test" })
	set(&p.Phone, func() string { return phone(l.address.phone, k.word(11)) })
	of := func(list []string, i uint64) string { return list[below(k.word(i), len(list))] }
	if p.Street == "" {
		p.Street, p.Zip, p.City, p.Country = of(l.address.streets, 12), of(l.address.codes, 13), of(l.address.cities, 14), l.country
	}
	if p.Born == 0 && w.holder.Kind == Individual {
		p.Born = Date(1955, time.January, 1) + Day(below(k.word(15), 45*365))
	}
	if p.Second == "" && len(w.plan.accounts) > 0 && w.plan.accounts[0].spec.joint {
		p.Second = l.personName(k.sub("second"))
	}
	return p
}

// faker draws English words. It runs at the birth of a persona only: what it says may
// change with its version, which a golden test would tell.
func faker(seed uint64) *gofakeit.Faker { return gofakeit.NewFaker(rand.NewPCG(seed, 0), false) }

func localPart(l *locale, name string, k key) string {
	plain := strings.ToLower(l.fold.Replace(strings.ToUpper(name)))
	parts := strings.FieldsFunc(plain, func(r rune) bool { return r < 'a' || r > 'z' })
	if len(parts) > 2 {
		parts = parts[:2]
	}
	if l.language == "en" && len(parts) > 0 { // people with common names take a word
		parts = append(parts, strings.ToLower(faker(k.word(10)).Noun()))
	}
	kept := parts[:0]
	for _, p := range parts {
		if digitsOrLetters(p) {
			kept = append(kept, p)
		}
	}
	return strings.Join(append(kept, strconv.Itoa(10+below(k.word(16), 90))), ".")
}

func digitsOrLetters(s string) bool {
	return s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

// phone fills the # of a pattern.
func phone(pattern string, u uint64) string {
	b := []byte(pattern)
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] == '#' {
			b[i] = '0' + byte(u%10)
			u /= 10
		}
	}
	return string(b)
}
