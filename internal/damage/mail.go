package damage

import (
	"html"
	"strings"
)

// inMarkdown is a link as chats and wikis write it.
var inMarkdown = Pattern(`^\[([^\]]+@[^\]]+)\]\((mailto:)?[^)]*\)$`)

// hiddenAt is an address as people write it to hide it from machines.
var hiddenAt = Pattern(`(?i)^([\w.+-]+) ?[([{<] ?at ?[)\]}>] ?([\w-]+( ?[([{<]? ?(dot|punkt|\.) ?[)\]}>]? ?[\w-]+)+)$`)

// spelled is an address with what does not belong into one, and what ought to be there:
// blanks round its @ and its points, and a comma in the place of a point.
var spelled = Pattern(`^([\w.+'-]+) ?@ ?([\w-]+(?: ?[.,] ?[\w-]+)+)\.?$`)

// behind is an address with a remark, or a remark with an address: ann@example.test
// (external), Ann Example (ann@example.test).
var behind = Pattern(`^(?:([^\s()]+@[^\s()]+) ?\([^()]*\)|[^()@]+ \(([^\s()]+@[^\s()]+)\))$`)

// labelled is a word with a colon in front of an address, as forms, headers of mails and
// links have it.
var labelled = Pattern(`(?i)^(e-?mail|mail|mailto|smtp|sips?|upn|to|cc|bcc|from|an|von|de|à|acct|xmpp|im|teams|user|login) ?: ?`)

// Mail is what mail programs, chats and directories put round an address, and the
// address that is left; empty: nothing. The signs that give it away are none that an
// account may have: two @, an angle bracket, a colon behind mailto or smtp, a
// delimiter at its end, a blank or a comma round the @ (RFC 5321 section 4.1.2; Microsoft
// allows none of them in a UPN). So a healthy file of any length has none. O'Brien keeps his apostrophe: only a pair of them is taken for quotes.
func Mail(text string) string {
	if !strings.ContainsAny(text, "<>[](){}:;,?\"“”„«»'‘’‚`´&%| ") && !strings.HasSuffix(text, ".") {
		return ""
	}
	bare := bareAddress(text)
	switch {
	case strings.Count(bare, "@") > 1 && strings.ContainsAny(bare, " ,;/"):
		return "holds more than one address; a row is one person's"
	case bare == text:
		return ""
	case !strings.Contains(bare, "@") && text[0] != '"' && !strings.HasSuffix(text, ";") && !strings.HasSuffix(text, ","):
		return "" // whatever somebody calls himself
	case !strings.Contains(bare, "@"):
		return "has signs round it that belong to no account"
	}
	return "has something round the address that mail programs and directories put there; write " + bare
}

// bareAddress takes off what stands round an address.
func bareAddress(text string) string {
	bare := html.UnescapeString(text)
	if at := strings.LastIndexByte(bare, '|'); at >= 0 && !strings.ContainsAny(bare, "<>") && strings.Contains(bare[at:], "@") {
		bare = bare[at+1:] // i:0#.f|membership|ann@example.test, as SharePoint calls her
	}
	if before, after, has := strings.Cut(bare, "%40"); has && !strings.Contains(bare, "@") {
		bare = before + "@" + after
	}
	if m := inMarkdown().FindStringSubmatch(bare); m != nil {
		bare = m[1]
	} else if m := behind().FindStringSubmatch(bare); m != nil {
		bare = m[1] + m[2]
	}
	if m := hiddenAt().FindStringSubmatch(bare); m != nil {
		domain := strings.NewReplacer(" ", "", "(", "", ")", "", "[", "", "]", "", "{", "", "}", "", "<", "", ">", "", "dot", ".", "DOT", ".", "punkt", ".").Replace(m[2])
		return m[1] + "@" + strings.ReplaceAll(domain, "..", ".")
	}
	if open := strings.LastIndexByte(bare, '<'); open >= 0 && strings.Contains(bare, "@") {
		inner, _, _ := strings.Cut(bare[open+1:], ">")
		if before, _, _ := strings.Cut(bare, "<"); !strings.Contains(inner, "@") || strings.HasPrefix(strings.ToLower(inner), "mailto:") && strings.Contains(before, "@") {
			inner = before // ann@example.test<mailto:ann@example.test>
		}
		bare = inner
	}
	for before := ""; before != bare; {
		before = bare
		bare = strings.Trim(bare, " ,;<>\"“”„«»")
		if strings.Contains(bare, "@") {
			bare = labelled().ReplaceAllString(bare, "")
		}
		if address, query, has := strings.Cut(bare, "?"); has && strings.Contains(address, "@") && strings.Contains(query, "=") {
			bare = address
		}
		for _, pair := range []string{"''", "‘’", "‚‘", "``", "´´"} {
			if left, right := string([]rune(pair)[0]), string([]rune(pair)[1]); len(bare) > len(pair) && strings.HasPrefix(bare, left) && strings.HasSuffix(bare, right) {
				bare = strings.TrimSuffix(strings.TrimPrefix(bare, left), right)
			}
		}
	}
	if m := spelled().FindStringSubmatch(bare); m != nil {
		bare = m[1] + "@" + strings.NewReplacer(" ", "", ",", ".").Replace(m[2])
	}
	if bare == "" {
		return text
	}
	return bare
}
