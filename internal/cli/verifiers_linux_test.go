package cli

import (
	"archive/tar"
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What fob writes is read by the real verifiers, where those run on a computer
// without a network. The clock of these tests is the computer's own, since the
// verifiers look at it.

// verifierPeer finds a program of a verifier. A missing one fails the test, lest it
// be forgotten, unless FOB_NO_PEERS=1 says that this is known.
func verifierPeer(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if found, err := exec.LookPath(path); err == nil {
			return found
		}
	}
	if os.Getenv("FOB_NO_PEERS") == "1" {
		t.Skip(name + " is missing and FOB_NO_PEERS=1: not compared")
	}
	t.Fatalf("%s is missing (or set FOB_NO_PEERS=1)", name)
	return ""
}

// atVerifier is a store whose tokens go to a real verifier.
type atVerifier struct {
	*program
	t   *testing.T
	dir string
	all []known // totp
	hot []known
}

func newAtVerifier(t *testing.T) *atVerifier {
	v := &atVerifier{program: newProgram(t), t: t, dir: t.TempDir(), all: parseKnown(seedFile(deliveryPlan)), hot: parseKnown(seedFile(hotpPlan))}
	v.now = time.Now().Add(-time.Hour)
	v.must(t, "init")
	v.must(t, "import", v.write("d.csv", string(seedFile(deliveryPlan))))
	v.must(t, "import", v.write("h.csv", string(seedFile(hotpPlan))))
	return v
}

func (v *atVerifier) path(name string) string { return filepath.Join(v.dir, name) }

func (v *atVerifier) write(name, text string) string {
	v.t.Helper()
	if err := os.MkdirAll(filepath.Dir(v.path(name)), 0o755); err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(v.path(name), []byte(text), 0o600); err != nil {
		v.t.Fatal(err)
	}
	return v.path(name)
}

// step is the one that a token of 30 s is in, if its clock is so many steps fast.
func step(fast int64) int64 { return time.Now().Unix()/30 + fast }

// bound binds a token whose clock is so many steps fast, two minutes ago, and returns
// the code that it took.
func (v *atVerifier) bound(k known, account string, fast int64) (used string) {
	v.t.Helper()
	v.now = time.Now().Add(-2 * time.Minute)
	code := k.shows(v.now.Unix()/30 + fast)
	if k.kind == "hotp" {
		code = k.shows(1)
	}
	v.must(v.t, "bind", k.serial, account, "--code", code, "--new-account") // nobody is one
	return code
}

func (v *atVerifier) provision(target, name string, more ...string) string {
	v.t.Helper()
	v.now = time.Now()
	v.must(v.t, append([]string{"provision", "--for", target, "--out", v.path(name), "--plaintext"}, more...)...)
	return v.path(name)
}

// login asks PAM, with a service of its own in a view of the system of its own.
func (v *atVerifier) login(service, account, code string) (ok bool, says string) {
	v.t.Helper()
	pam := filepath.Dir(v.write("pam.d/fob", service))
	cmd := exec.Command(verifierPeer(v.t, "unshare"), "-m", "sh", "-c",
		`mount --bind "$1" /etc/pam.d && exec pamtester -v fob "$2" authenticate`, "sh", pam, account)
	if os.Getuid() != 0 {
		cmd.Args = append([]string{cmd.Args[0], "-r"}, cmd.Args[1:]...)
	}
	cmd.Stdin = strings.NewReader(code + "\n")
	out, err := cmd.CombinedOutput()
	if os.Getuid() != 0 || !bytes.Contains(out, []byte("not permitted")) {
		return err == nil, string(out)
	}
	// A container may forbid views of one's own. There the service is put beside the others.
	name := fmt.Sprintf("fob-test-%d", os.Getpid())
	path := filepath.Join("/etc/pam.d", name)
	if err := os.WriteFile(path, []byte(service), 0o600); err != nil {
		v.t.Fatal(err)
	}
	defer os.Remove(path)
	cmd = exec.Command("pamtester", "-v", name, account, "authenticate")
	cmd.Stdin = strings.NewReader(code + "\n")
	out, err = cmd.CombinedOutput()
	return err == nil, string(out)
}

// accepts demands an answer.
func (v *atVerifier) accepts(want bool, what, service, account, code string) {
	v.t.Helper()
	if ok, says := v.login(service, account, code); ok != want {
		v.t.Errorf("%s: accepted is %t\n%s", what, ok, says)
	}
}

func TestPAMOath(t *testing.T) {
	v := newAtVerifier(t)
	verifierPeer(t, "pamtester")
	anna, root := v.all[0], v.hot[0]
	v.bound(anna, "nobody", 0)
	v.bound(root, "root", 0)
	users := v.provision("pam-oath", "users.oath", anna.serial, root.serial)
	service := "auth required pam_oath.so usersfile=" + users + " window=5 digits=6\n"
	v.accepts(false, "a wrong code", service, "nobody", "000000")
	v.accepts(true, "a TOTP code", service, "nobody", anna.shows(step(0)))
	v.accepts(false, "a used HOTP code", service, "root", root.shows(1))
	v.accepts(true, "the next HOTP code", service, "root", root.shows(2))
}

