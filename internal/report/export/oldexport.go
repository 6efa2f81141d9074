package export

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/rows"
	"fob/internal/spool"
	"fob/internal/token"
	"fob/internal/trail"
)

// OldExport is an export of before, read to be compared with. It holds its rows in
// a file; Close removes it.
type OldExport struct {
	name    string
	facts   exportFacts
	rows    int
	spool   *spool.File
	columns []sheet.Column[report.Token] // those that it has, in its order
	sorted  []place                      // nil: its rows stand in the order of serials
	batches map[string]token.Serial
	hidden  bool // its accounts are pseudonyms
}

// exportFacts are what an export says of itself, by the names of the facts of its
// summary.
type exportFacts map[string]string

// place is where a row stands.
type place struct {
	key  string
	at   int64
	size int
}

// ReadExport reads an export. Its rows must be those that it says it has, where it
// says so. What is no export, or was changed since, is of kind Integrity.
func ReadExport(f io.ReaderAt, size int64, name string, o sheet.ReadOptions) (x *OldExport, err error) {
	room, err := spool.New(o.TempDir, o.Random)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, err, "for the rows of %s", name)
	}
	x = &OldExport{name: name, spool: room, facts: exportFacts{}, batches: map[string]token.Serial{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.Close())
		}
	}()
	out := bufio.NewWriterSize(room, sheet.OutBuffer)
	sum, err := x.read(out, f, size, o)
	if err == nil {
		err = out.Flush()
	}
	if err == nil {
		err = room.Finish()
	}
	if fault.KindOf(err) == fault.Integrity {
		err = unlike(name, err)
	}
	if err != nil {
		return x, err
	}
	if err := x.holds(sum, "it says of itself"); err != nil {
		return x, err
	}
	x.facts["rows_sha256"] = sum
	return x, x.survey()
}

// Close ends it, and what was written of it.
func (x *OldExport) Close() error { return x.spool.Close() }

// holds compares the hash of the rows with what was said of it.
func (x *OldExport) holds(sum, by string) error {
	if said, is := x.facts["rows_sha256"]; !is || said == sum {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the rows of %s are not those that %s: their SHA-256 is another. It was changed since fob wrote it", x.name, by).
		WithHint("compare with the file as fob wrote it, or with a day: %s", fault.Compare.Is("2026-09-30"))
}

// Claim takes what the sidecar of a file says of it. Nobody's signature is checked:
// it is a claim, as the file is. A sidecar of other rows is of kind Integrity.
func (x *OldExport) Claim(n trail.ExportNote) error {
	sum := x.facts["rows_sha256"]
	x.facts["rows_sha256"] = n.RowsSHA256
	if err := x.holds(sum, "its sidecar says"); err != nil {
		return err
	}
	x.facts["store"], x.facts["selected"] = n.Store.String(), n.Selected
	x.facts["events"], x.facts["head"] = strconv.FormatInt(n.Head.Seq, 10), n.Head.Hash.String()
	x.facts["made_at"] = *sheet.TimeOf(n.Made).Plain()
	return nil
}

// read writes the rows as canonical CSV, and reads what the file says of itself.
func (x *OldExport) read(w io.Writer, f io.ReaderAt, size int64, o sheet.ReadOptions) (sum string, err error) {
	hash := newRowsHash(w)
	switch strings.ToLower(filepath.Ext(x.name)) {
	case ".xlsx":
		err = sheet.WithBook(f, size, o, func(book *rows.Book) error {
			if err := x.facts.ofBook(book); err != nil {
				return err
			}
			x.rows, err = readInventory(hash, book)
			return err
		})
		return hash.sum(), err
	case ".zip":
		err = x.facts.ofArchive(f, size)
	case ".json":
		err = x.facts.ofJSON(f, size)
	}
	if err == nil {
		x.rows, err = readRows(hash, f, size, x.name, o)
	}
	return hash.sum(), err
}

// ofBook reads the first sheet.
func (facts exportFacts) ofBook(book *rows.Book) error {
	fields := map[string]string{}
	for _, fact := range emptyDocument().facts() {
		fields[fact.Label] = fact.Field
	}
	var row []string
	err := book.Each(sheet.SummaryName, func(_ int, cells []rows.Cell) error {
		if row = sheet.Texts(row[:0], cells); len(row) < 2 || fields[row[0]] == "" || row[1] == "" {
			return nil
		}
		field, text := fields[row[0]], sheet.Unguard(row[1])
		if field == "made_at" {
			text = *sheet.ParseCell(text, sheet.Time).Plain()
		}
		if _, told := facts[field]; !told {
			facts[field] = text
		}
		return nil
	})
	if err != nil {
		return sheet.Unreadable("workbook", err)
	}
	return nil
}

func (facts exportFacts) ofArchive(f io.ReaderAt, size int64) error {
	in, err := openMember(f, size, sheet.SummaryName+".csv")
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	lines := sheet.NewLines(io.LimitReader(in, sheet.MaxUnzipped))
	for {
		row, err := lines.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || len(row) != 2 {
			return sheet.Unreadable("archive", errors.Join(err, errors.New("it has no valid summary")))
		}
		facts[string(row[0])] = sheet.Unguard(string(row[1]))
	}
}

// namesInJSON are the facts that JSON has under other names.
var namesInJSON = map[string]string{"filter": "selected", "made": "made_at"}

// hashInJSON is how an export ends.
var hashInJSON = regexp.MustCompile(`"rows_sha256":"([0-9a-f]{64})"}\s*$`)

func (facts exportFacts) ofJSON(f io.ReaderAt, size int64) error {
	in := json.NewDecoder(bufio.NewReaderSize(io.NewSectionReader(f, 0, size), sheet.OutBuffer))
	err := beforeTokens(in, func(name string, raw json.RawMessage) error {
		text := string(raw)
		if len(raw) > 0 && raw[0] == '"' {
			if err := json.Unmarshal(raw, &text); err != nil {
				return err
			}
		}
		facts[cmp.Or(namesInJSON[name], name)] = text
		return nil
	})
	if err != nil {
		return sheet.Unreadable("JSON", err)
	}
	tail := make([]byte, min(size, 200))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return sheet.Unreadable("JSON", err)
	}
	found := hashInJSON.FindSubmatch(tail)
	if found == nil {
		return sheet.Unreadable("JSON", errors.New("its end is missing"))
	}
	facts["rows_sha256"] = string(found[1])
	return nil
}

