package report

import "strings"

// column is one column of the inventory, in workbook and CSV.
type column struct {
	name  string // in JSON and CSV
	title string // in the workbook
	kind  kind
	width float64 // in characters
	about string
	of    func(*Token) value
}

// columns are every field of a Token in the order in which an auditor asks:
// which token, where it stands, who has it, where it came from, what it is,
// how it runs. A test holds them against the JSON names.
var columns = []column{
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
	{"location", "Location", words, 18, "Where it lies or was sent from",
		func(t *Token) value { return wordsAt(t.Location) }},
	{"batch", "Batch", whole, 8, "Number of the import that brought it; see Summary",
		func(t *Token) value { return wholeOf(t.Batch) }},
	{"imported_at", "Imported at (UTC)", instant, 20, "When its seed file was imported",
		func(t *Token) value { return instantOf(t.ImportedAt) }},
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
	{"seed_present", "Seed present", truth, 13, "Whether the store still holds its seed; false: destroyed",
		func(t *Token) value { return truthOf(t.SeedPresent) }},
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
	{"stolen", "Stolen", truth, 8, "Of a lost token: whether it was stolen",
		stolenOf},
	{"software", "Software", truth, 10, "True: a virtual token, an authenticator app; false: a device",
		func(t *Token) value { return truthOf(t.Software) }},
	{"condition", "Condition", words, 24, "In which it last came back, as somebody noted",
		func(t *Token) value { return wordsAt(t.Condition) }},
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
