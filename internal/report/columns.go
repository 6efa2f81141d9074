package report

import "strings"

// head is what heads a column: in workbook, CSV and the dictionary.
type head struct {
	name  string // in JSON and CSV
	title string // in the workbook
	kind  kind
	width float64 // in characters
	about string
}

// column is one column of a sheet whose rows are Ts.
type column[T any] struct {
	name  string
	title string
	kind  kind
	width float64
	about string
	of    func(*T) value
}

func headsOf[T any](columns []column[T]) []head {
	heads := make([]head, len(columns))
	for i, c := range columns {
		heads[i] = head{c.name, c.title, c.kind, c.width, c.about}
	}
	return heads
}

// columns are every field of a Token in the order in which an auditor asks:
// which token, where it stands, who has it, where it came from, what it is,
// how it runs. A test holds them against the JSON names.
var columns = []column[Token]{
	{"serial", "Serial", words, 18, "Text printed on the device; text, never a number",
		func(t *Token) value { return wordsOf(t.Serial) }},
	{"state", "State", words, 12, "Where the token stands in its life",
		func(t *Token) value { return wordsOf(t.State) }},
	{"state_since", "State since (UTC)", instant, 20, "When it came into this state",
		func(t *Token) value { return instantOf(t.StateSince) }},
	{"account", "Account", words, 32, "Login name that it is bound or assigned to",
		func(t *Token) value { return wordsAt(t.Account) }},
	{"bound_at", "Bound at (UTC)", instant, 20, "When the open binding began",
		func(t *Token) value { return instantAt(t.BoundAt) }},
	{"bound_by", "Bound by", words, 14, "Operator who opened the binding",
		func(t *Token) value { return wordsAt(t.BoundBy) }},
	{"bound_approver", "Bound with approval of", words, 22, "Second person named for the binding; a name as it was typed, not verified",
		func(t *Token) value { return wordsAt(t.BoundApprover) }},
	{"bound_proof", "Proof of identity", words, 22, "How the person was identified, in the operator's words",
		func(t *Token) value { return wordsAt(t.BoundProof) }},
	{"bound_codes", "Codes used", whole, 11, "Displayed codes that opened the binding, 1 or 2",
		func(t *Token) value { return wholeAt(t.BoundCodes) }},
	{"bound_ticket", "Ticket of binding", words, 18, "Ticket named for the binding",
		func(t *Token) value { return wordsAt(t.BoundTicket) }},
	{"last_verified_at", "Last verified (UTC)", instant, 20, "When fob last accepted a code of it that left a record: its binding or a measured drift. fob sees no logins",
		func(t *Token) value { return instantAt(t.LastVerified) }},
	{"location", "Location", words, 18, "Where it lies or was sent from",
		func(t *Token) value { return wordsAt(t.Location) }},
	{"batch", "Batch", whole, 8, "Number of the import that brought it; see Batches, where virtual tokens have one line for all",
		func(t *Token) value { return wholeOf(t.Batch) }},
	{"imported_at", "Imported at (UTC)", instant, 20, "When its seed file was imported",
		func(t *Token) value { return instantOf(t.ImportedAt) }},
	{"imported_by", "Imported by", words, 14, "Operator who imported it",
		func(t *Token) value { return wordsOf(t.ImportedBy) }},
	{"received", "Received", words, 12, "Date of the delivery, as it was told",
		func(t *Token) value { return wordsAt(t.Received) }},
	{"order", "Order", words, 16, "Purchase order of its batch",
		func(t *Token) value { return wordsOf(t.Order) }},
	{"supplier", "Supplier", words, 18, "Supplier of its batch",
		func(t *Token) value { return wordsOf(t.Supplier) }},
	{"file", "Seed file", words, 24, "Name of the seed file",
		func(t *Token) value { return wordsOf(t.File) }},
	{"file_sha256", "Seed file SHA-256", words, 66, "SHA-256 of the seed file's bytes",
		func(t *Token) value { return wordsOf(t.FileSHA256) }},
	{"manufacturer", "Manufacturer", words, 18, "As the seed file or the operator named it",
		func(t *Token) value { return wordsOf(t.Manufacturer) }},
	{"model", "Model", words, 14, "As the seed file or the operator named it",
		func(t *Token) value { return wordsOf(t.Model) }},
	{"type", "Type", words, 7, "totp: by time (RFC 6238); hotp: by press (RFC 4226)",
		func(t *Token) value { return wordsOf(t.Type) }},
	{"hash", "Hash", words, 9, "Hash function under its HMAC",
		func(t *Token) value { return wordsOf(t.Hash) }},
	{"digits", "Digits", whole, 8, "Length of a code",
		func(t *Token) value { return wholeOf(t.Digits) }},
	{"period", "Period (s)", whole, 10, "TOTP: seconds that a code is shown",
		func(t *Token) value { return wholeAt(t.Period) }},
	{"t0", "T0 (UTC)", instant, 20, "TOTP: when step 0 began",
		func(t *Token) value { return instantAt(t.T0) }},
	{"counter", "Next counter", whole, 13, "HOTP: counter of the next code expected",
		func(t *Token) value { return wholeAt(t.Counter) }},
	{"not_before", "Not before (UTC)", instant, 20, "Not valid before",
		func(t *Token) value { return instantAt(t.NotBefore) }},
	{"not_after", "Not after (UTC)", instant, 20, "Expired after",
		func(t *Token) value { return instantAt(t.NotAfter) }},
	{"manufactured", "Manufactured (UTC)", instant, 20, "When it was made, as the seed file says",
		func(t *Token) value { return instantAt(t.Manufactured) }},
	{"seed_present", "Seed present", truth, 13, "Whether the store still holds its seed; false: destroyed",
		func(t *Token) value { return truthOf(t.SeedPresent) }},
	{"seed_key", "Seed key", whole, 10, "Number of the store's key that sealed its seed; not the key",
		func(t *Token) value { return wholeAt(t.SeedKey) }},
	{"destroyed_at", "Seed destroyed (UTC)", instant, 20, "When its seed was destroyed; who did it and who approved is in Events",
		func(t *Token) value { return instantAt(t.DestroyedAt) }},
	{"issued", "Ever issued", truth, 12, "Whether it was ever assigned, bound or provisioned",
		func(t *Token) value { return truthOf(t.Issued) }},
	{"exported_to", "Provisioned to", words, 28, "Verifiers that received its seed",
		func(t *Token) value { return wordsOf(strings.Join(t.ExportedTo, "; ")) }},
	{"drift_seconds", "Drift (s)", decimal, 10, "Token clock minus our clock when last measured; negative: slow",
		func(t *Token) value { return decimalAt(t.DriftSeconds) }},
	{"drift_ppm", "Drift rate (ppm)", decimal, 15, "Seconds gained in a million seconds",
		func(t *Token) value { return decimalAt(t.DriftPPM) }},
	{"observed_at", "Drift measured (UTC)", instant, 20, "When the drift was last measured",
		func(t *Token) value { return instantAt(t.ObservedAt) }},
	{"watermark", "Last step used", whole, 15, "Last step or counter accepted; none at or below it is accepted again",
		func(t *Token) value { return wholeAt(t.Watermark) }},
	{"failures", "Failed attempts", whole, 14, "Wrong codes in a row",
		func(t *Token) value { return wholeOf(t.Failures) }},
	{"locked_until", "Locked until (UTC)", instant, 20, "No code is accepted before; 9999-12-31: until it is unlocked",
		func(t *Token) value { return instantAt(t.LockedUntil) }},
	{"lost_reported_at", "Loss reported (UTC)", instant, 20, "When its loss was first told",
		func(t *Token) value { return instantAt(t.LostReported) }},
	{"loss_hours", "Hours to entry", decimal, 15, "Of a lost token: hours from the report of the loss to its entry, which ended the binding",
		func(t *Token) value { return decimalAt(t.LossHours) }},
	{"stolen", "Stolen", truth, 8, "Of a lost token: whether it was stolen",
		stolenOf},
	{"software", "Software", truth, 10, "True: a virtual token, an authenticator app; false: a device",
		func(t *Token) value { return truthOf(t.Software) }},
	{"condition", "Condition", words, 24, "In which it last came back, as somebody noted",
		func(t *Token) value { return wordsAt(t.Condition) }},
	{"binding", "Binding id", words, 38, "Id of the open binding, as sheet Bindings and the trail name it",
		func(t *Token) value { return wordsAt(t.Binding) }},
	{"batch_id", "Batch id", words, 38, "Id of the batch, as the trail names it",
		func(t *Token) value { return wordsOf(t.BatchID) }},
	{"id", "Id", whole, 10, "Number of the token in this store",
		func(t *Token) value { return wholeOf(t.ID) }},
}

// stolenOf is empty for a token that is not lost.
func stolenOf(t *Token) value {
	if t.LostReported == nil {
		return value{}
	}
	return truthOf(t.Stolen)
}