var pseudonymPattern = regexp.MustCompile(`^account-[a-z2-7]{` + strconv.Itoa(pseudonymLetters) + `}$`)

// survey reads the rows once: which columns there are, in which order the rows
// stand, and what is to be known of them.
func (x *OldExport) survey() error {
	account, batch, named, pseudonyms := -1, -1, 0, 0
	last, ordered := "", true
	err := x.visit(func(_ *sheet.Lines, serial token.Serial, fields [][]byte) error {
		if account < 0 {
			account, batch = x.at("account"), x.at("batch_id")
		}
		key := serial.Key()
		ordered, last = ordered && key > last, key
		if batch >= 0 {
			if _, known := x.batches[string(fields[batch])]; !known {
				x.batches[string(fields[batch])] = serial
			}
		}
		if len(fields[account]) > 0 {
			named++
			if pseudonymPattern.Match(fields[account]) {
				pseudonyms++
			}
		}
		return nil
	})
	x.hidden = named > 0 && named == pseudonyms || strings.HasPrefix(x.facts["account_names"], "replaced")
	if err != nil || ordered {
		return err
	}
	var places []place
	err = x.visit(func(lines *sheet.Lines, serial token.Serial, _ [][]byte) error {
		places = append(places, place{serial.Key(), lines.At, len(lines.Line)})
		return nil
	})
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.key, b.key) })
	for i := 1; i < len(places); i++ {
		if places[i-1].key == places[i].key {
			return unlike(x.name, errors.New("token "+places[i].key+" stands there twice"))
		}
	}
	x.sorted = places
	return err
}

// unlike refuses what is no export, or has rows that are none of an inventory.
func unlike(name string, err error) error {
	return fault.Errorf(fault.Refused, "%s is no inventory that fob exported: %v", name, err).
		WithHint("compare with the file as fob wrote it: a spreadsheet that saves it again changes it")
}

// at is the place of a column, -1 for none.
func (x *OldExport) at(name string) int {
	return slices.IndexFunc(x.columns, func(c sheet.Column[report.Token]) bool { return c.Name == name })
}

// errEnough ends a visit of rows.
var errEnough = errors.New("enough")

// visit reads the header, which says what columns there are, and then row by row.
func (x *OldExport) visit(each func(lines *sheet.Lines, serial token.Serial, fields [][]byte) error) error {
	lines := sheet.NewLines(io.NewSectionReader(x.spool, 0, x.spool.Size()))
	header, err := lines.Next()
	names := make([]string, len(header))
	for i, name := range header {
		names[i] = string(name)
	}
	if err != nil {
		return unlike(x.name, err)
	}
	x.columns, err = columnsNamed(names)
	serial := x.at("serial")
	if err == nil && (serial < 0 || x.at("account") < 0) {
		err = errors.New("it has no column serial or account")
	}
	for err == nil {
		var fields [][]byte
		if fields, err = lines.Next(); err != nil {
			break
		}
		if len(fields) != len(x.columns) || len(fields[serial]) == 0 {
			err = lines.Wrong("it is no row of the columns that the first line names")
			break
		}
		if err := each(lines, token.Serial(sheet.Unguard(string(fields[serial]))), fields); err != nil {
			return err
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return unlike(x.name, err)
}

// each streams the rows in the order of serials.
func (x *OldExport) each(yield func(was, error) bool) {
	for _, p := range x.sorted {
		w := was{key: p.key, line: make([]byte, p.size)}
		if _, err := x.spool.ReadAt(w.line, p.at); err != nil {
			yield(was{}, fault.Wrap(fault.Internal, err, "reading the rows of %s", x.name))
			return
		}
		if !yield(w, nil) {
			return
		}
	}
	if x.sorted != nil {
		return
	}
	err := x.visit(func(lines *sheet.Lines, serial token.Serial, _ [][]byte) error {
		if !yield(was{key: serial.Key(), line: slices.Clone(lines.Line)}, nil) {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		yield(was{}, err)
	}
}
