package otp_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"fob/internal/otp"
)

func TestParseCode(t *testing.T) {
	for text, want := range map[string]string{
		"123456":                    "123456",
		"000000":                    "000000",
		"012345":                    "012345",
		" 123 456 ":                 "123456",
		"123-456":                   "123456",
		"123\u00a0456":              "123456",
		"123\u2013456":              "123456",
		"\t12 34-56":                "123456",
		"------123456":              "123456",
		"1 2 3 4 5 6 - - - - - - -": "123456",
	} {
		got, err := otp.ParseCode(text, 6)
		if err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestParseCodeRefuses(t *testing.T) {
	for _, c := range []struct {
		text   string
		reason otp.Reason
		says   string
	}{
		{"", otp.WrongLength, "empty"},
		{" - ", otp.WrongLength, "empty"},
		{"12345", otp.WrongLength, "5 digits, this token's codes have 6"},
		{"1", otp.WrongLength, "1 digit,"},
		{"1234567", otp.WrongLength, "7 digits"},
		{"12345O", otp.NotDigits, "letter O | tokens show digits only: is it the digit 0?"},
		{"o12345", otp.NotDigits, "letter o | tokens show digits only: is it the digit 0?"},
		{"l23456", otp.NotDigits, "letter l | tokens show digits only: is it the digit 1?"},
		{"I23456", otp.NotDigits, "letter I | tokens show digits only: is it the digit 1?"},
		{"12345B", otp.NotDigits, "letter B"},
		{"+12345", otp.NotDigits, "'+'"},
		{"12345.", otp.NotDigits, "'.'"},
		{"12345\n", otp.NotDigits, "U+000A"},
		{"12345\x00", otp.NotDigits, "U+0000"},
		{"12345\x1b[2J", otp.NotDigits, "U+001B"},
		{"\u0661\u0662\u0663\u0664\u0665\u0666", otp.NotDigits, "U+0661, a digit of another script"},
		{"12345\uff16", otp.NotDigits, "U+FF16, a digit of another script"},
		{"12345\u2014", otp.NotDigits, "U+2014"},
		{"12345\xff", otp.NotDigits, "bytes that are no text"},
		{"12345\ufffd", otp.NotDigits, "U+FFFD"},
	} {
		code, err := otp.ParseCode(c.text, 6)
		if err == nil || code != "" {
			t.Errorf("%q: accepted as %q", c.text, code)
			continue
		}
		if err.Reason != c.reason || !strings.Contains(err.Error()+" | "+err.Hint, c.says) {
			t.Errorf("%q: %s %q | %q, want %s, %q", c.text, err.Reason, err.Msg, err.Hint, c.reason, c.says)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"", "123456", "123 456", "12-34\u20135678", "12345O", "\xff\xfe", "\u0661\u00a0"} {
		f.Add(s, 6)
		f.Add(s, 8)
	}
	f.Fuzz(func(t *testing.T, text string, digits int) {
		code, err := otp.ParseCode(text, digits)
		if err != nil {
			checkCodeError(t, text, code, err)
			return
		}
		if len(code) != digits || strings.Trim(code, "0123456789") != "" {
			t.Fatalf("%q became %q", text, code)
		}
		var kept strings.Builder
		for _, r := range text {
			if r >= '0' && r <= '9' {
				kept.WriteRune(r)
			}
		}
		if kept.String() != code {
			t.Fatalf("%q became %q", text, code)
		}
	})
}

// An error has words, names a reason of its own, gives no code, and shows no
// byte that a terminal could take for a command.
func checkCodeError(t *testing.T, text, code string, err *otp.CodeError) {
	t.Helper()
	if code != "" || err.Msg == "" || err.Hint == "" {
		t.Fatalf("%q: %q, %+v", text, code, err)
	}
	if err.Reason != otp.WrongLength && err.Reason != otp.NotDigits {
		t.Fatalf("%q: reason %q", text, err.Reason)
	}
	for _, r := range err.Msg + err.Hint {
		if r < ' ' || r >= utf8.RuneSelf {
			t.Fatalf("%q: the message holds %U", text, r)
		}
	}
}
