package token

// Verdict is what an import says of one record.
type Verdict string

// The verdicts, in their order of precedence: a record that is
// damaged says nothing reliable of its serial; a serial or a seed that stands in
// the file twice cannot be compared with the store; then a serial's own history
// counts before that of its seed, so a clone of a stored seed comes last.
const (
	Invalid   Verdict = "invalid"
	Duplicate Verdict = "duplicate"
	SeedClone Verdict = "clone"
	Ended     Verdict = "retired"
	Conflict  Verdict = "conflict"
	Unchanged Verdict = "unchanged"
	New       Verdict = "new"
)

// Accepted reports whether a record with this verdict leaves its file loadable.
func (v Verdict) Accepted() bool { return v == New || v == Unchanged }
