package token

import "strings"

// accountChars are what logins and addresses are mostly made of.
const accountChars = "abcdefghijklmnopqrstuvwxyz0123456789.-_@"

// maxMistypedAccount bounds the accounts whose typingErrors are listed: the list grows with
// the length, and addresses rarely have more.
const maxMistypedAccount = MaxSerialLen

// TypingErrors lists the account keys one typing error away, the likeliest first:
// two neighbours swapped, a character left out, exchanged, or one too many, and of an
// address the login before the @ and what is one typing error away from that. It
// serves "near it" suggestions only, and is empty for a name that is not ASCII.
func (a Account) TypingErrors() []string {
	key := a.Key()
	l := typingErrors{seen: map[string]bool{key: true, "": true}}
	if len(key) > maxMistypedAccount || !ascii(key) {
		return nil
	}
	name, _, address := strings.Cut(key, "@")
	if address { // the list may have the login alone
		l.add(name)
	}
	for i := 1; i < len(key); i++ {
		l.add(key[:i-1] + key[i:i+1] + key[i-1:i] + key[i+1:])
	}
	for i := range key {
		l.add(key[:i] + key[i+1:])
	}
	for _, c := range strings.Split(accountChars, "") {
		for i := range key {
			l.add(key[:i] + c + key[i+1:])
			l.add(key[:i] + c + key[i:])
		}
		l.add(key + c)
	}
	if address {
		for _, other := range Account(name).TypingErrors() {
			l.add(other)
		}
	}
	return l.all
}

// Beginnings are the keys with which an account begins that may be meant: the same
// name at another domain, then all that begin as typed.
func (a Account) Beginnings() (all []string) {
	key := a.Key()
	if name, _, is := strings.Cut(key, "@"); is && name != "" {
		all = append(all, name+"@")
	} else if key != "" {
		all = append(all, key+"@")
	}
	if len(key) >= 3 {
		all = append(all, key)
	}
	return all
}

// OwnSerial is said of an account in a list that is the serial of its own token: a column
// was copied into the other. No directory names people after tokens that they are yet to
// get, so that a healthy file of any length has none; a person who types both may mean it.
const OwnSerial = "the account is the serial of the token itself: was a column copied into the other?"
