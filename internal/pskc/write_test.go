package pskc

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"fob/internal/fault"
	"fob/internal/token"
	"fob/internal/xmlstream"
)

// equal compares packages as their readers see them: secrets by their bytes, and
// not what only the decoder knows.
var equal = cmp.Options{
	cmp.Comparer(token.Seed.Equal),
	cmp.Comparer(func(a, b Moment) bool { return a.Equal(b.Time) && a.Unzoned == b.Unzoned }),
	cmp.FilterPath(func(p cmp.Path) bool {
		name := p.String()
		return name == "N" || name == "Line" || name == "Extended" || strings.HasSuffix(name, ".Encrypted")
	}, cmp.Ignore()),
}

func given[T any](v T) Value[T] { return Value[T]{Given: true, Plain: v} }

// full has everything that a package can have.
func full() *KeyPackage {
	day := func(d int) Moment { return Moment{Time: time.Date(2026, 1, d, 12, 30, 0, 250_000_000, time.UTC)} }
	suite := "HMAC-SHA256"
	return &KeyPackage{
		Device: DeviceInfo{
			Manufacturer: "oath.TEST", SerialNo: `0026<&>"'`, Model: "Größe\n2", IssueNo: "1", Binding: "imei",
			UserID: "CN=a,DC=b", Valid: Validity{day(1), day(2)},
		},
		ModuleID: "slot 1",
		Key: &Key{
			ID: `1"<&>'`, Algorithm: AlgorithmTOTP, Issuer: "issuer", ProfileID: "profile", Reference: "reference",
			FriendlyName: "a token", UserID: "UID=c",
			Params: Parameters{
				Suite:     &suite,
				Challenge: &Format{Encoding: "HEXADECIMAL", Min: 4, Max: 16},
				Response:  &Format{Encoding: EncodingDecimal, Length: 8, CheckDigits: true},
			},
			Policy: &Policy{
				Valid: Validity{Moment{day(3).Time, true}, day(4)}, PIN: &PINPolicy{KeyID: "2", Mode: PINLocal},
				Usages: []string{UsageOTP, "CR"}, Transactions: "18446744073709551616",
			},
			Secret: given(token.NewSeed([]byte(rfcSeed))), Counter: given(int64(1<<63 - 1)), Time: given(int64(-1)),
			Interval: given(int64(30)), Drift: given(int64(-4)),
		},
	}
}

func hotpPackage(serial, secret string) *KeyPackage {
	return &KeyPackage{
		Device: DeviceInfo{SerialNo: serial},
		Key: &Key{
			ID: "k" + serial, Algorithm: AlgorithmHOTP, Params: Parameters{Response: &Format{Encoding: EncodingDecimal, Length: 6}},
			Secret: given(token.NewSeed([]byte(secret))), Counter: given(int64(7)),
		},
	}
}

func writeAll(t testing.TB, o WriterOptions, all ...*KeyPackage) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := NewWriter(&out, testRandom(4), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if err := w.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	bare := &KeyPackage{Key: &Key{ID: "1", Secret: given(token.NewSeed([]byte("x")))}}
	keyless := &KeyPackage{Device: DeviceInfo{SerialNo: "1"}}
	referring := &KeyPackage{Key: &Key{ID: "2", ProfileID: "p", Reference: "r", Policy: &Policy{}}}
	all := []*KeyPackage{full(), bare, keyless, referring, {}, hotpPackage("3", rfcSeed)}
	for _, o := range []WriterOptions{{}, {Prefix: "pskc"}, {ID: "c1", Prefix: "p"}} {
		text := writeAll(t, o, all...)
		d := NewDecoder(bytes.NewReader(text), Options{})
		got, err := readAll(d)
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(all, got, equal); diff != "" {
			t.Errorf("%+v: %s\n%s", o, diff, text)
		}
		if d.Header().ID != o.ID || d.Header().Version != "1.0" {
			t.Errorf("%+v", d.Header())
		}
	}
}

