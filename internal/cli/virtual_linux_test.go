package cli

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	library "github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
	"golang.org/x/sys/unix"

	"fob/internal/cli/codes"
	"fob/internal/cli/term"
	"fob/internal/token"
)

// scan reads a QR code as a telephone does, with a library that is not ours.
func scan(t *testing.T, img image.Image) string {
	t.Helper()
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	// It is no photograph: where it stands need not be guessed.
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_PURE_BARCODE: true}
	read, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		t.Fatalf("the QR code is not read: %v", err)
	}
	return read.GetText()
}

// pictured makes an image of what a terminal shows between the last marks of
// colour; light is how a character cell without ink looks.
func pictured(t *testing.T, lines []string, light bool) image.Image {
	t.Helper()
	const side = 4
	ink := map[rune][2]bool{' ': {}, '▀': {true, false}, '▄': {false, true}, '█': {true, true}}
	wide := len([]rune(lines[0]))
	img := image.NewGray(image.Rect(0, 0, wide*side, 2*len(lines)*side))
	for row, line := range lines {
		if len([]rune(line)) != wide {
			t.Fatalf("row %d has %d columns, not %d", row, len([]rune(line)), wide)
		}
		for column, mark := range []rune(line) {
			halves, known := ink[mark]
			if !known {
				t.Fatalf("%q in a QR code", mark)
			}
			for half, inked := range halves {
				if inked != light {
					continue // black
				}
				for y := range side {
					for x := range side {
						img.SetGray(column*side+x, (2*row+half)*side+y, color.Gray{255})
					}
				}
			}
		}
	}
	return img
}

// drawn takes the lines of a code out of what was written to a terminal.
func drawn(screen string) (lines []string) {
	for line := range strings.Lines(screen) {
		if _, rest, coloured := strings.Cut(line, codes.BlackOnWhite); coloured {
			lines = append(lines, strings.TrimSuffix(strings.TrimRight(rest, "\r\n"), codes.UsualColours))
		}
	}
	return lines
}

// shows is the code of a scanned key.
func (p *program) shows(t *testing.T, key *library.Key, after time.Duration) string {
	t.Helper()
	code, err := totp.GenerateCodeCustom(key.Secret(), p.now.Add(after), totp.ValidateOpts{
		Period: uint(key.Period()), Digits: key.Digits(), Algorithm: key.Algorithm()})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func keyOf(t *testing.T, uri string) *library.Key {
	t.Helper()
	key, err := library.NewKeyFromURL(strings.TrimSpace(uri))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// scanned waits for the code on a person's terminal and reads it.
func (p *person) scanned() *library.Key {
	p.t.Helper()
	p.sees("The code that the app shows now: ", 1)
	return keyOf(p.t, scan(p.t, pictured(p.t, drawn(p.screen()), false)))
}

// everything is what the store and the folders about it hold.
func (p *program) everything(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	for _, args := range [][]string{{"list", "--json"}, {"batch", "list", "--virtual", "--json"}, {"audit", "log", "--json"}, {"audit", "verify"}} {
		b.WriteString(p.must(t, args...).out)
	}
	return b.String()
}

func founded(t *testing.T) *program {
	t.Helper()
	p := newProgram(t)
	p.must(t, "init")
	return p
}

// The whole of it: the code on the terminal, in the image and the text of the URI
// are one key; its code binds; every list says that it is software.
func TestVirtual(t *testing.T) {
	p := founded(t)
	dir := t.TempDir()
	img, text := filepath.Join(dir, "anna.png"), filepath.Join(dir, "anna.txt")
	at := p.sit(t, "virtual", "anna+otp@example.com", "--issuer", "ACME & Söhne", "--png", img, "--uri", text, "--ticket", "T-24")
	key := at.scanned()
	data, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	uri, err := os.ReadFile(text)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := scan(t, picture), strings.TrimSpace(string(uri)); a != key.String() || b != key.String() {
		t.Errorf("terminal %s\nimage %s\nfile %s", key, a, b)
	}
	if key.Issuer() != "ACME & Söhne" || key.AccountName() != "anna+otp@example.com" || key.Digits() != 6 || key.Period() != 30 ||
		!strings.HasPrefix(key.String(), "otpauth://totp/ACME%20%26%20S%C3%B6hne:anna%2Botp@example.com?secret=") ||
		!strings.HasSuffix(key.String(), "&issuer=ACME%20%26%20S%C3%B6hne&algorithm=SHA1&digits=6&period=30") {
		t.Errorf("the key is %s", key)
	}
	for _, path := range []string{img, text} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", path, info.Mode(), err)
		}
	}
	at.types(p.shows(t, key, 0) + "\n")
	at.ends(term.ExitDone, "is bound to anna+otp@example.com (software: an authenticator app); its clock is right.", img+" holds the seed")
	at.sees(codes.UsualScreen, 1)
	if strings.Contains(at.errs.String()+at.screen(), key.Secret()) {
		t.Error("the seed is readable")
	}
	list := p.must(t, "list").out
	serial, _, _ := strings.Cut(list, "\t")
	if !strings.HasPrefix(serial, "VIRT-") || !strings.HasSuffix(list, "\tsoftware\n") || strings.Count(list, "\n") != 1 {
		t.Errorf("the list is %q", list)
	}
	export := filepath.Join(dir, "x.csv")
	p.must(t, "export", export)
	if rows, err := os.ReadFile(export); err != nil || !strings.Contains(string(rows), `"software","authenticator app"`) || !strings.Contains(string(rows), `"true","",`) {
		t.Errorf("the export is %s, %v", rows, err)
	}
	p.must(t, "audit", "verify")
	if all := p.must(t, "audit", "log", "--json").out; strings.Contains(all, key.Secret()) || strings.Count(all, `"T-24"`) != 2 {
		t.Errorf("the trail is %s", all)
	}
}

