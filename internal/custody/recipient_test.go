package custody

import (
	"strings"
	"testing"

	"filippo.io/age/plugin"

	"fob/internal/fault"
)

func TestParseRecipient(t *testing.T) {
	ssh := sshPair(t, KindSSHEd25519, "")
	r := recipient(t, "  "+ssh.public+"\n")
	if r.Comment != "anna@laptop" || r.Text+" anna@laptop" != ssh.public {
		t.Errorf("%+v", r)
	}
	if again := recipient(t, r.Text); again.Text != r.Text || again.Comment != "" {
		t.Errorf("%+v", again)
	}
	if !recipient(t, nativePair(t, KindHybrid).public).PostQuantum() || r.PostQuantum() {
		t.Error("post-quantum is not told apart")
	}
}

func TestParseRecipientRefuses(t *testing.T) {
	x, pq, ssh := nativePair(t, KindX25519), nativePair(t, KindHybrid), sshPair(t, KindSSHEd25519, "")
	pl := pluginPair(t)
	for _, c := range []struct{ text, words string }{
		{"", "empty"},
		{" \n", "empty"},
		{x.private, "secret key"},
		{pq.private, "secret key"},
		{strings.ToLower(x.private), "secret key"},
		{pl.private, "secret key"},
		{ssh.private, "secret key"},
		{"PRIVATE+KEY+fob+12345678+AAAA", "secret key"},
		{x.public + "\n" + x.public, "several lines"},
		{x.public[:40], "damaged"},
		{x.public[:len(x.public)-1] + "b", "damaged"},
		{pq.public[:100], "damaged"},
		{strings.ToUpper(x.public), "no recipient"},
		{pl.public[:len(pl.public)-1], "damaged"},
		{"age1tag1qwerty", "tagged"},
		{"age1tagpq1qwerty", "tagged"},
		{"ssh-ed25519", "damaged"},
		{"ssh-ed25519 AAAAC3Nza", "damaged or cannot"},
		{ssh.public + " \u202egnp.exe", "comment"},
		{"ecdsa-sha2-nistp256 AAAA", "cannot encrypt"},
		{"sk-ssh-ed25519@openssh.com AAAA", "cannot encrypt"},
		{"/home/anna/.ssh/id_ed25519.pub", "no recipient"},
		{plugin.EncodeRecipient("x", nil) + "\x1b[2J", "damaged"},
	} {
		r, err := ParseRecipient(c.text)
		if r != (Recipient{}) {
			t.Errorf("%q gave %+v", c.text, r)
		}
		wantError(t, err, fault.Usage, c.words, x.private, strings.ToLower(x.private), pq.private, pl.private, ssh.private)
		if strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%q reaches the terminal", err)
		}
	}
}
