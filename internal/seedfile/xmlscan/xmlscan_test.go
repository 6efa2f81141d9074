package xmlscan

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"fob/internal/fault"
	"fob/internal/xmlstream"
)

// read reads a file whose root holds elements of text, and gives the texts.
func read(r io.Reader) (all []string, complaints string, err error) {
	s := New(r, "Test XML")
	if err := s.Root("r"); err != nil {
		return nil, "", err
	}
	err = s.Fields([]string{"a", "b", "c"}, func(f string, args ...any) { complaints += fmt.Sprintf(f, args...) + "\n" },
		func(name string) error {
			v := s.Attr("v")
			unknown := s.UnknownAttr("v")
			b, err := s.Text()
			all = append(all, name+v+unknown+"="+string(b))
			return err
		})
	if err == nil {
		_, err = s.Next()
	}
	return all, complaints, err
}

func TestReads(t *testing.T) {
	for text, want := range map[string]string{
		"<r><a>1</a><b> 2 </b><c/></r>":                                  "a=1 b=2 c=",
		"\ufeff<?xml version='1.0' encoding='utf-8'?><r><a>1</a></r>":    "a=1",
		"<!-- x --><?x y?><r><!-- x --><a>1</a></r><!-- x -->\n":         "a=1",
		"<r xmlns='' xmlns:x='u' x:y='z'><a v='7' xmlns:z='u'>1</a></r>": "a7=1",
		"<r><a><![CDATA[<1>]]>&amp;&#50;</a></r>":                        "a=<1>&2",
		"<r><a w='7'/></r>":               "athe attribute w=",
		"<r><a V='7'/></r>":               "athe attribute V (it ought to be written v)=",
		"<r xmlns:x='u'><a x:v='7'/></r>": "athe attribute v (it ought to be written v)=",
		"<r></r>":                         "",
	} {
		all, complaints, err := read(iotest.OneByteReader(strings.NewReader(text)))
		if got := strings.Join(all, " "); got != want || complaints != "" || err != io.EOF {
			t.Errorf("%q: %q %q %v", text, got, complaints, err)
		}
	}
}

func TestComplaints(t *testing.T) {
	for text, says := range map[string]string{
		"<r><a>1</a><a>2</a></r>":    "<a> stands twice in <r>",
		"<r><A>1</A></r>":            "<A> (it ought to be written a) in <r> is not known",
		"<r><d><e>1</e></d></r>":     "<d> in <r> is not known, and may change what the codes are",
		"<r><GB34567AB34567A/></r>":  "<GB34567AB34567A> in <r>",
		"<r><GB34567AB34567AB/></r>": "<(not shown)> in <r>",
		"<r><é/></r>":                "<(not shown)> in <r>",
	} {
		_, complaints, err := read(strings.NewReader(text))
		if !strings.Contains(complaints, says) || err != io.EOF {
			t.Errorf("%q: %q %v", text, complaints, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	many := func(n int) string {
		text := ""
		for i := range n {
			text += fmt.Sprintf(" a%d=''", i)
		}
		return text
	}
	for text, says := range map[string]string{
		"":                             "the file has no XML element",
		" \n":                          "the file has no XML element",
		"serial,seed":                  "text before the first element",
		"<r>":                          "cut off inside <r>",
		"<r><a>31":                     "cut off inside <a>",
		"<r><a>1</a":                   "cut off inside <a>",
		"<r><!-- ":                     "cut off inside <r>",
		"<":                            "the file is cut off",
		"<r>x</r>":                     "text between the elements of <r>",
		"<r></r>x":                     "text behind the end",
		"<r></r><r/>":                  "a second root element",
		"<r></R>":                      "closed where it is not open",
		"<r><a></r></a>":               "closed where it is not open",
		"</r>":                         "closed where it is not open",
		"<r><a>1<b/></a></r>":          "an element inside a text",
		"<r><a>1<!-- -->2</a></r>":     "a comment or processing instruction inside the text of <a>",
		"<r><a>1<?x?>2</a></r>":        "a comment or processing instruction",
		"<!DOCTYPE r><r/>":             "a DOCTYPE",
		"<r><!ENTITY a 'b'></r>":       "a DOCTYPE",
		"<r><a>&b;</a></r>":            "an entity",
		"<r><a>&#0;</a></r>":           "a character that is not UTF-8",
		"<r><a>\x00</a></r>":           "a character that is not UTF-8",
		"<r><a>\xff</a></r>":           "a character that is not UTF-8",
		"<r><a><</a></r>":              "not well-formed",
		"<r><?xml version='1.0'?></r>": "an XML declaration that is not at the beginning",
		"<?xml version='1.1'?><r/>":    "another version than 1.0",
		"<?xml version='1.0' encoding='windows-1252'?><r/>": "another encoding than UTF-8",
		"\xff\xfe<\x00r\x00":    "written in UTF-16",
		"<\x00r\x00":            "written in UTF-16",
		"\x00<\x00r":            "written in UTF-16",
		"<x:r xmlns:x='u'/>":    "<r> is in a namespace",
		"<:r/>":                 "a name with a colon",
		"<r xmlns='u'/>":        "in a namespace",
		"<r><a xmlns='u'/></r>": "in a namespace",
		"<r v='1' v='2'/>":      "an attribute stands twice in <r>",
		"<r" + many(xmlstream.MaxAttributes+1) + "/>":                                             "has more than 64 attributes",
		strings.Repeat("<r>", xmlstream.MaxDepth+1):                                               "nested more than 32 deep",
		"<r><!--" + strings.Repeat("x", xmlstream.MaxToken):                                       "more than 64 KiB",
		"<r><a>" + strings.Repeat("x", xmlstream.MaxToken+1):                                      "more than 64 KiB",
		"<r><a>" + strings.Repeat("<![CDATA["+strings.Repeat("x", xmlstream.MaxToken/8)+"]]>", 9): "more than 64 KiB of text",
	} {
		for name, r := range map[string]io.Reader{"whole": strings.NewReader(text), "bytewise": iotest.OneByteReader(strings.NewReader(text))} {
			_, _, err := read(r)
			var e *fault.Error
			if !errors.As(err, &e) || e.Kind != fault.Refused || fault.HintOf(e) == "" || !strings.Contains(err.Error(), says) {
				t.Errorf("%s %.60q: %v, want %s", name, text, err, says)
			}
		}
	}
}

// Trouble of the reader below is passed on as it is.
func TestTroubleBelow(t *testing.T) {
	trouble := errors.New("the disk")
	for _, text := range []string{"", "<r>", "<r><a>1", "<r></r>"} {
		if _, _, err := read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(trouble))); !errors.Is(err, trouble) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
