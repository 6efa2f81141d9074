// Package damage knows what happens to a value on its way into a list: spreadsheets
// make numbers and dates of it or put an error in its place, mail programs decorate
// it, people write something where there is nothing, reports end in a line of their
// own. Each kind has one sentence, and every reader of any list asks here, mostly
// through package token: a seed file in any format, a list of people, of bindings or
// of assignments, a stocktake, and what is typed.
//
// A sentence is a predicate, to stand behind what is damaged: "the account #N/A is an
// error of a spreadsheet". It is given only for what is certain: the comment at each
// kind says how often it would be wrong about a healthy value, and a healthy file of
// a million records must pass. What may be healthy after all is asked about instead
// (MayBeNobody), or judged by the whole file (Rounding).
package damage

import (
	"strings"
	"time"
	"unicode"
)

// DOSEnd is the sign with which programs of DOS and CP/M end a text. They filled its last
// block up with it. No text that is read here has one at its end otherwise.
const DOSEnd = "\x1a"

// NoteDOSEnd says that it was there.
const NoteDOSEnd = "the text ends in the sign with which DOS programs end a file (0x1A), which was left out"

// takeOriginal is what to do, at the end of sentences.
const takeOriginal = "take it from the original file"

// sheetError is what spreadsheets write in the place of a value, in any language:
// #REF!, #BEZUG!, #¡REF!, #NAME?, #DIV/0!, #N/A, #NV, also with what it was twice over;
// of LibreOffice Err:508 and Fehler:508, of Google a sheet that was not loaded yet, and
// of a column too narrow for its numbers only signs.
var sheetError = Pattern(`^(#([¡¿]?\p{Lu}[\p{Lu}0-9/_ ]*[!?]|N/A|N/D|N/V|NV|N/B|I/T|Н/Д|N/DISP|GETTING_DATA|GEG\. ONTBREEKT|SAKNAS!?|PUUTTUU|HIÁNYZIK|YOK|NENÍ_K_DISPOZICI)( N/A| #N/A)?|(Err|Fehler|Erreur|Errore|Error|Fout) ?:[0-9]{3}|Loading\.\.\.|#{3,})$`)

// SheetError reports whether a text is an error of a spreadsheet. No serial, account
// or name begins with # and ends as these do, or is of # alone: makers print letters,
// digits, dashes and points, and directories write a # in front of a name only behind a
// backslash (RFC 4514 section 2.4). So a healthy file of any length has none.
func SheetError(text string) bool {
	return text != "" && strings.IndexByte("#EFL", text[0]) >= 0 && sheetError().MatchString(text)
}

// formula is what a spreadsheet computes when a list is opened in one: it is nobody's
// name. A number with a sign is no formula. Microsoft allows no =, bracket or stroke in
// a sAMAccountName or a UPN: a healthy file of any length has none.
var formula = Pattern(`^(=|[-+@][\pL\d.+\-*/]*[(|!])`)

// Formula reports whether a text is a formula that was to be computed. It is damage in
// a list; what somebody types is taken as it is, and shown so that nothing computes it.
func Formula(text []byte) bool { return formula().Match(text) }

// Listed is the damage of an account in a list; empty: none.
func Listed(text string) string {
	if Formula([]byte(text)) {
		return "is a formula; paste it as a text"
	}
	return Account(text)
}

// exponent is how a spreadsheet writes a long number: 2.6E+12. A serial such as
// 12E4567 is not that: the damage always shows a decimal mark, an E+, or both, and no
// serial has a plus, nor one mark between digits with an E behind it.
var exponent = Pattern(`^[+-]?[0-9]+([.,][0-9]+[eE][+-]?|[eE]\+)[0-9]+$`)

// Exponent reports whether a text was a number too long for its cell.
func Exponent(text string) bool {
	return strings.ContainsAny(text, "eE") && exponent().MatchString(text)
}

// Text is the damage that any text shows, whatever it ought to be; empty: none.
func Text(text string) string {
	switch {
	case SheetError(text):
		return "is an error of a spreadsheet; put the plain text in its place in a copy"
	case Exponent(text):
		return "was turned into a number by a spreadsheet; " + takeOriginal
	case text != "" && strings.IndexByte("SM[<@${%\xc2", text[0]) >= 0 && printed().MatchString(text):
		return "is what a program prints in the place of a value; take it from where the value is"
	}
	return ""
}

