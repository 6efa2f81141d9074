package xmlstream

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// The buffer holds no secret once a package is written, even one that outgrew it.
func TestWriterForgets(t *testing.T) {
	x := NewWriter(io.Discard, "")
	x.Base64("PlainValue", []byte("12345678901234567890"))
	first := x.buf[:cap(x.buf)]
	x.Raw(strings.Repeat("x", cap(x.buf)))
	if bytes.Contains(first, []byte("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=")) {
		t.Error("the buffer that was outgrown has the secret")
	}
	second := x.buf[:cap(x.buf)]
	if !bytes.Contains(second, []byte("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=")) {
		t.Error("the secret was lost")
	}
	if err := x.Flush(); err != nil || bytes.Contains(second, []byte("MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=")) {
		t.Error("the buffer that was written has the secret", err)
	}
}

// What a Reader reads is what was written; what cannot come back so is a fault.
func TestWriter(t *testing.T) {
	var out bytes.Buffer
	x := NewWriter(&out, "p")
	text := "a<&>\"'\t\r\n]]>\u20ac\ufffd"
	x.Open(`a xmlns:p="u"`, "b", text, "c", "")
	x.Text("d", text)
	x.Optional("e", "")
	x.Element(":f", nil)
	x.Close("a")
	if err := x.Err; err != nil || x.Flush() != nil {
		t.Fatal(err)
	}
	r := NewReader(&out, Format{})
	got := ""
	for ev, err := r.Next(); err == nil; ev, err = r.Next() {
		switch ev {
		case Start:
			got += "<" + r.Name.Space + r.Name.Local + r.Attr("b") + r.Attr("c")
		case End:
			got += ">"
		case Text:
			got += string(r.Text)
		}
	}
	if got != "<ua"+text+"<ud"+text+"><f>>" {
		t.Errorf("%q", got)
	}
	for name, value := range map[string]string{
		"white space": " x", "a character": "\x00", "a character ": "\xff", "a character  ": "\uffff", "more than 64 KiB": strings.Repeat("<", MaxToken/4),
	} {
		if x.Text("a", value); x.Err == nil || !strings.Contains(x.Err.Error(), strings.TrimSpace(name)) {
			t.Errorf("%s: %v", name, x.Err)
		}
		if x.Forget(); x.Err != nil {
			t.Error(x.Err)
		}
	}
}
