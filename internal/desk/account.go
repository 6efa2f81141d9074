package desk

import (
	"time"

	"fob/internal/damage"
	"fob/internal/fault"
	"fob/internal/token"
)

// AccountReader knows the accounts of the newest list of people.
type AccountReader interface {
	// NewestPeople is the list that was taken in last; its number is 0 where there
	// no list.
	NewestPeople() (PeopleHead, error)
	// AccountStanding finds an account by its name as lists know it.
	AccountStanding(a token.Account) (Standing, error)
	// NearAccounts finds listed accounts that a person may have meant, the
	// likeliest first.
	NearAccounts(a token.Account, limit int) ([]token.Account, error)
}

// HolderReader knows who has which tokens.
type HolderReader interface {
	// KnownAccount returns an account in the spelling in which it is stored, or
	// as it came when it is new.
	KnownAccount(a token.Account) (token.Account, error)
	// TokensOf lists what an account has: assigned, bound and suspended tokens.
	TokensOf(a token.Account) ([]token.Serial, error)
}

// PeopleHead is what is asked of a list most often.
type PeopleHead struct {
	Number int
	At     time.Time
	SHA256 string
}

// Standing is how an account stands with the lists.
type Standing struct {
	Known  bool // on some list, now or before
	Listed bool // on the newest one
	Since  time.Time
	Now    token.Account // what it was renamed to; empty: it is called so, or nobody is
}

// CheckAccount refuses an account that nobody on the newest list has: it is
// mistyped, or its person left. Without any list accounts are taken as typed. An
// account that has the token already was taken as it is when it was given it.
func CheckAccount(r AccountReader, a token.Account, anyway, theirs bool) error {
	if anyway {
		return nil
	}
	head, err := r.NewestPeople()
	if err != nil {
		return err
	}
	if head.Number == 0 {
		if theirs || !damage.MayBeNobody(string(a)) {
			return nil
		}
		// Without a list nobody can tell Christopher Null from a list's word for nobody.
		return fault.Errorf(fault.NotFound, "%s is what lists say where nobody has a token", a).
			WithHint("leave the account out; if somebody is called so, %s goes on with it as typed", fault.NewAccount)
	}
	s, err := r.AccountStanding(a)
	if err != nil || s.Listed || theirs && !s.Known {
		return err
	}
	goOn := fault.Textf("%s goes on with it as typed", fault.NewAccount)
	switch {
	case s.Known:
		return fault.Errorf(fault.NotFound, "%s left: the list of %s does not have it any more", a, head.At.Format(dateOnly)).
			WithHint("people who left get no token: name the account that it is for; if they are back, load a list that has them with %s", fault.Do(token.CmdAccountImport, "LIST"))
	case s.Now != "":
		return fault.Errorf(fault.NotFound, "%s is called %s now", a, s.Now).WithHint("use the new name; %s", goOn)
	}
	refusal := fault.Errorf(fault.NotFound, "there is no account %s on the list of %s", a, head.At.Format(dateOnly))
	near, err := r.NearAccounts(a, MaxNearAccounts)
	if err != nil {
		return err
	}
	if len(near) == 0 {
		return refusal.WithHint("is it typed right? %s", goOn)
	}
	return refusal.WithHint("near it: %s; %s", token.Join(near, ", "), goOn)
}

const (
	dateOnly        = "2006-01-02"
	MaxNearAccounts = 5
)
