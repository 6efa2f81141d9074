package xmlstream

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"fob/internal/fault"
	"fob/internal/testkit"
)

// scanned tells in words what a reader makes of a text: elements with their
// namespaces and attributes, and the text between them.
func scanned(in io.Reader) (words string, err error) {
	r := NewReader(in, Format{Name: "XML", Hint: "try again"})
	var out strings.Builder
	for {
		ev, err := r.Next()
		switch {
		case err == io.EOF:
			return out.String(), nil
		case err != nil:
			return out.String(), err
		case ev == Start:
			fmt.Fprintf(&out, "\n<%s %s", r.Name.Space, r.Name.Local)
			for _, a := range r.Attrs {
				fmt.Fprintf(&out, " %s %s=%q", a.Name.Space, a.Name.Local, a.Value)
			}
			out.WriteString(">\n")
		case ev == End:
			out.WriteString("\n</>\n")
		default:
			out.Write(bytes.ReplaceAll(r.Text, newline, []byte("\\n")))
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
	for depth := 0; ; {
		t, err := d.Token()
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return out.String(), err
		}
		switch t := t.(type) {
		case xml.StartElement:
			depth++
			fmt.Fprintf(&out, "\n<%s %s", t.Name.Space, t.Name.Local)
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && (a.Name != xml.Name{Local: "xmlns"}) {
					fmt.Fprintf(&out, " %s %s=%q", a.Name.Space, a.Name.Local, a.Value)
				}
			}
			out.WriteString(">\n")
		case xml.EndElement:
			depth--
			out.WriteString("\n</>\n")
		case xml.CharData:
			if depth > 0 { // white space around the root says nothing
				out.Write(bytes.ReplaceAll(t, newline, []byte("\\n")))
			}
		}
	}
}

// What the reader takes, encoding/xml takes too and understands alike. White space
// in attributes alone is what XML says, not what encoding/xml does.
func FuzzReader(f *testing.F) {
	for _, family := range []string{"pskc", "etoken-xml", "deepnet"} {
		testkit.Corpus(f, "../../testdata/seedfiles/"+family+"/*.xml")
	}
	for _, text := range odd {
		f.Add([]byte(text))
	}
	f.Add([]byte(`<A ::=""/>`))
	f.Add([]byte(`<A xmlns::="u"/>`))
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
	"\ufeff<?xml version='1.0'?><x:a xmlns:x='u' r='1\"' x:r='2'><b s=\">\"/>&lt;&#x41;<![CDATA[<&]]></x:a>\n", "<a>\r\n\r</a><!-- x --><?y z?>\n",
	"<a b='" + strings.Repeat("x", MaxToken-9) + "'/>", "<a>" + strings.Repeat("x", MaxToken) + "<!--" + strings.Repeat("x", MaxToken-7) + "--></a>",
}

func TestOddXML(t *testing.T) {
	for _, text := range odd {
		got, err := scanned(strings.NewReader(text))
		want, err2 := asEncodingXML([]byte(text))
		if err != nil || err2 != nil || spaced(got) != spaced(want) {
			t.Errorf("%.100s: %s %v, want %s %v", text, got, err, want, err2)
		}
	}
	if got, err := scanned(strings.NewReader("<a b='1\r\n2\t3&#10;4'/>")); err != nil || !strings.Contains(got, `b="1 2 3\n4"`) {
		t.Error(got, err)
	}
}

