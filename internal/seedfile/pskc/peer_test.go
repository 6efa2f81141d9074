package pskc

import (
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"fob/internal/seedfile"
)

// pskctool is the peer that files are compared with. Without it the test fails,
// lest it be forgotten, unless FOB_NO_PEERS=1 says that this is known.
func pskctool(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("pskctool")
	if err == nil {
		return path
	}
	if os.Getenv("FOB_NO_PEERS") == "1" {
		t.Skip("pskctool is missing and FOB_NO_PEERS=1: not compared")
	}
	t.Fatal("pskctool is missing: apt-get install pskctool (or set FOB_NO_PEERS=1)")
	return ""
}

// peerFiles are the samples in which every key is a token.
var peerFiles = []string{
	"rfc6030-figure3.xml", "rfc6030-figure10.xml", "totp60-policy-dates.xml", "prefixed-namespace.xml", "default-namespace-bom.xml",
	"suites.xml", "base64-line-breaks.xml", "character-references.xml", "two-keys-of-one-device.xml", "version-1-7.xml",
}

// peerRecords reads what pskctool prints of a file: "Name: value" on lines of
// their own, a KeyPackage line before each key.
func peerRecords(t *testing.T, tool, file string) []map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), tool, "--info", file)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pskctool --info %s: %v", file, err)
	}
	var all []map[string]string
	for line := range strings.Lines(string(out)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		switch {
		case strings.HasPrefix(name, "KeyPackage"):
			all = append(all, map[string]string{})
		case len(all) > 0:
			all[len(all)-1][name] = strings.TrimSpace(value)
		}
	}
	return all
}

func TestAgainstPskctool(t *testing.T) {
	tool := pskctool(t)
	for _, file := range peerFiles {
		peers := peerRecords(t, tool, filepath.Join(samples, file))
		ours := readSample(t, file, seedfile.Options{})
		if len(peers) != len(ours) || len(ours) == 0 {
			t.Errorf("%s: %d records, pskctool has %d", file, len(ours), len(peers))
			continue
		}
		for i, rec := range ours {
			if want, got := peers[i], asPeer(rec); rec.Problem != nil || !same(want, got) {
				t.Errorf("%s, %s: pskctool says %v, we %v (%v)", file, rec.Place, want, got, rec.Problem)
			}
		}
	}
}

// asPeer gives a record's fields pskctool's names.
func asPeer(rec seedfile.Record) map[string]string {
	return map[string]string{
		"SerialNo":            rec.Serial,
		"Manufacturer":        rec.Manufacturer,
		"Key Secret (base64)": base64.StdEncoding.EncodeToString(rec.Secret.Text.Bytes()),
	}
}

func same(want, got map[string]string) bool {
	for name, value := range got {
		if want[name] != value {
			return false
		}
	}
	return true
}

// TestPeerFilesFollowTheSchema: what we call good is valid by the RFC's schema.
func TestPeerFilesFollowTheSchema(t *testing.T) {
	tool := pskctool(t)
	for _, file := range peerFiles {
		out, err := exec.CommandContext(t.Context(), tool, "--validate", filepath.Join(samples, file)).CombinedOutput()
		if err != nil || string(out) != "OK\n" { // what is not valid does not change its exit code
			t.Errorf("%s: %v %s", file, err, out)
		}
	}
}
