package authenex

import (
	"bytes"
	"io"
	"slices"
	"strings"

	"fob/internal/rows"
)

// The statements that a dump may have beside its INSERTs: those that change no
// rows, and those that may only while there are none.
var (
	harmless = []string{"USE", "SET", "GO", "BEGIN", "START", "COMMIT", "LOCK", "UNLOCK", "PRINT"}
	before   = []string{"CREATE", "ALTER", "DROP", "TRUNCATE", "DELETE"}
)

// changing are words that would do something to the rows, were the statement run
// that they stand in.
var changing = []string{"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "SELECT", "EXEC", "EXECUTE", "CALL", "LOAD", "COPY"}

func among(l lexeme, words []string) bool {
	return l.kind == word && slices.Contains(words, strings.ToUpper(string(l.text)))
}

// statement reads one statement up to the values of an INSERT INTO OTP, or as a
// whole; io.EOF behind the last.
func (r *reader) statement() error {
	l := r.in.next()
	if l.kind != ends {
		r.unclosed = false
	}
	switch {
	case l.kind == ends && r.in.err != nil:
		return r.in.err
	case l.kind == ends && r.records == 0:
		return r.in.refuse("the file has no INSERT INTO OTP")
	case l.kind == ends && r.unclosed && r.closed:
		return r.in.refuse("the file seems cut off: its last statement has no semicolon, and others do")
	case l.kind == ends:
		return io.EOF
	case l.is(';'):
		r.closed = true
		return nil
	case l.says("INSERT"):
		return r.insert()
	case among(l, harmless), among(l, before) && r.records == 0:
		return r.skip()
	case among(l, before):
		return r.in.refuse("%s behind the tokens: fob does not know what it does to them", strings.ToUpper(string(l.text)))
	}
	return r.in.refuse("a statement that fob does not know; it reads INSERT INTO OTP, and runs nothing")
}

// skip passes over a statement: to its semicolon, or to a line that begins with
// another.
func (r *reader) skip() error {
	for depth := 0; ; {
		l := r.in.next()
		switch {
		case l.kind == ends, l.first && depth == 0 && (l.says("INSERT") || among(l, harmless) || among(l, before)):
			r.in.back(l)
			return r.in.err
		case l.is(';') && depth == 0:
			r.closed = true
			return nil
		case l.is('('):
			depth++
		case l.is(')'):
			depth--
		case depth == 0 && among(l, changing):
			return r.in.refuse("%s inside another statement: fob does not know what it does to the tokens", strings.ToUpper(string(l.text)))
		}
	}
}

// insert reads INSERT INTO OTP (columns) VALUES.
func (r *reader) insert() error {
	if err := r.expect("INTO"); err != nil {
		return err
	}
	var table []byte // of its name the last part counts
	var l lexeme
	for dot := true; dot; dot = l.is('.') {
		if l = r.in.next(); l.kind == ends {
			return r.cutOff()
		} else if l.kind != word && l.kind != quoted {
			return r.in.refuse("an INSERT into something that is no table")
		}
		table = l.text
		l = r.in.next()
	}
	switch {
	case !bytes.EqualFold(table, []byte("OTP")):
		r.others++
		r.in.back(l)
		return r.skip()
	case l.kind == ends:
		return r.cutOff()
	case !l.is('('):
		return r.in.refuse("INSERT INTO OTP names no columns: which of them is the seed?")
	}
	names, err := r.list("columns", "the list of columns holds something that is no name", func(l *lexeme) bool { return l.kind == word || l.kind == quoted })
	if err != nil {
		return err
	}
	if err := r.table.Head(rows.Row{Line: l.line, Fields: names}); err != nil {
		return err
	}
	r.ignored = r.table.Columns.IgnoredNote(Name)
	if err := r.expect("VALUES"); err != nil {
		return err
	}
	r.inside, r.in.strict = true, true
	return nil
}

func (r *reader) expect(keyword string) error {
	switch l := r.in.next(); {
	case l.kind == ends:
		return r.cutOff()
	case !l.says(keyword):
		return r.in.refuse("an INSERT of another form than INSERT INTO OTP (columns) VALUES (values)")
	}
	return nil
}

func (r *reader) cutOff() error { return r.in.refuse("the file is cut off inside an INSERT") }

// list reads the parts of a list, each of which has to be good, up to its closing
// parenthesis.
func (r *reader) list(what, bad string, good func(*lexeme) bool) (all [][]byte, err error) {
	for {
		l := r.in.next()
		switch {
		case l.kind == ends:
			return nil, r.cutOff()
		case !good(&l):
			return nil, r.in.refuse("%s", bad)
		case len(all) == maxColumns:
			return nil, r.in.refuse("more than %d %s", maxColumns, what)
		}
		all = append(all, l.text)
		switch l := r.in.next(); {
		case l.kind == ends:
			return nil, r.cutOff()
		case l.is(')'):
			return all, nil
		case !l.is(','):
			return nil, r.in.refuse("a list holds something that is neither a quoted text nor a number: fob computes nothing")
		}
	}
}

// values reads the values of one row, and what follows them: a comma and another
// one, or the end of the statement, which may have no semicolon before the next
// line.
func (r *reader) values() (rows.Row, error) {
	l := r.in.next()
	switch {
	case l.kind == ends:
		return rows.Row{}, r.cutOff()
	case !l.is('('):
		return rows.Row{}, r.in.refuse("VALUES holds something that is no row in parentheses")
	}
	row := rows.Row{Line: l.line}
	var err error
	row.Fields, err = r.list("values", "a value that is neither a quoted text nor a number: fob computes nothing", func(l *lexeme) bool {
		null := l.says("NULL")
		if null {
			l.text = nil
		}
		return null || l.kind == text || l.kind == number
	})
	if err != nil {
		return rows.Row{}, err
	}
	r.in.strict = false
	switch l = r.in.next(); {
	case r.in.err != nil:
		return rows.Row{}, r.in.err
	case l.is(','):
		r.in.strict = true
	case l.is(';'):
		r.closed, r.inside, r.unclosed = true, false, false
	case l.kind == ends || l.kind == word && l.first:
		r.inside, r.unclosed = false, true
		r.in.back(l)
	default:
		return rows.Row{}, r.in.refuse("something behind the values of an INSERT that fob does not know")
	}
	return row, nil
}
