package pskc

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"fob/internal/testkit"
)

// scanned tells in words what a scanner makes of a text: elements with their
// namespaces and attributes, and the text between them.
func scanned(r io.Reader) (words string, err error) {
	s := newScanner(r)
	var out strings.Builder
	for {
		ev, err := s.next()
		switch {
		case err == io.EOF:
			return out.String(), nil
		case err != nil:
			return out.String(), err
		case ev == begins:
			fmt.Fprintf(&out, "\n<%s %s", s.name.Space, s.name.Local)
			for _, a := range s.attrs {
				fmt.Fprintf(&out, " %s %s=%q", a.Name.Space, a.Name.Local, a.Value)
			}
			out.WriteString(">\n")
		case ev == ends:
			out.WriteString("\n</>\n")
		default:
			out.Write(bytes.ReplaceAll(s.text, newline, []byte("\\n")))
		}
	}
}

// blanks makes of white space what XML 1.0 makes of it in attributes and
// encoding/xml leaves as it is.
var blanks = strings.NewReplacer("\n", " ", "\t", " ")

// asEncodingXML tells the same in the words of encoding/xml.
func asEncodingXML(text []byte) (words string, err error) {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	var out strings.Builder
	for {
		t, err := d.Token()
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return out.String(), err
		}
		switch t := t.(type) {
		case xml.StartElement:
			fmt.Fprintf(&out, "\n<%s %s", t.Name.Space, t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && (a.Name != xml.Name{Local: "xmlns"}) {
					fmt.Fprintf(&out, " %s %s=%q", a.Name.Space, a.Name.Local, a.Value)
				}
			}
			out.WriteString(">\n")
		case xml.EndElement:
			out.WriteString("\n</>\n")
		case xml.CharData:
			out.Write(bytes.ReplaceAll(t, newline, []byte("\\n")))
		}
	}
}

// What the scanner takes, encoding/xml takes too and understands alike: nobody
// can show one thing to fob and another to whoever looks at the file with other
// tools. White space in attributes alone is what XML says, not what encoding/xml
// does.
func FuzzScanner(f *testing.F) {
	testkit.Corpus(f, "../../testdata/seedfiles/pskc/*.xml")
	for _, text := range odd {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := scanned(bytes.NewReader(text))
		again, errAgain := scanned(iotest.OneByteReader(bytes.NewReader(text)))
		if got != again || fmt.Sprint(err) != fmt.Sprint(errAgain) {
			t.Fatalf("whole: %s %v\nbytewise: %s %v", got, err, again, errAgain)
		}
		if err != nil {
			return
		}
		want, err := asEncodingXML(text)
		if err != nil || spaced(got) != spaced(want) {
			t.Fatalf("we %s\nencoding/xml %s %v", got, want, err)
		}
	})
}

// spaced evens out white space in what was quoted.
func spaced(words string) string {
	return strings.NewReplacer(`\n`, " ", `\t`, " ").Replace(blanks.Replace(words))
}

// odd are texts that are XML, all but in each something rare.
var odd = []string{
	`<a b="&lt;&#65;&#x41;&apos;" c='"'>&amp;&gt;&quot;]] ></a>`,
	"<a>1\r\n2\r3</a>", "<a\r\n\tb='1\r\n2\t3'\n/>", "<a><![CDATA[<&]]]]><![CDATA[>]]></a>", "<a ><b/><b /></a >",
	"<a><!-- > - -> --></a>", "<ä:ö xmlns:ä='u' ä:ü='1'/>", "<a b='>'>x</a>", "<a>\u20ac\U0001F600</a>",
	"<?xml version='1.0' encoding='utf-8' standalone='no'?>\n<a/>", "<x:a xmlns:x='u'><y xmlns='v' x:b='1' xml:lang='de'/></x:a>",
}

func TestOddXML(t *testing.T) {
	for _, text := range odd {
		got, err := scanned(strings.NewReader(text))
		want, err2 := asEncodingXML([]byte(text))
		if err != nil || err2 != nil || spaced(got) != spaced(want) {
			t.Errorf("%s: %s %v, want %s %v", text, got, err, want, err2)
		}
	}
	if got, err := scanned(strings.NewReader("<a b='1\r\n2\t3&#10;4'/>")); err != nil || !strings.Contains(got, `b="1 2 3\n4"`) {
		t.Error(got, err)
	}
}

// Forms that encoding/xml lets pass, and XML does not, or PSKC does not.
func TestRefusedXML(t *testing.T) {
	for text, want := range map[string]string{
		"<a b='1'c='2'/>":            "not well-formed",
		"<a b/>":                     "not well-formed",
		"<a b=1/>":                   "not well-formed",
		"<a b='<'/>":                 "not well-formed",
		"< a/>":                      "not well-formed",
		"<a/ >":                      "not well-formed",
		"<a></ a>":                   "not well-formed",
		"<a></a b>":                  "not well-formed",
		"<a>]]></a>":                 "not well-formed",
		"<a><!-- -- --></a>":         "not well-formed",
		"<1/>":                       "not well-formed",
		"<a b='&x;'/>":               "an entity",
		"<a>&</a>":                   "an entity",
		"<a>&#x;</a>":                "an entity",
		"<a>&#+1;</a>":               "an entity",
		"<a>&#0;</a>":                "a character",
		"<a>&#xD800;</a>":            "a character",
		"<a>&#x110000;</a>":          "a character",
		"<a>\xed\xa0\x80</a>":        "a character",
		"<a><!-- \x00 --></a>":       "a character",
		"<a><![CDATA[\xff]]></a>":    "a character",
		"<a b='\x0b'/>":              "a character",
		"<a>\ufffe</a>":              "a character",
		"<a><? y?></a>":              "not well-formed",
		"<a><?x\x00?></a>":           "not well-formed",
		"<a><?XML version='1.0'?>":   "misspelt",
		"<?xml encoding='utf-8'?>":   "another version",
		"<?xml version='1.0' a=''?>": "not well-formed",
		"<a><![cdata[x]]></a>":       "a DOCTYPE",
		"<a:b:c xmlns:a='u'/>":       "a name with a colon",
		"<a><!":                      "a DOCTYPE",
		"<a><":                       "cut off inside <a>",
		"<a><!--":                    "cut off inside <a>",
		"<a><!-- --":                 "cut off inside <a>",
		"<a b='":                     "the file is cut off",
		"<a><![CDATA[":               "cut off inside <a>",
	} {
		if _, err := scanned(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
}