// Forms that encoding/xml lets pass, and XML does not, or fob does not.
func TestRefusedXML(t *testing.T) {
	for text, want := range map[string]string{
		"":                           "the file has no XML element",
		" \n<!-- x -->":              "the file has no XML element",
		"a":                          "text before the first element",
		"<a/>x":                      "text behind the end of the root element",
		"<a/><![CDATA[]]>":           "not well-formed",
		"<a/><b/>":                   "a second root element, <b>",
		"<a b='1'c='2'/>":            "not well-formed",
		"<a b/>":                     "not well-formed",
		"<a b=1/>":                   "not well-formed",
		"<a b=c/>":                   "not well-formed",
		"<a b='<'/>":                 "not well-formed",
		"< a/>":                      "not well-formed",
		"<a/ >":                      "not well-formed",
		"<a></ a>":                   "not well-formed",
		"<a></a b>":                  "not well-formed",
		"<a>]]></a>":                 "not well-formed",
		"<a><!-- -- --></a>":         "not well-formed",
		"<1/>":                       "not well-formed",
		"<a></b>":                    "<b> is closed where it is not open",
		"</a>":                       "<a> is closed where it is not open",
		"<a b='1' b='2'/>":           "an attribute stands twice in <a>",
		"<x:a/>":                     "a has a prefix that is not declared",
		"<a b='&x;'/>":               "an entity",
		"<a>&</a>":                   "an entity",
		"<a>&lt</a>":                 "an entity",
		"<a>&#x;</a>":                "an entity",
		"<a>&#+1;</a>":               "an entity",
		"<a>&#xFFFFFFFF0;</a>":       "an entity",
		"<a>&#0;</a>":                "a character",
		"<a>&#xFFFFFFF;</a>":         "a character",
		"<a>&#xD800;</a>":            "a character",
		"<a>&#x110000;</a>":          "a character",
		"<a>\xed\xa0\x80</a>":        "a character",
		"<a>\x00</a>":                "a character",
		"<a><!-- \x00 --></a>":       "a character",
		"<a><![CDATA[\xff]]></a>":    "a character",
		"<a b='\x0b'/>":              "a character",
		"<a>\ufffe</a>":              "a character",
		"<a><? y?></a>":              "not well-formed",
		"<a><?x\x00?></a>":           "not well-formed",
		"<a><?XML version='1.0'?>":   "misspelt",
		"<?xml encoding='utf-8'?>":   "another version",
		"<?xml version='1.0' a=''?>": "not well-formed",
		" <?xml version='1.0'?><a/>": "not at the beginning",
		"<?xml version='1.0' encoding='UTF-16'?><a/>": "another encoding",
		"<!DOCTYPE a><a/>":                            "a DOCTYPE",
		"<a><![cdata[x]]></a>":                        "a DOCTYPE",
		"<a:b:c xmlns:a='u'/>":                        "a name with a colon",
		"<a><!":                                       "a DOCTYPE",
		"<a><":                                        "cut off inside <a>",
		"<a":                                          "the file is cut off",
		"<a><!--":                                     "cut off inside <a>",
		"<a><!-- --":                                  "cut off inside <a>",
		"<a b='":                                      "the file is cut off",
		"<a><![CDATA[":                                "cut off inside <a>",
		"<a>":                                         "cut off inside <a>",
		"<a><GB34567AB34567AB>":                       "cut off inside an element with a name too long to show",
		"<a b='" + strings.Repeat("x", MaxToken) + "'/>":      "a text or tag of more than 64 KiB",
		"<a>" + strings.Repeat("x", MaxToken+1):               "a text or tag of more than 64 KiB",
		"<a><!--" + strings.Repeat("x", MaxToken):             "a text or tag of more than 64 KiB",
		strings.Repeat("<a>", MaxDepth+1):                     "nested more than 32 deep",
		"<a " + strings.Repeat(" b=''", MaxAttributes) + "/>": "an attribute stands twice",
	} {
		for name, in := range map[string]io.Reader{"whole": strings.NewReader(text), "bytewise": iotest.OneByteReader(strings.NewReader(text))} {
			_, err := scanned(in)
			if fault.KindOf(err) != fault.Refused || fault.HintOf(err) == "" || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %.80q: %v, want %s", name, text, err, want)
			}
		}
	}
}

// A reader that asks for longer tokens gets them, in memory that grows with them.
func TestLongerTokens(t *testing.T) {
	const longest = 512 << 10
	text := strings.Repeat("x", longest-10)
	r := NewReader(iotest.HalfReader(strings.NewReader("<a b='"+text+"'>"+text+"</a>")), Format{Longest: longest})
	if ev, err := r.Next(); ev != Start || err != nil || r.Attr("b") != text {
		t.Fatal(ev, err)
	}
	if ev, err := r.Next(); ev != Text || err != nil || string(r.Text) != text {
		t.Fatal(ev, err)
	}
	r = NewReader(strings.NewReader("<a>"+text+text), Format{Longest: longest})
	_, _ = r.Next()
	if _, err := r.Next(); err == nil || !strings.Contains(err.Error(), "more than 512 KiB") {
		t.Error(err)
	}
}

// Trouble of the reader below is passed on as it is.
func TestTroubleBelow(t *testing.T) {
	trouble := errors.New("the disk")
	for _, text := range []string{"", "<r>", "<r><a>1", "<r></r>"} {
		if _, err := scanned(io.MultiReader(strings.NewReader(text), iotest.ErrReader(trouble))); err != trouble {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// What was read is overwritten, a buffer that was too small included.
func TestForget(t *testing.T) {
	secret := strings.Repeat("secret", 20<<10)
	r := NewReader(strings.NewReader("<a>"+secret+"&lt;</a>"), Format{Longest: 512 << 10})
	first := r.buf
	for _, err := r.Next(); err == nil; _, err = r.Next() {
	}
	if &first[0] == &r.buf[0] || bytes.Contains(first, []byte("secret")) || !bytes.Contains(r.buf, []byte("secret")) {
		t.Error("the outgrown buffer has the secret, or nothing was outgrown")
	}
	if r.Forget(); bytes.Contains(r.buf, []byte("secret")) || bytes.Contains(r.plain, []byte("secret")) {
		t.Error("the secret is there")
	}
}
