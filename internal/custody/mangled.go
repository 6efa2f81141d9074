package custody

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"fob/internal/fault"
)

// How age writes a secret key (Bech32): a prefix, then the key of 32 bytes in
// 52 characters and a checksum in 6.
const (
	prefixX25519 = "AGE-SECRET-KEY-1"
	prefixHybrid = "AGE-SECRET-KEY-PQ-1"
	keyChars     = 52 + 6
)

// foreignFiles are files that are given for key files by mistake, by their
// first bytes.
var foreignFiles = []struct{ start, is, hint string }{
	{"SQLite format 3\x00", "a database", "were database and identity exchanged?"},
	{"-----BEGIN PGP", "an OpenPGP file", "the store's custodians use age identities or SSH keys"},
	{"-----BEGIN CERTIFICATE", "a certificate", "the store's custodians use age identities or SSH keys"},
	{"-----BEGIN PUBLIC KEY", "a public key", "the private half is needed"},
	{"-----BEGIN RSA PUBLIC KEY", "a public key", "the private half is needed"},
	{"---- BEGIN SSH2 PUBLIC KEY", "a public key", "the private half is needed"},
	{"PuTTY-User-Key-File", "a PuTTY key", "convert it: puttygen KEY.ppk -O private-openssh -o KEY"},
	{"PK\x03\x04", "a zip archive or a workbook", "the identity file is a short text"},
	{"\x1f\x8b", "a gzip file", "the identity file is a short text"},
}

// notText refuses what has no lines to look at: nothing, another kind of file,
// UTF-16, binary data.
func notText(kind keyFile, path string, content []byte) error {
	trimmed := bytes.TrimSpace(content)
	if len(trimmed) == 0 {
		return fault.Errorf(fault.KeyTrouble, "the %s %s is empty", kind.noun, path).WithAdvice(kind.missing)
	}
	for _, f := range foreignFiles {
		if bytes.HasPrefix(trimmed, []byte(f.start)) {
			return fault.Errorf(fault.KeyTrouble, "%s is %s and no %s", path, f.is, kind.noun).WithHint("%s", f.hint)
		}
	}
	switch {
	case isUTF16(content):
		return fault.Errorf(fault.KeyTrouble, "the %s %s is written in UTF-16, as PowerShell and Notepad do", kind.noun, path).
			WithHint("save it as UTF-8: (umask 077; iconv -f UTF-16 -t UTF-8 OLD > NEW)")
	case !utf8.Valid(content), bytes.IndexByte(content, 0) >= 0:
		return fault.Errorf(fault.KeyTrouble, "%s holds binary data, it is no %s", path, kind.noun).WithAdvice(kind.missing)
	}
	return nil
}

// unmarked drops the byte order mark that Windows editors put before UTF-8.
func unmarked(content []byte) []byte { return bytes.TrimPrefix(content, []byte("\ufeff")) }

// isUTF16 knows both byte orders by their mark, or by the zero that one byte
// of every ASCII character then has.
func isUTF16(content []byte) bool {
	if len(content) < 2 {
		return false
	}
	marked := bytes.HasPrefix(content, []byte{0xff, 0xfe}) || bytes.HasPrefix(content, []byte{0xfe, 0xff})
	return marked || (content[0] == 0) != (content[1] == 0)
}

// textLines parts a key file's text into lines, whatever ends them.
func textLines(content []byte) []string {
	text := strings.ReplaceAll(strings.ReplaceAll(string(content), "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return lines
}

// mangledIdentity says why a line is no identity. It tells of the line only
// what it looks like, never a character of it.
func mangledIdentity(path string, number int, line string) error {
	is, hint := lookAtIdentity(line)
	return fault.Errorf(fault.KeyTrouble, "the identity file %s, line %d: %s", path, number, is).WithHint("%s", hint)
}

const takeBackup = "take the line from your backup of the keys"

func lookAtIdentity(line string) (is, hint string) {
	upper := strings.ToUpper(line)
	switch {
	case strings.HasPrefix(line, prefixHybrid):
		return damagedBech32(line, prefixHybrid)
	case strings.HasPrefix(line, prefixX25519):
		return damagedBech32(line, prefixX25519)
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		return "the identity of a plugin is damaged", takeBackup
	case strings.HasPrefix(line, "age1"):
		return "this is a public key (a recipient), not an identity",
			"the secret half begins with AGE-SECRET-KEY-1; the person who made the pair has it"
	case hasAnyPrefix(line, "ssh-", "ecdsa-", "sk-"):
		return "this is an SSH public key, not an identity", "name the private key: the file without .pub"
	case strings.HasPrefix(line, prefixNoteKey):
		return "this is a checkpoint key, not an identity", "the identity file lies beside checkpoint.key"
	case strings.HasPrefix(upper, "AGE-SECRET-KEY-"):
		return "an identity in lower or mixed case, or of an unknown kind", "age writes it in capitals; " + takeBackup
	case strings.Contains(upper, "AGE-SECRET-KEY-"):
		return "there is something before the identity", "the line must begin with AGE-SECRET-KEY-1"
	case strings.HasPrefix(line, "-----BEGIN"):
		return "a key in armor must stand alone in its file", "remove the lines above it"
	}
	return "this is no identity", "an identity begins with AGE-SECRET-KEY-1, AGE-SECRET-KEY-PQ-1 or AGE-PLUGIN-; other lines begin with #"
}

func damagedBech32(line, prefix string) (is, hint string) {
	want := len(prefix) + keyChars
	switch {
	case len(line) < want:
		return "an identity was cut short", takeBackup
	case len(line) > want:
		return "something follows the identity", "the line must end with it"
	}
	return "a character of the identity is wrong", takeBackup
}
