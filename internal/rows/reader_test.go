package rows

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"fob/internal/fault"
)

// read returns all rows of a text as "line: field|field", and the error that
// ended it.
func read(r io.Reader) (got []string, notes []string, err error) {
	in := New(r)
	got, err = rowsOf(in)
	return got, in.Notes(), err
}

func rowsOf(in *Reader) (got []string, err error) {
	for {
		row, err := in.Next()
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		line := fmt.Sprintf("%d: %s", row.Line, bytes.Join(row.Fields, []byte("|")))
		if row.Unended {
			line += " (unended)"
		}
		got = append(got, line)
	}
}

func utf16Of(text string, order binary.ByteOrder, bom bool) []byte {
	var out []byte
	if bom {
		out = order.(binary.AppendByteOrder).AppendUint16(out, 0xFEFF)
	}
	for _, u := range utf16.Encode([]rune(text)) {
		out = order.(binary.AppendByteOrder).AppendUint16(out, u)
	}
	return out
}

func TestRows(t *testing.T) {
	le, be := binary.LittleEndian, binary.BigEndian
	cases := []struct {
		name, text string
		want       []string
		notes      []string
	}{
		{"plain", "a,b,c\nd,e,f\n", []string{"1: a|b|c", "2: d|e|f"}, nil},
		{"crlf", "a,b\r\nc,d\r\n", []string{"1: a|b", "2: c|d"}, nil},
		{"cr", "a,b\rc,d\r", []string{"1: a|b", "2: c|d"}, nil},
		{"mixed ends", "a,b\rc,d\r\ne,f\ng,h", []string{"1: a|b", "2: c|d", "3: e|f", "4: g|h (unended)"}, nil},
		{"empty", "", nil, nil},
		{"blank lines and comments", "\n# x,y\n a , b \n\t\n  #c\n,,\nc,d\n", []string{"3: a|b", "7: c|d"}, nil},
		{"empty fields", "a,,c,\n", []string{"1: a||c|"}, nil},
		{"one column", "a\nb\n", []string{"1: a", "2: b"}, nil},
		{"semicolons", "a;b\nc,5;d,5\n", []string{"1: a|b", "2: c,5|d,5"}, []string{NoteSemicolons}},
		{"tabs", "a\tb c\nd\t\n", []string{"1: a|b c", "2: d|"}, nil},
		{"sep", "sep=;\r\na;b\r\n", []string{"2: a|b"}, []string{NoteSep}},
		{"quoted sep with another delimiter inside", "\"sep=|\"\na,b|c\n", []string{"2: a,b|c"}, []string{NoteSep}},
		{"quotes", "\"a,1\",\"b\"\"x\"\"\" , \"\"\n", []string{`1: a,1|b"x"|`}, []string{NoteQuotes}},
		{"texts as formulas", "=\"001\",b\n\"=\"\"002\"\"\",=\"\"\n", []string{"1: 001|b", "2: 002|"}, []string{NoteQuotes, NoteFormulas}},
		{"formulas that are none of these", "=\"a\"\"b\",=A1\n=T(\"a\"),b=\"1\"\n=\",=x\"\n", []string{`1: ="a""b"|=A1`, `2: =T("a")|b="1"`, `3: ="|=x"`}, nil},
		{"quoted line end", "\"a\r\nb\",c\nd,e\n", []string{"1: a\r\nb|c", "3: d|e"}, []string{NoteQuotes}},
		{"blanks stay inside quotes", "\" a \",b\n", []string{"1:  a |b"}, []string{NoteQuotes}},
		{"a quote inside a field", "5\" reader,b\n", []string{`1: 5" reader|b`}, nil},
		{"delimiter inside quotes does not count", "\"a;b;c\",d\n\"e;f;g\",h\n", []string{"1: a;b;c|d", "2: e;f;g|h"}, []string{NoteQuotes}},
		{"bom", "\ufeffa,b\n", []string{"1: a|b"}, []string{NoteBOM}},
		{"blanks", "a   b\n  c \t d  \n", []string{"1: a|b", "2: c|d"}, nil},
		{"blanks and a comma", strings.Repeat("a b\n", 10) + "d, e\n", append(numbered(10, "a|b"), "11: d,|e"), nil},
		{"blanks and quotes", "a b\n\"c d\"  e\n\"f\"\t\"g\" \n", []string{"1: a|b", "2: c d|e", "3: f|g"}, []string{NoteQuotes}},
		{"names with blanks", "a b, c\nd e, f\n", []string{"1: a b|c", "2: d e|f"}, nil},
		{"windows-1252", "M\xfcller,b\n\x80,c\n", []string{"1: Müller|b", "2: €|c"}, []string{NoteANSI}},
		{"windows-1252 late", strings.Repeat("a,b\n", 9000) + "\xfc,b", append(numbered(9000, "a|b"), "9001: ü|b (unended)"), []string{NoteANSI}},
		{"utf-16le", string(utf16Of("ä,b\r\n𝄞,d\r\n", le, true)), []string{"1: ä|b", "2: 𝄞|d"}, []string{NoteUTF16}},
		{"utf-16be", string(utf16Of("ä;b\n", be, true)), []string{"1: ä|b"}, []string{NoteUTF16, NoteSemicolons}},
		{"utf-16le without mark", string(utf16Of("abc,b\n", le, false)), []string{"1: abc|b"}, []string{NoteUTF16}},
		{"utf-16be without mark", string(utf16Of("abc\tb\n", be, false)), []string{"1: abc|b"}, []string{NoteUTF16}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for kind, r := range map[string]io.Reader{
				"whole": strings.NewReader(c.text), "bytewise": iotest.OneByteReader(strings.NewReader(c.text)),
			} {
				got, notes, err := read(r)
				if err != nil || !reflect.DeepEqual(got, c.want) || !reflect.DeepEqual(notes, c.notes) {
					t.Errorf("%s: got %q %q %v\nwant %q %q", kind, got, notes, err, c.want, c.notes)
				}
			}
		})
	}
}

