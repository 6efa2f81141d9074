package rows

import (
	"bytes"
	"fmt"
	"iter"
	"strings"
	"unicode"
)

// Name makes the name of a column comparable: lower case, letters and digits
// only, so that "Serial Number", "serial_number" and "SERIALNUMBER" are one.
func Name(field []byte) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return unicode.ToLower(c)
		}
		return -1
	}, string(field))
}

// Names are the column names of some kind of file, as Name makes them
// comparable, and the column that each means. A column is a small number of the
// caller's own.
type Names[C ~int] map[string]C

// accountNames are what exports of directories call the column of the account, or of the
// login, as Name spells them.
var accountNames = []string{
	"account", "accountname", "login", "loginname", "logon", "logonname", "user", "username", "userid", "uid", "upn",
	"userprincipalname", "samaccountname", "benutzer", "benutzername", "benutzerkonto", "benutzerkennung", "konto", "anmeldename",
	"kennung", "identifiant", "nomdutilisateur", "utilisateur", "compte", "usuario", "nombredeusuario", "cuenta", "utente",
	"nomeutente", "gebruiker", "gebruikersnaam", "användarnamn", "brugernavn", "brukernavn", "käyttäjätunnus", "nazwaużytkownika",
	"utilizador", "uživatelskéjméno", "felhasználónév", "логин", "usuário", "nomedeusuário", "ユーザー名", "用户名",
}

// AccountsAs adds all names of the column of the account.
func AccountsAs[C ~int](account C, names Names[C]) Names[C] {
	for _, name := range accountNames {
		names[name] = account
	}
	return names
}

// Columns tells where each column stands in the rows of a text.
type Columns[C ~int] struct {
	Known   int   // fields of the header whose names mean something
	Unknown []int // columns, from 1, whose names mean nothing

	names []string // of all columns, as far as they may be shown
	at    []int    // by column, counted from 1; 0: nowhere
	again int      // the first column, from 1, that is named a second time; 0: none
}

// Of reads a row of column names. Whether that is what the row is, Known tells;
// whether it can be followed, Twice and Has.
func (n Names[C]) Of(header [][]byte) Columns[C] {
	var c Columns[C]
	c.Call(header)
	for i, field := range header {
		col, ok := n[Name(field)]
		switch {
		case ok && c.At(col) == 0:
			c.put(col, i+1)
		case ok && c.again == 0:
			c.again = i + 1
		case !ok && len(field) > 0:
			c.Unknown = append(c.Unknown, i+1)
		}
		if ok {
			c.Known++
		}
	}
	return c
}

// InOrder is for a text without a header: its first column is the first of
// these, and so on.
func InOrder[C ~int](order ...C) Columns[C] {
	var c Columns[C]
	for i, col := range order {
		c.put(col, i+1)
	}
	return c
}

// Placed is for a text without a header of which somebody says where each column
// stands, counted from 1.
func Placed[C ~int](at map[C]int) Columns[C] {
	var c Columns[C]
	for col, n := range at {
		c.put(col, n)
	}
	return c
}

func (c *Columns[C]) put(col C, at int) {
	for len(c.at) <= int(col) {
		c.at = append(c.at, 0)
	}
	c.at[col] = at
}

// At is where a column stands, counted from 1; 0: nowhere.
func (c *Columns[C]) At(col C) int {
	if int(col) < len(c.at) {
		return c.at[col]
	}
	return 0
}

// Has reports whether there is such a column.
func (c *Columns[C]) Has(col C) bool { return c.At(col) > 0 }

// All are the columns that stand somewhere.
func (c *Columns[C]) All() iter.Seq[C] {
	return func(yield func(C) bool) {
		for col, at := range c.at {
			if at > 0 && !yield(C(col)) {
				return
			}
		}
	}
}

// Field is a column of a row without blanks around it, empty when the row or
// the text has none.
func (c *Columns[C]) Field(fields [][]byte, col C) []byte {
	if at := c.At(col); at > 0 && at <= len(fields) {
		return bytes.TrimSpace(fields[at-1])
	}
	return nil
}

// Twice finds a column that the header names a second time, and where: it may
// do so under two names.
func (n Names[C]) Twice(c Columns[C], header [][]byte) (col C, first, second int, found bool) {
	if c.again == 0 {
		return 0, 0, 0, false
	}
	col = n[Name(header[c.again-1])]
	return col, c.At(col), c.again, true
}

// Call keeps the names of a header for messages. One that could be a secret, where
// the header lacks, is not kept: long words, and many digits.
func (c *Columns[C]) Call(header [][]byte) {
	for _, field := range header {
		name, digits := strings.TrimSpace(string(field)), 0
		for _, r := range name {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		if digits > 2 || len(name) > 30 || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
			name = ""
		}
		c.names = append(c.names, name)
	}
}

// Name is what a header calls a column, counted from 1; empty where it says
// nothing, or what may be a secret.
func (c *Columns[C]) Name(at int) string {
	if at >= 1 && at <= len(c.names) {
		return c.names[at-1]
	}
	return ""
}

// IgnoredNote tells of columns that are not read, by name, else by number. Empty
// when all are.
func (c *Columns[C]) IgnoredNote(kind string) string {
	var all []string
	for _, at := range c.Unknown {
		if name := c.Name(at); name != "" {
			all = append(all, fmt.Sprintf("%q (%d)", name, at))
		} else {
			all = append(all, fmt.Sprint(at))
		}
	}
	if all == nil {
		return ""
	}
	if kind == "columns" {
		return "columns left out, because nothing was said of them: " + strings.Join(all, ", ")
	}
	return fmt.Sprintf("columns ignored, because their names mean nothing to %s: %s", kind, strings.Join(all, ", "))
}

// OtherSign finds the sign, as a word, that a header has between its columns and that no
// list is read with: cut there, two of its parts or more are names that are known. A row
// of a healthy list has none: its columns are cut already. Empty: there is none.
func OtherSign(header Row, known func(name string) bool) string {
	if len(header.Fields) != 1 {
		return ""
	}
	for _, sign := range []string{"|", "#", ":", "~", "^", "/", "=", "!", "&", "*", "\\"} {
		n := 0
		for part := range bytes.SplitSeq(header.Fields[0], []byte(sign)) {
			if known(Name(part)) {
				n++
			}
		}
		if n > 1 {
			return sign
		}
	}
	return ""
}
