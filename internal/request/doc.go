// Package request makes two people out of a command: what the policy guards
// (second-person=...) waits as a request until another operator has approved it at
// an account of their own.
//
// A use case guards itself with one call, inside the transaction that makes its
// change and with what is read there:
//
//	w, err = request.Gate{Operator: d.Operator, Now: d.Now}.Pass(tx, request.Order{
//		Guard: token.GuardDestroy, By: token.CmdRetire,
//		What:    []string{"serial=" + string(serial)},
//		Touches: []token.Serial{serial},
//		Effect:  "destroy the seed of token " + string(serial),
//	}, w)
//	if err != nil {
//		return err
//	}
//
// and then writes its events with the Words that Pass returned. That is all:
//
//   - The policy guards it not: the words come back as they were. Of a command that
//     always takes a second person (Order.Always) a typed name is demanded.
//   - An approved request of this operator for the same order is there: the words
//     come back with the approver's name and the number of the request. The event
//     that is written with them ends the request, in the same transaction: it is used
//     once. Whatever rolls back leaves it as it was.
//   - Else the error is a Needed, or says why the request does not do. A Needed is
//     data: nothing is written. A front end catches it in one place, files it
//     (Registry.File), and shows its number.
//
// Pass only reads, so a look ahead (a question before anything is done) may call it
// with a Reader. A use case that has no transaction of its own in the store (rotation
// in slices, a restore) calls it in the first one that writes an event.
//
// An order holds all that decides what the command does, and no secret: displayed
// codes and passphrases are typed when it runs. What may not have changed meanwhile is
// named in Touches (tokens) and State (anything else, as a text that stays the same as
// long as it does).
//
// Nothing of a request is believed because a table says so: what it is for, who
// approved it and that it was not used are read from the events themselves.
package request