func numbered(n int, row string) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%d: %s", i+1, row))
	}
	return all
}

func TestErrors(t *testing.T) {
	long := strings.Repeat("x", MaxRow)
	cases := []struct {
		name, text string
		rows, line int
		says       string
	}{
		{"unclosed quote", "a,b\n\"c,d\ne,f\n", 1, 2, "a quote is opened and not closed"},
		{"unclosed quote after many lines", "\"a" + strings.Repeat("\n", 2*MaxRowLines) + "\"\n", 0, 1, "a quote is opened"},
		{"text behind a quote", "\"a\"b,c\n", 0, 1, "something follows a closing quote in column 1"},
		{"invalid utf-8", "\ufeffa,b\nc,\xff\n", 1, 2, "not valid UTF-8"},
		{"no character", "a,b\nc,\x81\n", 1, 2, "neither valid UTF-8 nor Windows-1252"},
		{"no character in a quoted line", "a,b\n\"c\n\x81\",d\n", 1, 3, "neither valid UTF-8 nor Windows-1252"},
		{"UTF-8, then Windows-1252", "ä,b\nc,d\n\xe4,b\n", 2, 3, "neither valid UTF-8 nor Windows-1252"},
		{"Windows-1252, then UTF-8", "\xe4,b\nc,d\nä,b\n", 2, 3, "neither valid UTF-8 nor Windows-1252"},
		{"commas, then tabs", "a,b,c\nd,e,f\ng\th\ti\n", 2, 3, "separated by tabs, those of the rows before by commas"},
		{"tabs, then commas", "a\tb\nc\td\ne,f\n", 2, 3, "separated by commas, those of the rows before by tabs"},
		{"semicolons, then blanks", "a;b\nc;d\ne   f\n", 2, 3, "separated by blanks, those of the rows before by semicolons"},
		{"blanks, then commas", strings.Repeat("a b\n", 20) + "e,f\n", 20, 21, "separated by commas, those of the rows before by blanks"},
		{"tabs and commas in a row", "a\tb,c\nd\te,f\n", 0, 1, "separated by commas and by tabs"},
		{"nul", "a,b\nc,\x00\n", 1, 2, "NUL"},
		{"long line", "a,b\n" + long + "x\n", 1, 2, "more than 65536 bytes"},
		{"endless line", strings.Repeat(long, 9), 0, 1, "more than 65536 bytes"},
		{"long quoted row", "\"" + long + "\n\"\n", 0, 1, "more than 65536 bytes"},
		{"columns", strings.Repeat(",", MaxColumns-2) + "a\n" + strings.Repeat(",", MaxColumns) + "a\n", 1, 2, "more than 256 columns"},
		{"quoted columns", "\"a\"" + strings.Repeat(",", MaxColumns) + "\n", 0, 1, "more than 256 columns"},
		{"odd utf-16", string(utf16Of("abc,d\n", binary.LittleEndian, true)) + "e", 1, 2, "not valid UTF-16LE"},
		{"half a pair", "\xff\xfea\x00,\x00\x00\xd8b\x00\n\x00", 0, 1, "not valid UTF-16LE"},
		{"unknown sep", "sep=x\naxb\n", 0, 1, "a delimiter that fob does not read"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := read(strings.NewReader(c.text))
			var at *fault.Error
			if !errors.As(err, &at) || c.line > 0 && !strings.HasPrefix(err.Error(), fmt.Sprintf("line %d: ", c.line)) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("error %v, want line %d: %s", err, c.line, c.says)
			}
			if len(got) != c.rows || fault.HintOf(err) == "" || at.Kind != fault.Refused {
				t.Errorf("%d rows before, want %d; hint %q", len(got), c.rows, fault.HintOf(err))
			}
			_, _, bytewise := read(iotest.OneByteReader(strings.NewReader(c.text)))
			if bytewise == nil || bytewise.Error() != err.Error() {
				t.Errorf("byte by byte: %v", bytewise)
			}
		})
	}
}