// Whatever ends a conversation early leaves nothing: no token, no event, no file.
func TestVirtualLeavesNothing(t *testing.T) {
	wrong := func(at *person) {
		for n := range 2 * codes.EnrolTries {
			at.types([]string{"000000", "111111"}[n%2] + "\n")
			if n < 2*codes.EnrolTries-1 {
				at.sees(": ", n+2)
			}
		}
	}
	for name, c := range map[string]struct {
		end  func(*person)
		exit int
	}{
		"Ctrl-C":         {func(at *person) { at.types("123\x03") }, term.ExitInterrupted},
		"Ctrl-\\":        {func(at *person) { at.types("123\x1c") }, term.ExitInterrupted},
		"Ctrl-D":         {func(at *person) { at.types("\x04") }, term.ExitInterrupted},
		"hang up":        {func(at *person) { at.types("123"); at.tty.Close() }, term.ExitInterrupted},
		"second, Ctrl-C": {func(at *person) { at.types("000000\n"); at.sees("when it changes: ", 1); at.types("\x03") }, term.ExitInterrupted},
		"wrong codes":    {wrong, term.ExitCode},
	} {
		t.Run(name, func(t *testing.T) {
			p := founded(t)
			before := p.everything(t)
			dir := t.TempDir()
			at := p.sit(t, "virtual", "anna@example.com", "--png", filepath.Join(dir, "a.png"), "--uri", filepath.Join(dir, "a.txt"))
			at.scanned()
			c.end(at)
			at.ends(c.exit)
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("files are left: %v %v", left, err)
			}
			if after := p.everything(t); after != before {
				t.Errorf("before: %s\nafter: %s", before, after)
			}
		})
	}
}

// A first code that does not fit is no end: with the next one a phone whose clock
// is wrong is known, and that is said.
func TestVirtualOfAWrongClock(t *testing.T) {
	p := founded(t)
	at := p.sit(t, "virtual", "anna@example.com")
	key := at.scanned()
	if key.Issuer() != "example.com" {
		t.Errorf("the issuer is %q", key.Issuer())
	}
	at.types(p.shows(t, key, -20*time.Minute) + "\n")
	at.sees("That code does not match.", 1)
	at.types(p.shows(t, key, -20*time.Minute+30*time.Second) + "\n")
	at.ends(term.ExitDone, "min slow")
	p.must(t, "audit", "verify")
}

