package export

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
	"hash"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"fob/internal/fault"
	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/rows"
)

// ReadBack recomputes, from an export, how many rows its inventory has and the
// SHA-256 of their canonical CSV. The name's ending says which form it is. Errors
// are of kind Integrity: what cannot be read back was not left as fob wrote it.
func ReadBack(f io.ReaderAt, size int64, name string, o sheet.ReadOptions) (Totals, error) {
	hash := newRowsHash(io.Discard)
	rows, err := readRows(hash, f, size, name, o)
	if err != nil {
		return Totals{}, err
	}
	return Totals{Rows: rows, SHA256: hash.sum()}, nil
}

// readRows writes the inventory of an export as canonical CSV, and counts its rows.
func readRows(w io.Writer, f io.ReaderAt, size int64, name string, o sheet.ReadOptions) (n int, err error) {
	whole := io.NewSectionReader(f, 0, size)
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return readBackCSV(w, whole)
	case ".zip":
		in, err := openMember(f, size, inventorySheet+".csv")
		if err != nil {
			return 0, err
		}
		defer func() { _ = in.Close() }()
		return readBackCSV(w, io.LimitReader(in, sheet.MaxUnzipped))
	case ".json":
		if n, err = readBackJSON(w, whole); err != nil {
			err = sheet.Unreadable("JSON", err)
		}
		return n, err
	case ".xlsx":
		err = sheet.WithBook(f, size, o, func(book *rows.Book) (err error) {
			n, err = readInventory(w, book)
			return err
		})
		return n, err
	}
	return 0, fault.Errorf(fault.Usage, "the ending says the form: .xlsx, .csv, .zip or .json")
}

func openMember(f io.ReaderAt, size int64, name string) (io.ReadCloser, error) {
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, sheet.Unreadable("archive", err)
	}
	in, err := z.Open(name)
	if err != nil {
		return nil, sheet.Unreadable("archive", err)
	}
	return in, nil
}

// readBackCSV takes the bytes as they are: the file is its own canonical form.
func readBackCSV(w io.Writer, r io.Reader) (rows int, err error) {
	lines := csv.NewReader(bufio.NewReaderSize(io.TeeReader(r, w), sheet.OutBuffer))
	lines.ReuseRecord = true
	for {
		_, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return 0, sheet.Unreadable("CSV", err)
		}
		rows++
	}
	if rows--; rows < 0 {
		return 0, fault.Errorf(fault.Integrity, "the file is empty")
	}
	return rows, nil
}

// readBackJSON decodes the tokens one by one and writes them as WriteCSV would have,
// with the columns that the file names. A field that it does not know would go
// unhashed, and is an error.
func readBackJSON(w io.Writer, r io.Reader) (n int, err error) {
	in := json.NewDecoder(bufio.NewReaderSize(r, sheet.OutBuffer))
	var named []string
	err = beforeTokens(in, func(name string, raw json.RawMessage) error {
		if name != "columns" {
			return nil
		}
		return json.Unmarshal(raw, &named)
	})
	if err != nil {
		return 0, err
	}
	chosen, err := columnsNamed(named)
	if err != nil {
		return 0, err
	}
	values := make([]sheet.Value, len(chosen))
	line := sheet.AppendHeader(nil, sheet.Heads(chosen))
	for ; ; n++ {
		if _, err := w.Write(line); err != nil {
			return 0, err
		}
		if !in.More() {
			return n, nil
		}
		var raw json.RawMessage
		if err := in.Decode(&raw); err != nil {
			return 0, err
		}
		var t report.Token
		strict := json.NewDecoder(bytes.NewReader(raw))
		strict.DisallowUnknownFields()
		if err := strict.Decode(&t); err != nil {
			return 0, err
		}
		for i, c := range chosen {
			values[i] = c.Of(&t)
		}
		line = sheet.AppendLine(line[:0], values)
	}
}

// columnsNamed returns the columns by their names.
func columnsNamed(names []string) (chosen []sheet.Column[report.Token], err error) {
	if names == nil {
		return nil, errors.New("it does not name its columns")
	}
	for _, name := range names {
		i := slices.IndexFunc(columns, func(c sheet.Column[report.Token]) bool { return c.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("this program knows no column %q", name)
		}
		chosen = append(chosen, columns[i])
	}
	return chosen, nil
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
