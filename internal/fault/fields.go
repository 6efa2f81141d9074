package fault

// The fields that errors, warnings and remedies name. A front end has a word for
// each of them; a test of the front end holds it to this list.
const (
	ApprovedBy Field = "approved-by"
	Reason     Field = "reason"
	Ticket     Field = "ticket"
	Proof      Field = "proof"
	Deep       Field = "deep"
	Codes      Field = "code"
	Returned   Field = "returned"
	Missing    Field = "missing"
	ToState    Field = "to"
	Stolen     Field = "stolen"
	NewAccount Field = "new-account"
)