// The policy's demands are those of bind, and its own.
func TestVirtualByPolicy(t *testing.T) {
	p := founded(t)
	p.must(t, "policy", "set", "codes-needed=2", "tokens-per-account=1", "require.virtual=proof", "--approved-by", "Eva Brandt")
	at := p.sit(t, "virtual", "anna@example.com")
	at.ends(term.ExitRefused, "the policy demands --proof of virtual")
	at = p.sit(t, "virtual", "anna@example.com", "--proof", "video call", "--digits", "8", "--period", "60", "--hash", "sha256")
	key := at.scanned()
	if key.Digits() != 8 || key.Period() != 60 || key.Algorithm() != library.AlgorithmSHA256 {
		t.Errorf("the key is %s", key)
	}
	at.types(p.shows(t, key, -time.Minute) + "\n")
	at.sees("The next code, when it changes: ", 1)
	at.types(p.shows(t, key, 0) + "\n")
	at.ends(term.ExitDone, "is bound to anna@example.com")
	at = p.sit(t, "virtual", "ANNA@example.com", "--proof", "video call")
	at.ends(term.ExitNotAllowed, "anna@example.com has 1 tokens, and the policy allows 1 an account")
	p.must(t, "audit", "verify")
}

// An app that goes on with six digits and SHA-1 whatever it was told is found out.
func TestVirtualOfAnAppWithItsOwnParameters(t *testing.T) {
	p := founded(t)
	at := p.sit(t, "virtual", "anna@example.com", "--hash", "sha512")
	told := at.scanned()
	own := keyOf(t, strings.Replace(told.String(), "SHA512", "SHA1", 1))
	at.types(p.shows(t, own, 0) + "\n")
	at.sees("The next code, when it changes: ", 1)
	at.types(p.shows(t, own, 30*time.Second) + "\n")
	at.sees("this app takes no other parameters than its own", 1)
	at.types("\x03")
	at.ends(term.ExitInterrupted)
}

// sized starts a command on a terminal of so many columns and rows.
func (p *program) sized(t *testing.T, columns, rows uint16, args ...string) *person {
	t.Helper()
	return p.sitAt(t, func(tty *os.File) {
		if err := unix.IoctlSetWinsize(int(tty.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns, Row: rows}); err != nil {
			t.Fatal(err)
		}
	}, args...)
}

// The terminal that everybody has, 80 columns by 24 rows, shows the code of an
// ordinary account; a smaller one is told, and offered an image.
func TestVirtualOnATerminalOfAnySize(t *testing.T) {
	p := founded(t)
	at := p.sized(t, 80, 24, "virtual", "anna@example.com")
	key := at.scanned()
	if lines := drawn(at.screen()); len(lines) > 23 {
		t.Errorf("%d rows", len(lines))
	}
	at.types(p.shows(t, key, 0) + "\n")
	at.ends(term.ExitDone)
	before := p.everything(t)
	for _, size := range [][2]uint16{{40, 60}, {80, 12}} {
		at = p.sized(t, size[0], size[1], "virtual", "ben@example.com")
		at.ends(term.ExitUsage, "the QR code takes ", "or let an image be made: --png FILE")
	}
	if after := p.everything(t); after != before {
		t.Errorf("something changed: %s", after)
	}
	img := filepath.Join(t.TempDir(), "ben.png")
	at = p.sized(t, 40, 12, "virtual", "ben@example.com", "--png", img)
	at.sees("The QR code is larger than this terminal: it is in "+img, 1)
	at.sees("The code that the app shows now: ", 1)
	data, err := os.ReadFile(img)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	at.types(p.shows(t, keyOf(t, scan(t, picture)), 0) + "\n")
	at.ends(term.ExitDone, "is bound to ben@example.com")
	at = p.sized(t, 40, 12, "virtual", "cleo@example.com", "--uri", filepath.Join(t.TempDir(), "u.txt"))
	at.sees("larger than this terminal: the key's URI, which apps take by hand or as a link, is in ", 1)
	at.sees("The code that the app shows now: ", 1)
	at.types("\x03")
	at.ends(term.ExitInterrupted)
}

