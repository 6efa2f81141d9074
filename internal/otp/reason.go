package otp

// Reason is why a code was refused, as scripts read it. Words may be added,
// never renamed.
type Reason string

// The reasons. ParseCode gives WrongLength and NotDigits, Check gives the next
// seven, and the others come before any code is compared: anyone who knows
// state, failures and the event trail gives them.
const (
	WrongLength Reason = "wrong_length"
	NotDigits   Reason = "not_digits"

	WrongCode       Reason = "wrong_code"
	SameCodeTwice   Reason = "same_code_twice"
	AlreadyUsed     Reason = "already_used"
	WrongOrder      Reason = "wrong_order"
	NotConsecutive  Reason = "not_consecutive"
	OutOfWindow     Reason = "out_of_window"
	WrongParameters Reason = "wrong_parameters"

	Expired     Reason = "expired"
	Locked      Reason = "locked"
	ClockBehind Reason = "clock_behind"
	WrongState  Reason = "wrong_state"
	ByPolicy    Reason = "policy"

	// Of people who bind a token of their own.
	NotTheirs   Reason = "not_theirs"
	NoSuchToken Reason = "no_such_token"
)