func TestGooglePAM(t *testing.T) {
	v := newAtVerifier(t)
	verifierPeer(t, "pamtester")
	anna, root := v.all[0], v.hot[0]
	v.bound(anna, "nobody", 4) // its clock is four steps fast
	v.bound(root, "root", 0)
	files := v.unpack(v.provision("google-pam", "google.tar", anna.serial, root.serial))
	service := "auth required pam_google_authenticator.so secret=" + files + "/${USER} user=root no_increment_hotp nullok allowed_perm=0600 noskewadj\n"
	service = strings.ReplaceAll(service, " no_increment_hotp nullok", "")
	v.accepts(false, "what a clock shows that is right", service, "nobody", anna.shows(step(0)))
	v.accepts(true, "what the fast token shows", service, "nobody", anna.shows(step(4)))
	v.accepts(true, "the next HOTP code", service, "root", root.shows(2)) // a wrong one would move its counter
	v.accepts(false, "a used HOTP code", service, "root", root.shows(2))
}

// unpack lays out an archive of one file a user.
func (v *atVerifier) unpack(path string) (dir string) {
	v.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		v.t.Fatal(err)
	}
	r := tar.NewReader(bytes.NewReader(data))
	for {
		h, err := r.Next()
		if err != nil {
			return v.path("google")
		}
		var text bytes.Buffer
		if _, err := text.ReadFrom(r); err != nil {
			v.t.Fatal(err)
		}
		v.write("google/"+h.Name, text.String())
	}
}

// freePort is one that nothing listens on.
func freePort(t *testing.T) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// server runs a server until the test ends, and waits until up says that it is.
func (v *atVerifier) server(up func() bool, name string, args ...string) {
	v.t.Helper()
	var log bytes.Buffer
	cmd := exec.Command(verifierPeer(v.t, name), args...)
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if v.t.Failed() {
			v.t.Log(log.String())
		}
	})
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if up() {
			return
		}
	}
	v.t.Fatalf("%s does not answer", name)
}

// The slapd of Debian 12 notes a drift and looks about its own clock all the same, so
// that the window has to hold what tokens are off; newer ones look about the drift.
func TestOpenLDAP(t *testing.T) {
	v := newAtVerifier(t)
	fast, slow, hotp, long := v.all[0], v.all[1], v.hot[0], v.all[2]
	used := v.bound(fast, "anna", 4) // its clock is four steps fast
	v.bound(slow, "ben", -4)
	v.bound(hotp, "cleo", 0)
	v.bound(long, "dora", 0)
	ldif := v.provision("openldap", "tokens.ldif", fast.serial, slow.serial, hotp.serial, long.serial,
		"--set", "window=5", "--set", "base=ou=tokens,dc=example,dc=org", "--set", "person=uid=%s,ou=people,dc=example,dc=org")
	url := fmt.Sprintf("ldap://127.0.0.1:%d", freePort(t))
	conf := v.write("slapd.conf", `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload otp
database mdb
suffix dc=example,dc=org
rootdn cn=admin,dc=example,dc=org
rootpw secret
directory `+v.path("db")+`
overlay otp
`)
	if err := os.MkdirAll(v.path("db"), 0o700); err != nil {
		t.Fatal(err)
	}
	ldap := func(tool, dn, password string, more ...string) (string, error) {
		out, err := exec.Command(verifierPeer(t, tool), append([]string{"-x", "-H", url, "-D", dn, "-w", password}, more...)...).CombinedOutput()
		return string(out), err
	}
	admin := func(tool, file string) {
		t.Helper()
		if out, err := ldap(tool, "cn=admin,dc=example,dc=org", "secret", "-f", file); err != nil {
			t.Fatalf("%s: %v\n%s", tool, err, out)
		}
	}
	v.server(func() bool { _, err := ldap("ldapwhoami", "cn=admin,dc=example,dc=org", "secret"); return err == nil },
		"slapd", "-f", conf, "-h", url, "-d", "none")
	var base strings.Builder
	base.WriteString("dn: dc=example,dc=org\nobjectClass: dcObject\nobjectClass: organization\ndc: example\no: example\n")
	for _, ou := range []string{"people", "tokens"} {
		fmt.Fprintf(&base, "\ndn: ou=%[1]s,dc=example,dc=org\nobjectClass: organizationalUnit\nou: %[1]s\n", ou)
	}
	for _, uid := range []string{"anna", "ben", "cleo", "dora"} {
		fmt.Fprintf(&base, "\ndn: uid=%[1]s,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: %[1]s\ncn: %[1]s\nsn: %[1]s\nuserPassword: pw\n", uid)
	}
	admin("ldapadd", v.write("base.ldif", base.String()))
	admin("ldapmodify", ldif)
	bind := func(want bool, what, uid, code string) {
		t.Helper()
		if out, err := ldap("ldapwhoami", "uid="+uid+",ou=people,dc=example,dc=org", "pw"+code); (err == nil) != want {
			t.Errorf("%s: accepted is %t\n%s", what, err == nil, out)
		}
	}
	bind(false, "no code", "anna", "")
	bind(false, "the code that fob saw", "anna", used)
	next := fast.shows(step(4))
	bind(true, "the code of a token four steps fast", "anna", next)
	bind(false, "the same again", "anna", next)
	bind(true, "the code of a token four steps slow", "ben", slow.shows(step(-4)))
	bind(false, "a used HOTP code", "cleo", hotp.shows(1))
	bind(true, "the next HOTP code", "cleo", hotp.shows(2))
}

