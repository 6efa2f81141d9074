package token

// Erasure is what was done, once rows without their seeds were committed, so that
// nothing of the seeds can be read from the store's files any more; and what a search
// of these files found. A server has no files that fob could search.
type Erasure struct {
	Server     bool     `json:"server"`
	LogEmptied bool     `json:"log_emptied"`
	Files      []string `json:"files"` // that were read back, by their names
	Bytes      int64    `json:"bytes"` // of them
	Sought     int      `json:"sought"`
	Found      int      `json:"found"` // of the sought seeds, still to be read, encrypted
}

// Complete reports whether the files were read back, and none of the seeds found.
func (e Erasure) Complete() bool { return !e.Server && e.Found == 0 && len(e.Files) > 0 }
