package rows

// Notes are the remarks on how a text is written.
func (c Charset) Notes() []string {
	switch {
	case c.Name != "UTF-8":
		return []string{NoteUTF16}
	case c.BOM:
		return []string{NoteBOM}
	}
	return nil
}
