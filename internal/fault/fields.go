package fault

// The fields that errors, warnings and remedies name. A front end has a word for
// each of them; a test of the front end holds it to this list.
const (
	ApprovedBy  Field = "approved-by"
	Reason      Field = "reason"
	Ticket      Field = "ticket"
	Proof       Field = "proof"
	Deep        Field = "deep"
	Codes       Field = "code"
	Returned    Field = "returned"
	Missing     Field = "missing"
	ToState     Field = "to"
	Stolen      Field = "stolen"
	Leaked      Field = "leaked"
	NewAccount  Field = "new-account"
	DryRun      Field = "dry-run"
	NewLocation Field = "new-location"

	Recipient  Field = "recipient"
	Only       Field = "only"
	NoIdentity Field = "no-identity"
	Identity   Field = "identity"
	DB         Field = "db" // which store
	Wait       Field = "wait"
	ReportedAt Field = "reported-at"
	Serial     Field = "serial"
	Whole      Field = "all-or-nothing"
	Replacing  Field = "replace"
	Reburnt    Field = "reburnt"
	OneCode    Field = "one-code"
)

// What a record or a correction can say about a token's parameters.
const (
	Type    Field = "type"
	Digits  Field = "digits"
	Period  Field = "period"
	Hash    Field = "hash"
	Counter Field = "counter"
	T0      Field = "t0"
)

// What can be said of a seed file.
const (
	Format          Field = "format"
	Columns         Field = "columns"
	SignedBy        Field = "signed-by"
	SkipRows        Field = "skip-rows"
	Delimiter       Field = "delimiter"
	Sheet           Field = "sheet"
	Encoding        Field = "encoding"
	Manufacturer    Field = "manufacturer"
	KeySuffix       Field = "key-suffix"
	Compat          Field = "compat"
	Unauthenticated Field = "allow-unauthenticated"
	KeyFile         Field = "key-file"
	PassphraseFile  Field = "passphrase-file"
	ShortSeeds      Field = "allow-short-seeds"
	Expect          Field = "expect"
	Partial         Field = "partial"
	Rejects         Field = "rejects"
)

// What can be said of a workbook and of a stocktake.
const (
	PasswordFile Field = "password-file"
	Post         Field = "post"
	Wide         Field = "wide"
	Exchange     Field = "replace"
)

// What can be said about a list of people.
const (
	NoHeader    Field = "no-header"
	ActiveIs    Field = "active-is"
	AtLeast     Field = "at-least"
	Renamed     Field = "renamed"
	UnknownLeft Field = "unknown-left"
)

// What can be said of an export and of what proves it.
const (
	Pub          Field = "pub"
	Sign         Field = "sign"
	PseudonymKey Field = "pseudonym-key"
	Pseudonymise Field = "pseudonymise"
	Compare      Field = "compare"
)

// What can be said of what leaves for a verifier.
const (
	Target    Field = "for"
	Verifier  Field = "verifier"
	Out       Field = "out"
	SendTo    Field = "to"
	Plaintext Field = "plaintext"
	SkipUnfit Field = "skip-unfit"
	Set       Field = "set"
	State     Field = "state"
	Batch     Field = "batch"
)
