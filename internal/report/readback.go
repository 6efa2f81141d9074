package report

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"fob/internal/fault"
	"hash"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// ReadOptions are what ReadBack needs beside the file.
type ReadOptions struct {
	Password []byte    // of an encrypted workbook; nil: none was given
	TempDir  string    // where one lies meanwhile, under another key; empty: the system's
	Random   io.Reader // of that key
}

// ReadBack recomputes, from an export, how many rows its inventory has and the
// SHA-256 of their canonical CSV. The name's ending says which form it is. Errors
// are of kind Integrity: what cannot be read back was not left as fob wrote it.
func ReadBack(f io.ReaderAt, size int64, name string, o ReadOptions) (Totals, error) {
	hash := newRowsHash(io.Discard)
	rows, err := readRows(hash, f, size, name, o)
	if err != nil {
		return Totals{}, err
	}
	return Totals{Rows: rows, SHA256: hash.sum()}, nil
}

// readRows writes the inventory of an export as canonical CSV, and counts its rows.
func readRows(w io.Writer, f io.ReaderAt, size int64, name string, o ReadOptions) (rows int, err error) {
	whole := io.NewSectionReader(f, 0, size)
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return readBackCSV(w, whole)
	case ".zip":
		return readBackArchive(w, f, size)
	case ".json":
		return readBackJSON(w, whole)
	case ".xlsx":
		return readBackWorkbook(w, f, size, o)
	}
	return 0, fault.Errorf(fault.Usage, "the ending says the form: .xlsx, .csv, .zip or .json")
}

// readBackArchive takes the inventory within.
func readBackArchive(w io.Writer, f io.ReaderAt, size int64) (int, error) {
	in, err := openMember(f, size, inventorySheet+".csv")
	if err != nil {
		return 0, err
	}
	defer func() { _ = in.Close() }()
	return readBackCSV(w, io.LimitReader(in, maxUnzipped))
}

func openMember(f io.ReaderAt, size int64, name string) (io.ReadCloser, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, unreadable("archive", err)
	}
	in, err := z.Open(name)
	if err != nil {
		return nil, unreadable("archive", err)
	}
	return in, nil
}

// readBackCSV takes the bytes as they are: the file is its own canonical form.
func readBackCSV(w io.Writer, r io.Reader) (rows int, err error) {
	lines := csv.NewReader(bufio.NewReaderSize(io.TeeReader(r, w), outBuffer))
	lines.ReuseRecord = true
	for {
		_, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, unreadable("CSV", err)
		}
		rows++
	}
	if rows--; rows < 0 {
		return 0, fault.Errorf(fault.Integrity, "the file is empty")
	}
	return rows, nil
}

// unreadable names what is wrong with the form of a file.
func unreadable(form string, err error) *fault.Error {
	return fault.Errorf(fault.Integrity, "the file is no %s that fob wrote: %v", form, err)
}

// readBackJSON decodes the tokens one by one and writes them down as WriteCSV
// would have, with the columns that the file names.
func readBackJSON(w io.Writer, r io.Reader) (rows int, err error) {
	in := json.NewDecoder(bufio.NewReaderSize(r, outBuffer))
	named, err := findTokens(in)
	if err != nil {
		return 0, unreadable("JSON", err)
	}
	chosen, err := columnsNamed(named)
	if err != nil {
		return 0, unreadable("JSON", err)
	}
	values := make([]value, len(chosen))
	line := appendHeader(nil, headsOf(chosen))
	for ; ; rows++ {
		if _, err := w.Write(line); err != nil {
			return 0, err
		}
		if !in.More() {
			return rows, nil
		}
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return 0, unreadable("JSON", err)
		}
		t, err := strictToken(raw)
		if err != nil {
			return 0, unreadable("JSON", err)
		}
		for i, c := range chosen {
			values[i] = c.of(&t)
		}
		line = appendLine(line[:0], values)
	}
}

// laterColumns came when files began to name theirs.
var laterColumns = []string{
	"bound_by", "bound_approver", "bound_proof", "bound_codes", "bound_ticket", "last_verified_at", "imported_by", "received", "order",
	"supplier", "file", "file_sha256", "manufactured", "seed_key", "destroyed_at", "issued", "loss_hours", "binding", "batch_id",
}

// columnsNamed gives the columns by their names; without names, those of the time
// when a file did not name them.
func columnsNamed(names []string) (chosen []column[Token], err error) {
	if names == nil {
		for _, c := range columns {
			if !slices.Contains(laterColumns, c.name) {
				chosen = append(chosen, c)
			}
		}
		return chosen, nil
	}
	for _, name := range names {
		i := slices.IndexFunc(columns, func(c column[Token]) bool { return c.name == name })
		if i < 0 {
			return nil, fmt.Errorf("this program knows no column %q", name)
		}
		chosen = append(chosen, columns[i])
	}
	return chosen, nil
}

// strictToken knows every field: one that it does not know would go unhashed.
func strictToken(raw []byte) (t Token, err error) {
	in := json.NewDecoder(bytes.NewReader(raw))
	in.DisallowUnknownFields()
	return t, in.Decode(&t)
}

// findTokens moves into the array of the member "tokens", and gives the names in
// the member "columns" before it.
func findTokens(in *json.Decoder) (named []string, err error) {
	err = beforeTokens(in, func(name string, raw json.RawMessage) error {
		if name != "columns" {
			return nil
		}
		return json.Unmarshal(raw, &named)
	})
	return named, err
}

// beforeTokens visits the members before "tokens", and moves into its array.
func beforeTokens(in *json.Decoder, visit func(name string, raw json.RawMessage) error) error {
	if t, err := in.Token(); err != nil || t != json.Delim('{') {
		return errors.Join(errors.New("it is no object"), err)
	}
	for in.More() {
		name, err := in.Token()
		if err != nil {
			return err
		}
		if name == "tokens" {
			if t, err := in.Token(); err != nil || t != json.Delim('[') {
				return errors.Join(errors.New("its tokens are no array"), err)
			}
			return nil
		}
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return err
		}
		if err := visit(fmt.Sprint(name), raw); err != nil {
			return err
		}
	}
	return errors.New("it has no tokens")
}

// rowsHash hashes canonical CSV on its way.
type rowsHash struct {
	io.Writer
	hash hash.Hash
}

func newRowsHash(w io.Writer) rowsHash {
	h := sha256.New()
	return rowsHash{io.MultiWriter(h, w), h}
}

func (h rowsHash) sum() string { return hex.EncodeToString(h.hash.Sum(nil)) }