func TestFreeRADIUS(t *testing.T) {
	v := newAtVerifier(t)
	anna := v.all[0]
	v.bound(anna, "anna", 0)
	users := v.provision("freeradius", "users", anna.serial)
	port := freePort(t)
	v.write("raddb/radiusd.conf", fmt.Sprintf(`
prefix = /usr
libdir = /usr/lib/freeradius
raddbdir = %[1]s
run_dir = %[1]s
db_dir = %[1]s
logdir = %[1]s
pidfile = %[1]s/pid
client local {
	ipaddr = 127.0.0.1
	secret = testing
}
modules {
	files {
		filename = %[2]s
	}
	totp {
	}
}
server default {
	listen {
		type = auth
		ipaddr = 127.0.0.1
		port = %[3]d
	}
	authorize {
		files
		update request {
			&TOTP-Password := "%%{User-Password}"
		}
		update control {
			&Auth-Type := totp
		}
	}
	authenticate {
		Auth-Type totp {
			totp
		}
	}
}
`, v.path("raddb"), users, port))
	ask := func(code string) (bool, string) {
		cmd := exec.Command(verifierPeer(t, "radclient"), "-t", "2", "-r", "1", fmt.Sprintf("127.0.0.1:%d", port), "auth", "testing")
		cmd.Stdin = strings.NewReader("User-Name=anna,User-Password=" + code + "\n")
		out, _ := cmd.CombinedOutput()
		return strings.Contains(string(out), "Access-Accept"), string(out)
	}
	v.server(func() bool { _, says := ask("000000"); return strings.Contains(says, "Access-Reject") }, "freeradius", "-f", "-l", "stdout", "-d", v.path("raddb"))
	for range 3 { // its clock may go on while it is asked
		if ok, says := ask(anna.shows(step(0))); ok {
			return
		} else {
			t.Log(says)
		}
	}
	t.Error("the code of now is not accepted")
}

// TestContainersOfPeers: pskctool reads what is plain, and holds what is encrypted
// against the schema.
func TestContainersOfPeers(t *testing.T) {
	v := newAtVerifier(t)
	key := v.write("key", "00112233445566778899aabbccddeeff")
	v.must(t, "provision", "--for", "pskc", "--batch", "1", "--out", v.path("locked.xml"), "--key-file", key)
	plain := v.provision("pskc", "plain.xml", "--batch", "2")
	for _, file := range []string{plain, v.path("locked.xml")} {
		if out, err := exec.Command(verifierPeer(t, "pskctool"), "--validate", file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(file), err, out)
		}
	}
	out, err := exec.Command(verifierPeer(t, "pskctool"), "--info", plain).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, k := range v.hot {
		if !bytes.Contains(out, []byte("Key Secret (base64): "+base64.StdEncoding.EncodeToString(k.seed))) || !bytes.Contains(out, []byte("SerialNo: "+k.serial)) {
			t.Errorf("token %s is not as it was", k.serial)
		}
	}
}

// TestOathtoolReadsSeeds: the base32 of a link gives oathtool the token's codes.
func TestOathtoolReadsSeeds(t *testing.T) {
	v := newAtVerifier(t)
	text, err := os.ReadFile(v.provision("columns", "c.csv", "--batch", "1", "--columns", "serial,seed:base32"))
	if err != nil {
		t.Fatal(err)
	}
	for n, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		serial, secret, _ := strings.Cut(line, ",")
		k := v.all[n]
		cmd := exec.Command(verifierPeer(t, "oathtool"), "-b", "-d", fmt.Sprint(k.digits), "--totp="+strings.ToUpper(k.hash),
			"-s", fmt.Sprintf("%ds", k.moving), "-N", "@1000000000", "-")
		cmd.Stdin = strings.NewReader(secret + "\n")
		out, err := cmd.Output()
		if want := k.shows(1000000000 / int64(k.moving)); err != nil || serial != k.serial || strings.TrimSpace(string(out)) != want {
			t.Errorf("%s (%s): oathtool shows %s, the token %s: %v", serial, hex.EncodeToString(k.seed[:2]), out, want, err)
		}
	}
}
