package desk

import (
	"context"
	"time"

	"fob/internal/otp"
	"fob/internal/token"
)

// Conversation gathers the codes of one attempt, question by question, for a front
// end that talks to a person. It tries the first code alone, unless two are needed in
// any case; a pair that follows is the same attempt. The odds of the first are those
// of any one code, and it saves most people the wait for a second.
type Conversation struct {
	Token    token.Token
	WantsTwo Need // why the code after the first is needed in any case

	answer func(context.Context, Codes) (Outcome, error)
	req    Codes
	last   string // the code before, as digits only
	wrong  bool   // the first code was refused alone
}

// Need is why two codes are to be asked for at once.
type Need int

// The needs. LastTry: the next failure locks the token, and a first code refused
// alone would be one, so that the pair could no longer be tried.
const (
	OneWillDo Need = iota
	Ordered        // the policy wants two codes of every token
	LastTry
	DeepSearch // only two codes are searched as wide as is possible
)

// Question is what is to be asked next.
type Question int

// The questions. Done: nothing is left to ask.
const (
	CodeNow        Question = iota // the code that it shows now
	CodeNext                       // the code after that one
	CodeAfterWrong                 // the one it shows now, if that has changed; else the next
	Done
)

// Converse looks up a token before codes are asked for, and refuses what no code
// could help: a person should not read out digits for nothing. The request needs
// no codes yet. Last of all the keys are opened: a missing identity refuses as
// well, and a passphrase is not to be typed while the token goes on.
func (d *Desk) Converse(ctx context.Context, req Codes, by token.Command) (*Conversation, error) {
	c := &Conversation{req: req, answer: func(ctx context.Context, req Codes) (Outcome, error) { return d.answer(ctx, req, by) }}
	err := d.Store.View(ctx, func(r Reader) (err error) {
		a := &attempt{desk: d, req: req, by: by}
		if a.token, err = r.Token(req.Serial); err != nil {
			return err
		}
		if err := a.check(r); err != nil {
			return err
		}
		c.Token = a.token
		switch {
		case a.codesNeeded() > 1:
			c.WantsTwo = Ordered
		case req.Deep:
			c.WantsTwo = DeepSearch
		case c.Token.Failures >= a.policy.Lock.After-1:
			c.WantsTwo = LastTry
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	_, err = d.Keys(ctx)
	return c, err
}

// Question is what to ask now.
func (c *Conversation) Question() Question {
	switch n := len(c.req.Codes); {
	case n == 0:
		return CodeNow
	case n == 1 && c.WantsTwo != OneWillDo:
		return CodeNext
	case n == 1 && c.wrong:
		return CodeAfterWrong
	}
	return Done
}

// Changed is when the token shows another code than the last one at the latest: when
// in its step that was read nobody knows. Zero: there was none, or it takes a press.
func (c *Conversation) Changed() time.Time {
	if len(c.req.Codes) == 0 || c.Token.Profile.Type != token.TOTP {
		return time.Time{}
	}
	return c.req.Codes[0].At.Add(time.Duration(c.Token.Profile.Period) * time.Second)
}

// Type takes what a person typed in answer to the question. What is no code, or the
// one before, is no attempt: typo says so, and the question stays. Once there are as
// many codes as it takes they are tried; a refusal of the first alone, which another
// code may still undo, is no error but the next question.
func (c *Conversation) Type(ctx context.Context, text string, at time.Time) (out Outcome, typo *otp.CodeError, err error) {
	code, typo := otp.ParseCode(text, c.Token.Profile.Digits)
	if typo != nil {
		return out, typo, nil
	}
	if code == c.last {
		return out, typedBefore(), nil
	}
	c.last, c.req.Paced = code, true
	c.req.Codes = append(c.req.Codes, Typed{Text: text, At: at})
	if c.Question() != Done {
		return out, nil, nil
	}
	c.req.Counted = c.wrong
	out, err = c.answer(ctx, c.req)
	if len(c.req.Codes) == 1 && out.Reason != nil && *out.Reason == otp.WrongCode && out.LockedUntil == nil {
		c.wrong, c.req.Words = true, out.Words
		return out, nil, nil
	}
	return out, nil, err
}

func typedBefore() *otp.CodeError {
	return &otp.CodeError{Reason: otp.SameCodeTwice, Msg: "that is the code typed before", Hint: "wait until the token shows another one"}
}
