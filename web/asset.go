package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"path"
	"strings"
	"sync"
)

type asset struct {
	body              []byte
	contentType, etag string
	gzipped           func() []byte // made when first asked for: most runs show no page
}

var contentTypes = map[string]string{
	".css": "text/css; charset=utf-8",
	".js":  "text/javascript; charset=utf-8",
	".svg": "image/svg+xml",
}

// Asset returns a file that pages link to: "/static/<file>" or
// "/skins/<skin>/skin.css", with its content type and ETag. The ETag is weak,
// so that it holds for the compressed file too. A skin's style sheet is the
// base's variables followed by its own.
func (r *Renderer) Asset(path string) (body []byte, contentType, etag string, ok bool) {
	a, ok := r.assets[strings.TrimPrefix(path, "/")]
	return a.body, a.contentType, a.etag, ok
}

// AssetGzip returns the same file compressed, nil if it does not exist. Send it
// with "Content-Encoding: gzip" and "Vary: Accept-Encoding".
func (r *Renderer) AssetGzip(path string) []byte {
	a, ok := r.assets[strings.TrimPrefix(path, "/")]
	if !ok {
		return nil
	}
	return a.gzipped()
}

// Loader returns the script of a skin that other sites load, with base, a JSON text, as
// the server's address; false if the skin has none.
func (r *Renderer) Loader(skin string, base []byte) ([]byte, bool) {
	script, ok := r.loaders[skin]
	if !ok {
		return nil, false
	}
	return bytes.Replace(script, []byte(`"__BASE__"`), base, 1), true
}

func loadLoaders(files fs.FS, skins []string) (map[string][]byte, error) {
	all := map[string][]byte{}
	for _, skin := range skins {
		switch body, err := fs.ReadFile(files, "skins/"+skin+"/loader.js"); {
		case err == nil:
			all[skin] = body
		case !errors.Is(err, fs.ErrNotExist):
			return nil, err
		}
	}
	return all, nil
}

func loadAssets(files fs.FS, skins []string) (map[string]asset, error) {
	all := map[string]asset{}
	static, err := fs.Glob(files, "static/*")
	if err != nil {
		return nil, err
	}
	for _, name := range static {
		if err := addAsset(all, files, name, name); err != nil {
			return nil, err
		}
	}
	base := "skins/" + baseSkin + "/skin.css"
	for _, skin := range skins {
		own := "skins/" + skin + "/skin.css"
		sources := []string{base, own}
		if skin == baseSkin {
			sources = sources[:1]
		}
		if err := addAsset(all, files, own, sources...); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func addAsset(all map[string]asset, files fs.FS, name string, sources ...string) error {
	var body []byte
	for _, source := range sources {
		b, err := fs.ReadFile(files, source)
		if err != nil {
			return err
		}
		body = append(body, b...)
	}
	sum := sha256.Sum256(body)
	all[name] = asset{body, contentTypes[path.Ext(name)], `W/"` + hex.EncodeToString(sum[:8]) + `"`, sync.OnceValue(func() []byte { return zipped(body) })}
	return nil
}

func zipped(body []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(body) // a buffer takes everything
	_ = w.Close()
	return out.Bytes()
}