// Without colours the terminal is taken for light on dark.
func TestQRWithoutColours(t *testing.T) {
	const uri = "otpauth://totp/a:b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=a"
	code, err := codes.NewQR(token.NewSeed([]byte(uri)))
	if err != nil {
		t.Fatal(err)
	}
	for quiet := codes.QuietZoneLeast; quiet <= codes.QuietZone; quiet++ {
		lines := strings.Split(strings.TrimSuffix(code.Blocks(quiet, false), "\n"), "\n")
		if got := scan(t, pictured(t, lines, true)); got != uri {
			t.Errorf("it says %s", got)
		}
	}
	if _, err := codes.NewQR(token.NewSeed(bytes.Repeat([]byte("a"), 3000))); term.ExitOf(err) != term.ExitUsage || strings.Contains(err.Error(), "aaa") {
		t.Errorf("of a text too long: %v", err)
	}
}

// What an app shows ends a virtual token, or a reason; its seed goes with it.
func TestUnbindVirtual(t *testing.T) {
	p := founded(t)
	at := p.sit(t, "virtual", "anna@example.com")
	key := at.scanned()
	at.types(p.shows(t, key, 0) + "\n")
	at.ends(term.ExitDone)
	serial, _, _ := strings.Cut(p.must(t, "list").out, "\t")
	for _, args := range [][]string{{"--returned"}, {"--missing"}, {"--condition", "whole"}} {
		if got := p.run(append([]string{"unbind", serial, "--yes"}, args...)...); got.exit != term.ExitUsage || !strings.Contains(got.err, "an app is neither returned nor missing") {
			t.Errorf("%q: exit %d, %s", args, got.exit, got.err)
		}
	}
	if got := p.run("unbind", serial, "--yes", "--json"); got.exit != term.ExitUsage || !strings.Contains(got.err, "--reason") {
		t.Errorf("JSON without a code: exit %d, %s", got.exit, got.err)
	}
	p.now = p.now.Add(time.Minute)
	if got := p.run("unbind", serial, "--yes", "--code", "000000"); got.exit != term.ExitCode {
		t.Errorf("a wrong code: exit %d, %s", got.exit, got.err)
	}
	for _, args := range [][]string{{"bind", serial, "ben", "--code", p.shows(t, key, 0)}, {"assign", serial, "ben"}, {"release", serial}, {"quarantine", serial}} {
		if got := p.run(args...); got.exit != term.ExitNotAllowed {
			t.Errorf("%q: exit %d, %s", args, got.exit, got.err)
		}
	}
	at = p.sit(t, "unbind", serial, "--yes")
	at.sees("The code it shows now: ", 1)
	at.types(p.shows(t, key, 0) + "\n")
	at.ends(term.ExitDone, "is retired now")
	if got := p.must(t, "show", serial).out; !strings.Contains(got, "seed\tdestroyed\n") || !strings.Contains(got, "device\tsoftware\n") {
		t.Errorf("it is %s", got)
	}
	at = p.sit(t, "virtual", "anna@example.com")
	key = at.scanned()
	at.types(p.shows(t, key, 0) + "\n")
	at.ends(term.ExitDone)
	serial, _, _ = strings.Cut(p.must(t, "list", "--state", "bound").out, "\t")
	people := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(people, []byte("login\nben\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := p.must(t, "reconcile", people, "--unknown-left", "--at-least", "0").out; strings.Contains(got, "--returned") || !strings.Contains(got, "`fob unbind "+serial+" --reason TEXT`") {
		t.Errorf("of a leaver: %s", got)
	}
	if got := p.run("account", "erase", "anna@example.com", "--yes", "--reason", "asked", "--approved-by", "Eva"); got.exit != term.ExitNotAllowed || !strings.Contains(got.err, "--reason TEXT") {
		t.Errorf("erased: exit %d, %s", got.exit, got.err)
	}
	if got := p.must(t, "unbind", serial, "--yes", "--reason", "phone was replaced").out; !strings.Contains(got, "is retired now") {
		t.Errorf("by a reason: %s", got)
	}
	p.must(t, "audit", "verify")
}
