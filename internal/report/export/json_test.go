package export

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fob/internal/report"
	"fob/internal/report/sheet"
)

type jsonExport struct {
	jsonHead
	jsonSheets
	Tokens []report.Token `json:"tokens"`
	Rows   int            `json:"rows"`
	SHA256 string         `json:"rows_sha256"`
}

// jsonSheets are the other arrays of a JSON export.
type jsonSheets struct {
	Bindings   []report.Binding   `json:"bindings"`
	Batches    []report.Batch     `json:"batches"`
	Locations  []report.Place     `json:"locations"`
	Trail      []report.Event     `json:"trail"`
	Exceptions []report.Exception `json:"exceptions"`
	Dictionary []Explained        `json:"dictionary"`
}

func namesOf(heads []sheet.Head) (names []string) {
	for _, h := range heads {
		names = append(names, h.Name)
	}
	return names
}

func jsonOf(t testing.TB, r Reader, e Export) (jsonExport, string) {
	t.Helper()
	var buf bytes.Buffer
	if _, err := WriteJSON(&buf, r, e); err != nil {
		t.Fatal(err)
	}
	text := buf.String()
	dec := json.NewDecoder(&buf)
	dec.DisallowUnknownFields()
	var x jsonExport
	if err := dec.Decode(&x); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return x, text
}

func TestJSONExport(t *testing.T) {
	r := stock(9)
	x, _ := jsonOf(t, r, anExport())
	want := jsonExport{
		jsonHead: jsonHead{
			Made: noon, By: anExport().By, Host: "desk", Version: "1.0", Store: "0199-store",
			Filter: "all tokens", Events: 42, Head: r.summary.Head.Hash.String(),
			Columns: namesOf(sheet.Heads(columns)),
		},
		Rows: 9, SHA256: hashOf(csvOf(t, r)),
	}
	for i := range 9 {
		want.Tokens = append(want.Tokens, anyToken(i))
	}
	if len(x.Bindings) != 3 || len(x.Batches) != 1 || len(x.Locations) != 1 || len(x.Trail) != 0 || len(x.Exceptions) != 0 || len(x.Dictionary) < 100 {
		t.Errorf("%d bindings, %d batches, %d locations, %d events, %d exceptions, %d explained", len(x.Bindings), len(x.Batches), len(x.Locations),
			len(x.Trail), len(x.Exceptions), len(x.Dictionary))
	}
	x.jsonSheets = jsonSheets{}
	if diff := cmp.Diff(want, x, cmp.AllowUnexported(jsonExport{})); diff != "" {
		t.Error(diff)
	}
}

func TestJSONOfAnEmptyStore(t *testing.T) {
	x, text := jsonOf(t, stock(0), anExport())
	if !strings.Contains(text, `"tokens":[],"bindings":`) || !strings.Contains(text, `,"rows":0,`) || x.SHA256 != hashOf(csvOf(t, stock(0))) {
		t.Error(text)
	}
}

func TestJSONPromises(t *testing.T) {
	cet := time.FixedZone("CET", 3600)
	tok := anyToken(1)
	tok.NotAfter, tok.ImportedAt = new(noon.In(cet)), noon.In(cet)
	tok.Account = new("a<b>&\"\x01\xff")
	_, text := jsonOf(t, list(tok), anExport())
	for _, want := range []string{
		`"not_after":"2026-11-23T12:00:00Z"`, `"imported_at":"2026-11-23T12:00:00Z"`,
		`"exported_to":[]`, `"account":"a<b>&\"\u0001\ufffd"`, `"counter":null`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in %s", want, text)
		}
	}
}

func TestTokensJSONIsOneArray(t *testing.T) {
	for _, n := range []int{0, 1, 3} {
		var buf bytes.Buffer
		if err := sheet.WriteJSON(&buf, stock(n).Tokens(report.Filter{})); err != nil {
			t.Fatal(err)
		}
		lines := strings.Count(buf.String(), "\n")
		var tokens []report.Token
		if err := json.Unmarshal(buf.Bytes(), &tokens); err != nil || tokens == nil || len(tokens) != n {
			t.Errorf("%d tokens: %d read, %v", n, len(tokens), err)
		}
		if n == 0 && buf.String() != "[]\n" || n > 0 && lines != n+2 {
			t.Errorf("%d tokens in %d lines: %s", n, lines, buf.String())
		}
	}
}

func TestTokensJSONEndsAtTheFirstError(t *testing.T) {
	broken := errors.New("broken")
	var seq iter.Seq2[report.Token, error] = func(yield func(report.Token, error) bool) { yield(report.Token{}, broken) }
	if err := sheet.WriteJSON(&bytes.Buffer{}, seq); !errors.Is(err, broken) {
		t.Error(err)
	}
	if err := sheet.WriteJSON(&fullDisk{}, stock(1).Tokens(report.Filter{})); !errors.Is(err, errFull) {
		t.Error(err)
	}
}

// A field that is added to Token must not be forgotten in the inventory.
func TestColumnsAreTheJSONFields(t *testing.T) {
	var fields, names, titles []string
	for f := range reflect.TypeFor[report.Token]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields = append(fields, name)
	}
	for _, c := range columns {
		names, titles = append(names, c.Name), append(titles, c.Title)
		if strings.Contains(c.Title, "(UTC)") != (c.Kind == sheet.Time) {
			t.Errorf("%q: times, and only they, say UTC", c.Title)
		}
	}
	slices.Sort(fields)
	slices.Sort(names)
	if diff := cmp.Diff(fields, names); diff != "" {
		t.Error(diff)
	}
	slices.Sort(titles)
	if len(slices.Compact(titles)) != len(columns) {
		t.Error("a table needs distinct titles")
	}
}

func TestColumnsHoldTheirKind(t *testing.T) {
	for i := range 12 {
		tok := anyToken(i)
		for _, c := range columns {
			if v := c.Of(&tok); v.Kind != sheet.Empty && v.Kind != c.Kind {
				t.Errorf("%s holds kind %d, declared %d", c.Name, v.Kind, c.Kind)
			}
		}
	}
}

func TestFilterInWords(t *testing.T) {
	f := report.Filter{State: "bound", Account: "a b", Batch: 3, ExpiringBy: noon, Prefix: "00", Limit: 5}
	want := `tokens with state bound, account "a b", batch 3, an expiry by 2026-11-23 12:00 UTC, serials that begin with "00", at most 5 of them`
	if got := f.String(); got != want {
		t.Error(got)
	}
	if got := (report.Filter{}).String(); got != "all tokens" {
		t.Error(got)
	}
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
