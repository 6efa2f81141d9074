package trail_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"iter"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"fob/internal/token"
	"fob/internal/trail"
)

var (
	storeID = uuid.MustParse("018f0000-0000-7000-8000-000000000001")
	began   = time.Date(2026, 3, 1, 8, 0, 0, 120_000_000, time.UTC)
)

func event(t *testing.T, command token.Command) *trail.Event {
	t.Helper()
	e := &trail.Event{
		ID: uuid.MustParse("018f0000-0000-7000-8000-00000000000a"), Time: trail.Time{Time: began}, Store: storeID,
		Operator: token.Operator{Kind: token.OperatorOS, ID: "1000", Name: "olga", SudoUID: "0"}, Host: "desk", Command: command,
		Object: trail.Object{Kind: trail.KindToken, ID: "S1"}, From: token.InStock, To: token.Bound,
		Outcome: trail.Refused, Reason: "wrong_code",
	}
	if err := e.SetDetail(trail.TokenDetail{Codes: 2}); err != nil {
		t.Fatal(err)
	}
	salts := bytes.NewReader(bytes.Repeat([]byte("salt"), 100))
	for field, text := range map[string]string{trail.TextAccount: "anna", trail.TextTicket: "T-1", trail.TextReason: ""} {
		if err := e.AddText(salts, field, text); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// chain makes a trail of n events.
func chain(t *testing.T, n int) (events []trail.Stored) {
	t.Helper()
	head := trail.Head{}
	for range n {
		e := event(t, token.CmdBind)
		entry, err := trail.Append(head, e)
		if err != nil {
			t.Fatal(err)
		}
		head = trail.Head{Seq: entry.Seq, Hash: entry.Hash}
		events = append(events, trail.Stored{Entry: entry, Texts: e.Beside})
	}
	return events
}

func each(events []trail.Stored) iter.Seq2[trail.Stored, error] {
	return func(yield func(trail.Stored, error) bool) {
		for _, s := range events {
			if !yield(s, nil) {
				return
			}
		}
	}
}

// sum is the chain's hash, written down once more: SHA-256 over
// label, previous hash, length and body.
func sum(prev []byte, body []byte) string {
	all := append([]byte("fob-audit-v1"), prev...)
	all = binary.BigEndian.AppendUint64(all, uint64(len(body)))
	h := sha256.Sum256(append(all, body...))
	return hex.EncodeToString(h[:])
}

func TestChainHash(t *testing.T) {
	prev := make([]byte, 32)
	for i, s := range chain(t, 3) {
		if want := sum(prev, s.Body); s.Hash.String() != want {
			t.Errorf("event %d: %s, not %s", i+1, s.Hash, want)
		}
		prev = s.Hash[:]
	}
}

// The bytes of an event are what years from now must still hash to the same.
func TestBodyIsKept(t *testing.T) {
	const want = `{"seq":1,"id":"018f0000-0000-7000-8000-00000000000a","time":"2026-03-01T08:00:00.120000000Z",` +
		`"store":"018f0000-0000-7000-8000-000000000001","operator":{"kind":"os","id":"1000","name":"olga","sudo_uid":"0"},"host":"desk",` +
		`"command":"bind","object":{"kind":"token","id":"S1"},"from":"in_stock","to":"bound","outcome":"refused","reason":"wrong_code",` +
		`"detail":{"codes":2},"texts":{"account":"A","ticket":"T"}}`
	s := chain(t, 1)[0]
	body := string(s.Body)
	for _, text := range s.Texts {
		body = strings.Replace(body, text.Digest(), strings.ToUpper(text.Field[:1]), 1)
	}
	if body != want {
		t.Errorf("the body is\n%s, not\n%s", body, want)
	}
}

func TestAppendAndParse(t *testing.T) {
	e := event(t, token.CmdBind)
	entry, err := trail.Append(trail.Head{Seq: 41}, e)
	if err != nil || entry.Seq != 42 || e.Seq != 42 {
		t.Fatalf("entry %d, event %d, %v", entry.Seq, e.Seq, err)
	}
	got, err := trail.Parse(entry)
	if err != nil {
		t.Fatal(err)
	}
	want := *e
	want.Beside, want.Token = nil, &trail.TokenDetail{Codes: 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(string(entry.Body), "anna") || strings.Contains(string(entry.Body), "T-1") {
		t.Errorf("a text is in the hashed bytes: %s", entry.Body)
	}
}

func TestParseRefuses(t *testing.T) {
	for name, body := range map[string]string{
		"an unknown field":         `{"seq":1,"colour":"red"}`,
		"an unknown field within":  `{"seq":1,"operator":{"uid":1,"shoe":42}}`,
		"no JSON":                  `seq 1`,
		"a time that is not valid": `{"seq":1,"time":"yesterday"}`,
		"nothing":                  ``,
	} {
		_, err := trail.Parse(trail.Entry{Seq: 7, Body: []byte(body)})
		if err == nil || !strings.Contains(err.Error(), "event 7") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTextDigest(t *testing.T) {
	text := trail.Text{Field: "account", Salt: []byte("0123456789abcdef0123456789abcdef"), Text: "anna"}
	want := sha256.Sum256([]byte("0123456789abcdef0123456789abcdefanna"))
	if got := text.Digest(); got != hex.EncodeToString(want[:]) {
		t.Errorf("the digest is %s", got)
	}
	e := event(t, token.CmdBind)
	if len(e.Beside) != 2 || len(e.Texts) != 2 || len(e.Beside[0].Salt) != trail.SaltLen {
		t.Errorf("an empty text was recorded, or a salt is short: %+v", e.Beside)
	}
	if err := e.AddText(strings.NewReader("short"), "proof", "x"); err == nil || len(e.Texts) != 2 {
		t.Error("a text got in without its salt")
	}
}

func TestTimeHasOneWidth(t *testing.T) {
	var texts []string
	for _, at := range []time.Time{
		time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 1, 1, 0, 0, 0, 1, time.UTC),
		time.Date(2026, 1, 1, 0, 0, 0, 100_000_000, time.UTC),
		time.Date(2026, 1, 1, 2, 0, 1, 0, time.FixedZone("", 7200)),
		time.Date(2026, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	} {
		b, err := json.Marshal(trail.Time{Time: at})
		if err != nil || len(b) != len(`"2026-01-01T00:00:00.000000000Z"`) || b[len(b)-2] != 'Z' {
			t.Errorf("%s is written as %s, %v", at, b, err)
		}
		var back trail.Time
		if err := json.Unmarshal(b, &back); err != nil || !back.Equal(at) {
			t.Errorf("%s is read as %s, %v", b, back, err)
		}
		texts = append(texts, string(b))
	}
	if !slices.IsSorted(texts) {
		t.Errorf("they do not sort as times do: %q", texts)
	}
}

// Every column counts, and no two tokens have the same bytes: a change of any
// field, or a character moved from one text to its neighbour, changes them.
func TestColumnsBytes(t *testing.T) {
	sample := token.Facts{Serial: "S1", Profile: token.Profile{Manufacturer: "Acme", Model: "One", Params: token.Params{Type: "totp", Hash: "sha1"}}}
	seen := map[string]string{string(bytesOf(sample)): "the sample"}
	differs := func(name string, c token.Facts) {
		b := string(bytesOf(c))
		if twin, ok := seen[b]; ok {
			t.Errorf("%s has the bytes of %s", name, twin)
		}
		seen[b] = name
	}
	for _, field := range reflect.VisibleFields(reflect.TypeFor[token.Facts]()) {
		if field.Anonymous {
			continue
		}
		for _, n := range []int64{1, -1, 1 << 40} {
			c := sample
			switch f := reflect.ValueOf(&c).Elem().FieldByIndex(field.Index); f.Interface().(type) {
			case time.Time:
				f.Set(reflect.ValueOf(time.Unix(n, 0)))
			case int, int64:
				f.SetInt(n)
			default:
				f.SetString(strings.Repeat("x", int(n&3))) // panics for another kind: teach this test
			}
			if field.Type.Kind() == reflect.String && n != 1 {
				continue
			}
			differs(field.Name, c)
		}
	}
	moved := sample
	moved.Manufacturer, moved.Model = "Acm", "eOne"
	differs("a moved character", moved)
}

func bytesOf(c token.Facts) []byte {
	h := sha256.New()
	scratch := trail.AddTo(h, &c, []byte("whatever was there"))
	want := sha256.Sum256(scratch)
	if !bytes.Equal(h.Sum(nil), want[:]) {
		panic("AddTo hashed other bytes than it returned")
	}
	return bytes.Clone(scratch)
}
