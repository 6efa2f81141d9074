package rows

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// events writes down what is met in a document.
func events(in io.Reader) (all string, err error) {
	m := newMarkup(in)
	var b strings.Builder
	for {
		if err := m.next(); err != nil {
			return b.String(), err
		}
		switch m.kind {
		case startTag:
			fmt.Fprintf(&b, "<%s r=%q>", m.name, m.attr("r"))
		case endTag:
			fmt.Fprintf(&b, "</%s>", m.name)
		case someText:
			fmt.Fprintf(&b, "%q", strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(m.text)))
		}
	}
}

// library writes down what encoding/xml meets.
func library(text string) (string, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	var b strings.Builder
	for {
		t, err := d.Token()
		if err != nil {
			return b.String(), err
		}
		switch t := t.(type) {
		case xml.StartElement:
			r := ""
			for _, a := range t.Attr {
				if a.Name.Local == "r" {
					r = a.Value
					break
				}
			}
			fmt.Fprintf(&b, "<%s r=%q>", t.Name.Local, r)
		case xml.EndElement:
			fmt.Fprintf(&b, "</%s>", t.Name.Local)
		case xml.CharData:
			fmt.Fprintf(&b, "%q", t)
		}
	}
}

func TestMarkup(t *testing.T) {
	for text, want := range map[string]string{
		`<a/>`: `<a r=""></a>`,
		`<?xml version="1.0" encoding="UTF-8"?><!-- > - -- ><x --><x:a r='1"' x:r="2"><b s=">"/>&lt;&#x41;<![CDATA[<&]]></x:a>`: `<a r="1\""><b r=""></b>"<A""<&"</a>`,
		"\ufeff<a>\u00e9\n</a>\n": "<a r=\"\">\"é\\n\"</a>",
	} {
		got, err := events(strings.NewReader(text))
		if err != io.EOF || got != want {
			t.Errorf("%q: %s %v", text, got, err)
		}
	}
	for _, text := range []string{
		"", " ", "a", "<a>", "<a></b>", "<a/><b/>", "<a/>x", "<a", "<a b>", "<a b=c/>", `<a b="1"c="2"/>`, `<a b="1" b="2"/>`, `<a b="<"/>`,
		"<a>&x;</a>", "<a>&#0;</a>", "<a>\x00</a>", "<a>\xff</a>", "<a>]]></a>", "<!DOCTYPE a><a/>", "<a><!-- </a>", "<a><![CDATA[ </a>", "<a>&#xFFFFFFF;</a>",
		`<?xml version="1.0" encoding="UTF-16"?><a/>`, "<a>&lt</a>", "</a>", "< a/>", "<a>" + strings.Repeat("<a>", maxElements) + strings.Repeat("</a>", maxElements+1),
	} {
		if got, err := events(strings.NewReader(text)); err != errXML {
			t.Errorf("%q: %s %v", text, got, err)
		}
	}
	long := strings.Repeat("x", 100<<10) // more than the buffer
	got, err := events(strings.NewReader(`<a r="` + long + `">` + long + "<!--" + long + "--></a>"))
	if err != io.EOF || got != fmt.Sprintf("<a r=%q>%q</a>", long, long) {
		t.Error(len(got), err)
	}
}

// FuzzMarkup: what is taken for well-formed, encoding/xml reads in the same way.
func FuzzMarkup(f *testing.F) {
	for _, text := range []string{
		`<a r="1"><b/>x&amp;<!-- c --><![CDATA[y]]></a>`, `<?xml version='1.0'?><x:a xmlns:x='u'><x:b r='&#65;'>z</x:b></x:a>`, "<a\n r = '>'\t/>", "<a>\r\n\r</a>",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := events(strings.NewReader(text))
		bytewise, errBytewise := events(iotest.OneByteReader(strings.NewReader(text)))
		if got != bytewise || err != errBytewise {
			t.Fatalf("%q %v, byte by byte %q %v", got, err, bytewise, errBytewise)
		}
		if err != io.EOF {
			return
		}
		want, err := library(strings.TrimPrefix(text, "\ufeff"))
		if err == io.EOF && strings.Join(strings.Split(got, `""`), "") != strings.Join(strings.Split(want, `""`), "") {
			t.Fatalf("%s\nencoding/xml: %s", got, want)
		}
	})
}
