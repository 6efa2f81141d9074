package report

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"fob/internal/fault"
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
	columns []column[Token] // those that it has, in its order
	sorted  []place         // nil: its rows stand in the order of serials
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
func ReadExport(f io.ReaderAt, size int64, name string, o ReadOptions) (x *OldExport, err error) {
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
	out := bufio.NewWriterSize(room, outBuffer)
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
		WithHint("compare with the file as fob wrote it, or with a day: --compare 2026-09-30")
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
	x.facts["made_at"] = *instantOf(n.Made).plain()
	return nil
}

// read writes the rows as canonical CSV, and reads what the file says of itself.
func (x *OldExport) read(w io.Writer, f io.ReaderAt, size int64, o ReadOptions) (sum string, err error) {
	hash := newRowsHash(w)
	switch strings.ToLower(filepath.Ext(x.name)) {
	case ".xlsx":
		err = withBook(f, size, o, func(book *rows.Book) error {
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
	for _, fact := range (&document{walk: newWalk()}).facts() {
		fields[fact.label] = fact.field
	}
	var row []string
	err := book.Each(summarySheet, func(_ int, cells []rows.Cell) error {
		if row = laidOut(row[:0], cells); len(row) < 2 || fields[row[0]] == "" || row[1] == "" {
			return nil
		}
		field, text := fields[row[0]], unguarded(row[1])
		if field == "made_at" {
			text = *readValue(text, instant).plain()
		}
		if _, told := facts[field]; !told {
			facts[field] = text
		}
		return nil
	})
	if err != nil {
		return unreadable("workbook", err)
	}
	return nil
}

func (facts exportFacts) ofArchive(f io.ReaderAt, size int64) error {
	in, err := openMember(f, size, summarySheet+".csv")
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	lines := newLineReader(io.LimitReader(in, maxUnzipped))
	for {
		err := lines.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return unreadable("archive", err)
		}
		row, err := lines.split()
		if err != nil || len(row) != 2 {
			return unreadable("archive", errors.Join(err, errors.New("its summary is none")))
		}
		facts[string(row[0])] = unguarded(string(row[1]))
	}
}

// namesInJSON are the facts that JSON has under other names.
var namesInJSON = map[string]string{"filter": "selected", "made": "made_at"}

// hashInJSON is how an export ends.
var hashInJSON = regexp.MustCompile(`"rows_sha256":"([0-9a-f]{64})"}\s*$`)

func (facts exportFacts) ofJSON(f io.ReaderAt, size int64) error {
	in := json.NewDecoder(bufio.NewReaderSize(io.NewSectionReader(f, 0, size), outBuffer))
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
		return unreadable("JSON", err)
	}
	tail := make([]byte, min(size, 200))
	if _, err := f.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return unreadable("JSON", err)
	}
	found := hashInJSON.FindSubmatch(tail)
	if found == nil {
		return unreadable("JSON", errors.New("its end is missing"))
	}
	facts["rows_sha256"] = string(found[1])
	return nil
}

var pseudonymPattern = regexp.MustCompile(`^account-[a-z2-7]{` + strconv.Itoa(pseudonymLetters) + `}$`)

// survey reads the rows once: which columns there are, in which order the rows
// stand, and what is to be known of them.
func (x *OldExport) survey() error {
	lines := newLineReader(x.reader())
	if err := x.header(lines); err != nil {
		return unlike(x.name, err)
	}
	serial, account, batch := x.at("serial"), x.at("account"), x.at("batch_id")
	last, ordered, named, pseudonyms := "", true, 0, 0
	for {
		fields, err := x.next(lines)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unlike(x.name, err)
		}
		key := token.Serial(fields[serial]).Key()
		ordered, last = ordered && key > last, key
		if batch >= 0 {
			if _, known := x.batches[string(fields[batch])]; !known {
				x.batches[string(fields[batch])] = token.Serial(fields[serial])
			}
		}
		if len(fields[account]) > 0 {
			named++
			if pseudonymPattern.Match(fields[account]) {
				pseudonyms++
			}
		}
	}
	x.hidden = named > 0 && named == pseudonyms || strings.HasPrefix(x.facts["account_names"], "replaced")
	if ordered {
		return nil
	}
	return x.sort()
}

func (x *OldExport) reader() io.Reader { return io.NewSectionReader(x.spool, 0, x.spool.Size()) }

// header reads which columns there are.
func (x *OldExport) header(lines *lineReader) error {
	if err := lines.next(); err != nil {
		return err
	}
	names, err := lines.split()
	if err != nil {
		return err
	}
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = string(name)
	}
	if x.columns, err = columnsNamed(all); err != nil {
		return err
	}
	if x.at("serial") < 0 || x.at("account") < 0 {
		return errors.New("it has no column serial or account")
	}
	return nil
}

// at is the place of a column, -1 for none.
func (x *OldExport) at(name string) int {
	return slices.IndexFunc(x.columns, func(c column[Token]) bool { return c.name == name })
}

// next reads the fields of the next row.
func (x *OldExport) next(lines *lineReader) ([][]byte, error) {
	if err := lines.next(); err != nil {
		return nil, err
	}
	fields, err := lines.split()
	if err == nil && (len(fields) != len(x.columns) || len(fields[x.at("serial")]) == 0) {
		lines.n--
		err = lines.wrong("it is no row of the columns that the first line names")
	}
	return fields, err
}

// sort finds out in which order the rows are to be read: those of one batch stand
// in the order of its file.
func (x *OldExport) sort() error {
	lines := newLineReader(x.reader())
	if err := lines.next(); err != nil {
		return unlike(x.name, err)
	}
	serial := x.at("serial")
	for {
		fields, err := x.next(lines)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return unlike(x.name, err)
		}
		x.sorted = append(x.sorted, place{token.Serial(fields[serial]).Key(), lines.at, len(lines.line)})
	}
	slices.SortFunc(x.sorted, func(a, b place) int { return cmp.Compare(a.key, b.key) })
	for i := range x.sorted[1:] {
		if x.sorted[i].key == x.sorted[i+1].key {
			return unlike(x.name, errors.New("token "+x.sorted[i].key+" stands there twice"))
		}
	}
	return nil
}

// each streams the rows in the order of serials.
func (x *OldExport) each() iter.Seq2[was, error] {
	return func(yield func(was, error) bool) {
		if x.sorted != nil {
			x.eachSorted(yield)
			return
		}
		lines := newLineReader(x.reader())
		err := lines.next()
		for err == nil {
			if err = lines.next(); err != nil {
				break
			}
			w := was{line: slices.Clone(lines.line)}
			if w.key, err = x.keyOf(w.line); err == nil && !yield(w, nil) {
				return
			}
		}
		if !errors.Is(err, io.EOF) {
			yield(was{}, unlike(x.name, err))
		}
	}
}

func (x *OldExport) eachSorted(yield func(was, error) bool) {
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
}

// keyOf is the serial of a row.
func (x *OldExport) keyOf(line []byte) (string, error) {
	rest := bytes.TrimSuffix(line, []byte("\r\n"))
	for i := 0; len(rest) > 0 && i < len(x.columns); i++ {
		field, behind, ok := cutField(rest)
		if !ok {
			break
		}
		if x.columns[i].name == "serial" {
			return token.Serial(unguarded(string(field))).Key(), nil
		}
		rest = behind
	}
	return "", errors.New("a row without a serial")
}