// pskctool reads the seeds that we write, and what we write is valid by the RFC's
// schema, encrypted too.
func TestWrittenFilesAgainstPskctool(t *testing.T) {
	tool := peer(t, "pskctool")
	shared, _ := sharedKey(t)
	shared.Numbers = true
	phrase, _ := passphraseKey(t)
	receiver := Protection{Transport: mustTransport(t, TransportOAEP, "", "", nil), Certificate: signerCalled(t, "RSA").cert, MAC: macs[0]}
	for name, protect := range map[string]*Protection{"plain": nil, "shared": &shared, "passphrase": &phrase, "certificate": &receiver} {
		for _, prefix := range []string{"", "pskc"} {
			file := filepath.Join(t.TempDir(), "written.xml")
			if err := os.WriteFile(file, writeAll(t, WriterOptions{ID: "c1", Prefix: prefix, Protect: protect}, full(), hotpPackage("26", rfcSeed)), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), tool, "--validate", file).Output() // what it does not know itself it warns of
			if err != nil || string(out) != "OK\n" {
				t.Errorf("%s %s: %v %s", name, prefix, err, out)
			}
			if protect != nil {
				continue
			}
			out, err = exec.CommandContext(t.Context(), tool, "--info", file).CombinedOutput()
			if err != nil || strings.Count(string(out), "Key Secret (base64): "+rfcSecret) != 2 || !strings.Contains(string(out), "SerialNo: 26") {
				t.Errorf("%s %s: %v %s", name, prefix, err, out)
			}
		}
	}
}

// What would not come back as it is, is refused, and what follows is written.
func TestWhatIsNotWritten(t *testing.T) {
	for says, change := range map[string]func(*KeyPackage){
		"the Key has no Id":                    func(p *KeyPackage) { p.Key.ID = "" },
		"the Secret has 0 bytes":               func(p *KeyPackage) { p.Key.Secret.Plain = token.Seed{} },
		"the Counter is still encrypted":       func(p *KeyPackage) { p.Key.Counter.Closed = true },
		"the Secret has 129 bytes":             func(p *KeyPackage) { p.Key.Secret.Plain = token.NewSeed(make([]byte, 129)) },
		"is broken":                            func(p *KeyPackage) { p.Problem = errors.New("is broken") },
		"begins or ends with white space":      func(p *KeyPackage) { p.Device.SerialNo = "1 " },
		"a character that XML does not have":   func(p *KeyPackage) { p.Device.SerialNo = "1\x00" },
		"a character that XML does not have ":  func(p *KeyPackage) { p.Key.ID = "\xff" },
		"a character that XML does not have  ": func(p *KeyPackage) { p.Key.FriendlyName = "\uffff" },
		"a text has more than 64 KiB":          func(p *KeyPackage) { p.Device.Model = strings.Repeat("<", xmlstream.MaxToken/4) },
		"a text has more than 64 KiB ":         func(p *KeyPackage) { p.Key.ID = strings.Repeat("x", xmlstream.MaxToken) },
	} {
		var out bytes.Buffer
		w, err := NewWriter(&out, nil, WriterOptions{})
		if err != nil {
			t.Fatal(err)
		}
		p := full()
		change(p)
		if err := w.Write(p); fault.KindOf(err) != fault.NotAllowed || !strings.Contains(err.Error(), strings.TrimSpace(says)) {
			t.Errorf("%s: %v", says, err)
		}
		if err := w.Write(full()); err != nil {
			t.Error(says, err)
		}
		if err := w.Close(); err != nil {
			t.Error(says, err)
		}
		if all, err := decode(out.String()); err != nil || len(all) != 1 || all[0].Problem != nil {
			t.Errorf("%s: %v %v", says, all, err)
		}
	}
}

func TestEmptyContainer(t *testing.T) {
	w, err := NewWriter(io.Discard, nil, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); fault.KindOf(err) != fault.NotAllowed {
		t.Error(err)
	}
}

func TestWriteErrorsStay(t *testing.T) {
	disk := errors.New("disk")
	if _, err := NewWriter(&fullDisk{0, disk}, nil, WriterOptions{}); err != disk {
		t.Error(err)
	}
	w, err := NewWriter(&fullDisk{2, disk}, nil, WriterOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, disk, disk} {
		if err := w.Write(full()); err != want {
			t.Error(i, err)
		}
	}
	if err := w.Close(); err != disk {
		t.Error(err)
	}
}

// fullDisk takes n writes.
type fullDisk struct {
	n   int
	err error
}

func (f *fullDisk) Write(p []byte) (int, error) {
	if f.n--; f.n < 0 {
		return 0, f.err
	}
	return len(p), nil
}