// fraction is how programs write a whole number that they took for one with a
// fraction. Of makers' numbers none is of digits, a point and nothing but zeros
// behind it: all tokens would end alike, and labels have no room to waste.
var fraction = Pattern(`^-?[0-9]+[.,]0+$`)

// Number is the damage of what looks like a number and was a text: a serial, a
// personnel number, the number of an order; empty: none.
func Number(text string) string {
	if said := Text(text); said != "" {
		return said
	}
	switch {
	case text == "" || text[len(text)-1] < '0' || text[len(text)-1] > '9' || !strings.ContainsAny(text, ".,'’-/"):
		// nearly all, and a file has millions
	case fraction().MatchString(text):
		return "ends in .0, as if it were a number: a program read it as one and wrote it back; " + takeOriginal
	case thousands().MatchString(text):
		return "has separators of thousands, as if it were a number; " + takeOriginal
	case isDate(text):
		return "is a date, which a spreadsheet may have made of something else; " + takeOriginal
	}
	return ""
}

// thousands are groups of three behind commas or apostrophes. Points group the digits
// of real serials too, and are not among them. No serial and no login has a comma or an
// apostrophe between digits: a healthy file of any length has none.
var thousands = Pattern(`^[1-9][0-9]{0,2}([,'’][0-9]{3})+$`)

// dates are the layouts that spreadsheets write a date in. A serial of digits in
// groups of 4, 2 and 2 or of 2, 2 and 4 would be a date of this age once in a
// thousand times (the year of 100 among 10,000, the day of 366 among 10,000), and no
// maker that is known groups its digits so.
var dates = []string{time.DateOnly, "02.01.2006", "2.1.2006", "2/1/2006", "1/2/2006", "2-Jan-2006", "2-Jan-06", time.DateTime, "2006-01-02T15:04:05"}

func isDate(text string) bool {
	if len(text) < 8 || len(text) > 19 || !strings.ContainsAny(text, "-./") {
		return false
	}
	for _, layout := range dates {
		if at, err := time.Parse(layout, text); err == nil && at.Year() >= 1950 && at.Year() <= 2099 {
			return true
		}
	}
	return false
}

// Serial is the damage of a serial; empty: none.
func Serial(text string) string {
	if said := Number(text); said != "" {
		return said
	}
	switch {
	case placeholder(text), text == "TRUE", text == "FALSE", !strings.ContainsAny(text, "0123456789") && MayBeNobody(text):
		return "stands for no serial: somebody, or a program, wrote it where there was none"
	case isFooter(text):
		return "is a line of a report and no serial; take it out of a copy of the list"
	}
	return ""
}

// Account is the damage of an account; empty: none.
func Account(text string) string {
	if said := Number(text); said != "" {
		return said
	}
	switch {
	case text == "0":
		return "is nobody's: it is what a spreadsheet's look-up of an empty cell leaves; leave it empty in a copy"
	case text == "TRUE", text == "FALSE":
		return "is nobody's: it is what a spreadsheet makes of a yes or a no"
	case placeholder(text):
		return "stands for nobody: leave it empty in a copy of the list"
	case isFooter(text):
		return "is a line of a report and nobody's; take it out of a copy of the list"
	}
	if said := spelling(text); said != "" {
		return said
	}
	if said := halfAddress(text); said != "" {
		return said
	}
	return Mail(text)
}

// halfAddress is what is left when a formula put an address together of cells of which
// one was empty, or had its own @: ann@@example.test, ann@, @example.test. No directory
// lets a name end in @ or have two in a row, and none that is known lets a name begin
// with @ that has a point (RFC 5322 section 3.4.1; Microsoft's rules for a UPN): a
// healthy file of any length has none. What stands in front of an address's @ is left
// to its owner.
func halfAddress(text string) string {
	before, domain, has := strings.Cut(text, "@")
	switch {
	case !has:
	case strings.Contains(text, "@@"):
		return "has two @ in a row; write one"
	case domain == "":
		return "ends in @: what stands behind it is missing"
	case before == "" && strings.Contains(domain, "."):
		return "begins with @: who it is of is missing"
	case domain[0] == '.' || domain[0] == '-' || strings.Contains(domain, "..") || strings.Contains(domain, "\\"):
		return "has a damaged domain behind its @"
	}
	return ""
}