func TestLimitsAreReached(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("x", MaxRow) + "\r\ny\n",
		strings.Repeat("x", MaxRow) + "\ry\n",
		strings.Repeat("x", MaxRow),
		strings.Repeat("a,", MaxColumns-1) + "b\n",
		"\"" + strings.Repeat("\"\"", MaxRow/2-1) + "\"\n",
		strings.Repeat("x,y\n", 3*bufferSize/4),
	} {
		if _, _, err := read(strings.NewReader(text)); err != nil {
			t.Errorf("%d bytes: %v", len(text), err)
		}
	}
}

func TestReadErrorIsPassedOn(t *testing.T) {
	broken := errors.New("disk")
	for _, text := range []string{"", "a,b", "\"a", "a,b\n", "a,b\n\"c\nd"} {
		_, _, err := read(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)))
		if !errors.Is(err, broken) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestErrorsStay(t *testing.T) {
	in := New(strings.NewReader("a,b\nc,\x00\nd,e\n"))
	_, _ = in.Next()
	_, first := in.Next()
	_, again := in.Next()
	if first == nil || first != again {
		t.Errorf("%v then %v", first, again)
	}
}

func TestName(t *testing.T) {
	for _, text := range []string{"Serial Number", "serial_number", " SERIAL-NUMBER ", "serialnumber"} {
		if Name([]byte(text)) != "serialnumber" {
			t.Errorf("%q is %q", text, Name([]byte(text)))
		}
	}
}

// A row that begins with an error of a spreadsheet is no comment: its record
// would be missing without a word.
func TestErrorsOfSpreadsheetsAreNoComments(t *testing.T) {
	for _, line := range []string{"#REF!,a", "#BEZUG!;a", "#NAME?,a", "#DIV/0!,a", "#N/A,a", "#NV;a", "#N/A", "#VALUE!"} {
		row, err := New(strings.NewReader("x,a\n" + line + "\n" + line + "\n")).Next()
		if err != nil || row.Line != 1 {
			t.Fatal(row, err)
		}
		in := New(strings.NewReader(line + "\nx,a\n"))
		if row, err := in.Next(); err != nil || row.Line != 1 {
			t.Errorf("%q was passed over (%v)", line, err)
		}
	}
	for _, line := range []string{"#", "# REF!", "#NOTE", "#version: 2", "##!"} {
		in := New(strings.NewReader(line + "\nx,a\n"))
		if row, err := in.Next(); err != nil || row.Line != 2 {
			t.Errorf("%q is a row (%v)", line, err)
		}
	}
}
