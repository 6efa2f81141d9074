package sheet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"iter"
)

// WriteJSON writes rows as a JSON array, one object a line, and [] when there is
// none. At the first error it stops, and what was written is no valid JSON.
func WriteJSON[R any](w io.Writer, rows iter.Seq2[R, error]) error {
	out := bufio.NewWriterSize(w, OutBuffer)
	err := WriteArray(out, func(add func(any) error) error {
		for row, err := range rows {
			if err != nil {
				return err
			}
			if err := add(&row); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	_ = out.WriteByte('\n') // Flush tells of the error
	return WriteError(out.Flush())
}

// WriteArray writes one array whose elements each adds as they come.
func WriteArray(out *bufio.Writer, each func(add func(row any) error) error) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // nobody puts this into a page; & stays readable
	before, closing := "[\n", "[]"
	err := each(func(row any) error {
		if r, ok := row.(interface{ Settle() }); ok {
			r.Settle()
		}
		buf.Reset()
		if err := enc.Encode(row); err != nil {
			return err
		}
		_, _ = out.WriteString(before)
		before, closing = ",\n", "\n]"
		_, err := out.Write(bytes.TrimSuffix(buf.Bytes(), []byte("\n")))
		return WriteError(err)
	})
	if err != nil {
		return err
	}
	_, err = out.WriteString(closing)
	return WriteError(err)
}
