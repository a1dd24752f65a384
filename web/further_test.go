package web

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestSkinsOfOthers(t *testing.T) {
	t.Parallel()
	own := fstest.MapFS{
		"skins/own/text.en.yaml": {Data: []byte("language.name: English\n")},
		"skins/own/skin.css":     {Data: []byte(":root { --accent: #123456; }")},
		"own.yaml":               {Data: []byte("a document, which is none of a renderer's")},
	}
	r, err := New(own)
	if err != nil {
		t.Fatal(err)
	}
	if !r.Has("own") || !r.Has(baseSkin) {
		t.Errorf("the skins are %v", r.Skins())
	}
	if css, _, _, ok := r.Asset("/skins/own/skin.css"); !ok || !strings.Contains(string(css), "#123456") {
		t.Error("the style sheet of the skin is not served")
	}
	if r.HasPlayground("own") {
		t.Error("a skin without a playground.yaml has a playground")
	}
	twice := fstest.MapFS{"skins/base/skin.css": {Data: []byte("")}}
	if _, err := New(twice); err == nil || !strings.Contains(err.Error(), "there is a skin skins/base already") {
		t.Errorf("a second base skin: %v", err)
	}
}
