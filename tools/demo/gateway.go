package main

import (
	"bufio"
	"context"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"filippo.io/age"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"
)

// gateway is the system that verifies logins. It is played here, as far as a machine
// can that has nothing but Go: what fob wrote is decrypted with the gateway's own key
// and read as pam_oath reads it, and a library of others, github.com/pquerna/otp,
// compares the codes. The tests of fob log in through the real pam_oath.
type gateway struct{ key *age.X25519Identity }

func newGateway() (gateway, error) {
	key, err := age.GenerateX25519Identity()
	return gateway{key}, err
}

// recipients is the file that operations got from those who run it.
func (g gateway) recipients() string { return "# the gateway\n" + g.key.Recipient().String() + "\n" }

// login has a person type what their token shows, which is slow by so much, and says
// what the gateway makes of it: under the window that it had, and under the one that
// fob told to set.
func login(d *desk, _ context.Context) error {
	user := "gustav"
	file, err := os.Open(filepath.Join(d.dir, "users.oath.age"))
	if err != nil {
		return err
	}
	defer file.Close()
	users, err := age.Decrypt(file, d.gateway.key)
	if err != nil {
		return err
	}
	seed, err := seedOf(users, user)
	if err != nil {
		return err
	}
	typed, now, err := step{codes: shows(drawer, -slowBy, 2)}.typed()
	if err != nil {
		return err
	}
	code := typed[len(typed)-1]
	for _, window := range []uint{0, 51} {
		in, err := totp.ValidateCustom(code, base32.StdEncoding.EncodeToString(seed), now, totp.ValidateOpts{Period: uint(period / time.Second), Skew: window, Digits: otp.DigitsSix})
		if err != nil {
			return err
		}
		fmt.Fprintf(d.out, "# window=%d: %s types %s and is %s\n", window, user, code, map[bool]string{true: "let in", false: "refused"}[in])
		if in != (window > 0) {
			return fmt.Errorf("a login under window=%d: let in is %t", window, in)
		}
	}
	return nil
}

// seedOf finds a user's line: TYPE, user, password, seed in hex, counter.
func seedOf(users io.Reader, user string) ([]byte, error) {
	lines := bufio.NewScanner(users)
	for lines.Scan() {
		if f := strings.Fields(lines.Text()); len(f) > 3 && f[0] == "HOTP/T30/6" && f[1] == user {
			return hex.DecodeString(f[3])
		}
	}
	return nil, fmt.Errorf("users.oath has no %s: %v", user, lines.Err())
}