// signs are what is written where there is nothing: dashes and the like. An account
// has a letter or a digit in it, or is a picture.
const signs = `-–—−_.,;:?!/\|*+~='"()[]{}<>#& `

// placeholder knows signs alone, and the short forms of "not available" that have a
// point or a stroke in them: n/a, n.a., k. A., s/o, --. Directories do not let a name
// have a stroke in it, and end none in a point (RFC 4512; Microsoft's rules for
// sAMAccountName and UPN).
func placeholder(text string) bool {
	if text == "" {
		return false
	}
	if strings.Trim(text, signs) == "" {
		return true
	}
	if len(text) > 8 {
		return false
	}
	switch strings.ToLower(strings.ReplaceAll(text, " ", "")) {
	case "n/a", "n.a.", "n.a", "n/d", "n.d.", "n/v", "n.v.", "k.a.", "k/a", "s/o", "n.n.", "n.n", "o.a.", "n/b", "n.b.", "i/t", "n/k", "n.vor.", "(leer)", "(null)", "<null>", "(none)", "(blank)", "[null]", `\n`:
		return true
	}
	return false
}

// nobody are words that people and programs write where nobody has a token or an
// account. Some of them are somebody's name as well.
var nobody = func() map[string]bool {
	all := map[string]bool{}
	for w := range strings.FieldsSeq(`null none nil nan na nv nobody noone nouser noaccount unassigned notassigned unallocated notset undefined missing
		unknown empty blank vacant free spare available tbd tba todo void deleted
		niemand keiner keine kein unbekannt leer frei vakant offen ersatz reserve lager bestand nichtzugewiesen nichtvergeben nichtzugeordnet verfügbar verfuegbar
		aucun personne inconnu vide libre disponible sansobjet nonattribué nonassigné ninguno nadie desconocido vacío sinasignar
		nessuno libero nonassegnato geen niemandtoegewezen onbekend vrij ingen ingenbruger okänd brak niktnull
		true false wahr falsch vrai faux verdadero falso vero total totals summe gesamt gesamtsumme anzahl count sum`) {
		all[w] = true
	}
	return all
}()

// MayBeNobody reports whether an account may be a word for nobody. Null, Frei and Na
// are names of people too: it is for the caller to ask.
func MayBeNobody(text string) bool {
	if len(text) > 24 || strings.ContainsRune(text, '@') {
		return false
	}
	return nobody[strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, text)]
}

// footer is how reports end, and what databases print behind their rows: a number
// with a word for what was counted, an end, who made it on which day, a page. Nobody's
// login has a blank or a colon and one of these words in front of a number.
var footer = Pattern(`(?i)^(\(?\d+ (rows?|records?|users?|entries|objects|items|results|accounts|persons?|people|tokens?|lines?|zeilen?|datens(ä|ae)tze?|eintr(ä|ae)ge|benutzer|konten|personen|objekte|lignes?|enregistrements?|utilisateurs?|filas?|usuarios|righe|rijen|rader)\b.*` +
	`|(total|totals|sum|summe|gesamt|anzahl|count|number|zeilen|records|rows|datens(ä|ae)tze)( \pL+){0,3} ?[:=] ?[\d.,' ]+` +
	`|[-*= ]*(end of (file|report|list|data|export)|ende der (liste|datei|tabelle)|ende des (berichts|exports)|fin du (fichier|rapport)|fin de la liste)\b.*` +
	`|(generated|created|exported|printed|erstellt|exportiert|gedruckt|stand|g(é|e)n(é|e)r(é|e)|report run)\b.*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*` +
	`|(page|seite|p(á|a)gina|pagina) \d+ ?(/|of|von|de|di|van) ?\d+)$`)

func isFooter(text string) bool {
	return len(text) > 4 && strings.ContainsAny(text, " :=") && footer().MatchString(text)
}
