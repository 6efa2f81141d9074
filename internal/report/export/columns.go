package export

import (
	"strings"
	"time"

	"fob/internal/report"
	"fob/internal/report/sheet"
	"fob/internal/token"
)

// columns are every field of a Token in the order in which an auditor asks:
// which token, where it stands, who has it, where it came from, what it is,
// how it runs; last, what only programs read. A test holds them against the JSON names.
var columns = []sheet.Column[report.Token]{
	sheet.Col("serial", "Serial", 18, "Text printed on the device; text, never a number", func(t *report.Token) token.Serial { return t.Serial }),
	sheet.Col("state", "State", 12, "Where the token stands in its life", func(t *report.Token) token.State { return t.State }),
	sheet.Col("state_since", "State since (UTC)", 20, "When it came into this state", func(t *report.Token) time.Time { return t.StateSince }),
	sheet.Col("account", "Account", 32, "Login name that it is bound or assigned to", func(t *report.Token) *string { return t.Account }),
	sheet.Col("bound_at", "Bound at (UTC)", 20, "When the open binding began", func(t *report.Token) *time.Time { return t.BoundAt }),
	sheet.Col("bound_by", "Bound by", 14, "Operator who opened the binding", func(t *report.Token) *string { return t.BoundBy }),
	sheet.Col("bound_approver", "Bound with approval of", 22, "Second person named for the binding; a name as it was typed, not verified", func(t *report.Token) *string { return t.BoundApprover }),
	sheet.Col("bound_proof", "Proof of identity", 22, "How the person was identified, in the operator's words", func(t *report.Token) *string { return t.BoundProof }),
	sheet.Col("bound_codes", "Codes used", 11, "Displayed codes that opened the binding, 1 or 2", func(t *report.Token) *int { return t.BoundCodes }),
	sheet.Col("bound_ticket", "Ticket of binding", 18, "Ticket named for the binding", func(t *report.Token) *string { return t.BoundTicket }),
	sheet.Col("last_verified_at", "Last verified (UTC)", 20, "When fob last accepted a code of it that left a record: its binding or a measured drift. fob sees no logins", func(t *report.Token) *time.Time { return t.LastVerified }),
	sheet.Col("location", "Location", 18, "Where it is, or was sent from", func(t *report.Token) *string { return t.Location }),
	sheet.Col("batch", "Batch", 8, "Number of the import that brought it; see Batches, where virtual tokens have one line for all", func(t *report.Token) int { return t.Batch }),
	sheet.Col("imported_at", "Imported at (UTC)", 20, "When its seed file was imported", func(t *report.Token) time.Time { return t.ImportedAt }),
	sheet.Col("imported_by", "Imported by", 14, "Operator who imported it", func(t *report.Token) string { return t.ImportedBy }),
	sheet.Col("received", "Received", 12, "Date of the delivery, as the import said", func(t *report.Token) *string { return t.Received }),
	sheet.Col("order", "Order", 16, "Purchase order of its batch", func(t *report.Token) string { return t.Order }),
	sheet.Col("supplier", "Supplier", 18, "Supplier of its batch", func(t *report.Token) string { return t.Supplier }),
	sheet.Col("file", "Seed file", 24, "Name of the seed file", func(t *report.Token) string { return t.File }),
	sheet.Col("manufacturer", "Manufacturer", 18, "As the seed file or the operator named it", func(t *report.Token) string { return t.Manufacturer }),
	sheet.Col("model", "Model", 14, "As the seed file or the operator named it", func(t *report.Token) string { return t.Model }),
	sheet.Col("type", "Type", 7, "totp: by time (RFC 6238); hotp: by press (RFC 4226)", func(t *report.Token) token.Type { return t.Type }),
	sheet.Col("hash", "Hash", 9, "Hash function under its HMAC", func(t *report.Token) token.Hash { return t.Hash }),
	sheet.Col("digits", "Digits", 8, "Length of a code", func(t *report.Token) int { return t.Digits }),
	sheet.Col("period", "Period (s)", 10, "TOTP: seconds that a code is shown", func(t *report.Token) *int { return t.Period }),
	sheet.Col("counter", "Next counter", 13, "HOTP: counter of the next code expected; empty when the last one there is was used", func(t *report.Token) *int64 { return t.Counter }),
	sheet.Col("not_before", "Not before (UTC)", 20, "Not valid before", func(t *report.Token) *time.Time { return t.NotBefore }),
	sheet.Col("not_after", "Not after (UTC)", 20, "Expired after", func(t *report.Token) *time.Time { return t.NotAfter }),
	sheet.Col("manufactured", "Manufactured (UTC)", 20, "When it was made, as the seed file says", func(t *report.Token) *time.Time { return t.Manufactured }),
	sheet.Col("seed_present", "Seed present", 13, "Whether the store still holds its seed; false: destroyed", func(t *report.Token) bool { return t.SeedPresent }),
	sheet.Col("seed_key", "Seed key", 10, "Number of the store's key that sealed its seed; not the key", func(t *report.Token) *int64 { return t.SeedKey }),
	sheet.Col("destroyed_at", "Seed destroyed (UTC)", 20, "When it was retired, and its seed with it unless that went before; who did it and who approved is in Events", func(t *report.Token) *time.Time { return t.DestroyedAt }),
	sheet.Col("issued", "Ever issued", 12, "Whether it was ever assigned, bound or provisioned", func(t *report.Token) bool { return t.Issued }),
	sheet.Col("exported_to", "Provisioned to", 28, "Verifiers that received its seed", func(t *report.Token) string { return strings.Join(t.ExportedTo, "; ") }),
	sheet.Col("drift_seconds", "Drift (s)", 10, "Token clock minus our clock when last measured; negative: slow", func(t *report.Token) *float64 { return t.DriftSeconds }),
	sheet.Col("drift_ppm", "Drift rate (ppm)", 15, "Seconds gained in a million seconds", func(t *report.Token) *float64 { return t.DriftPPM }),
	sheet.Col("observed_at", "Drift measured (UTC)", 20, "When the drift was last measured", func(t *report.Token) *time.Time { return t.ObservedAt }),
	sheet.Col("watermark", "Last step used", 15, "Last step or counter accepted; none at or below it is accepted again", func(t *report.Token) *int64 { return t.Watermark }),
	sheet.Col("failures", "Failed attempts", 14, "Wrong codes in a row", func(t *report.Token) int { return t.Failures }),
	sheet.Col("locked_until", "Locked until (UTC)", 20, "No code is accepted before; 9999-12-31: until it is unlocked", func(t *report.Token) *time.Time { return t.LockedUntil }),
	sheet.Col("lost_reported_at", "Loss reported (UTC)", 20, "When its loss was first reported", func(t *report.Token) *time.Time { return t.LostReported }),
	sheet.Col("loss_hours", "Hours to entry", 15, "Of a lost token: hours from the report of the loss to its entry, which ended the binding", func(t *report.Token) *float64 { return t.LossHours }),
	sheet.Col("stolen", "Stolen", 8, "Of a lost token: whether it was stolen", stolenOf),
	sheet.Col("was_stolen", "Was stolen", 11, "Whether it was ever stolen, also if it was found since", func(t *report.Token) *bool { return onlyTrue(t.WasStolen) }),
	sheet.Col("leaked", "Seed leaked", 12, "Whether others may know its seed: it never comes back", func(t *report.Token) *bool { return onlyTrue(t.Leaked) }),
	sheet.Col("software", "Software", 10, "True: a virtual token, an authenticator app; false: a device", func(t *report.Token) bool { return t.Software }),
	sheet.Col("condition", "Condition", 24, "In which it last came back, as somebody noted", func(t *report.Token) *string { return t.Condition }),
	sheet.Col("t0", "T0 (UTC)", 20, "TOTP: when step 0 began", func(t *report.Token) *time.Time { return t.T0 }),
	sheet.Col("file_sha256", "Seed file SHA-256", 66, "SHA-256 of the seed file's bytes", func(t *report.Token) string { return t.FileSHA256 }),
	sheet.Col("binding", "Binding id", 38, "Id of the open binding, as sheet Bindings and the trail name it", func(t *report.Token) *string { return t.Binding }),
	sheet.Col("batch_id", "Batch id", 38, "Id of the batch, as the trail names it", func(t *report.Token) string { return t.BatchID }),
	sheet.Col("id", "Id", 10, "Number of the token in this store", func(t *report.Token) int64 { return t.ID }),
}

// onlyTrue is empty for no, so that a column of noes is empty.
func onlyTrue(is bool) *bool {
	if !is {
		return nil
	}
	return &is
}

// stolenOf is empty for a token that is not lost.
func stolenOf(t *report.Token) *bool {
	if t.LostReported == nil {
		return nil
	}
	return &t.Stolen
}
