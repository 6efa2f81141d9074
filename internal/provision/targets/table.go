package targets

import (
	"fmt"
	"strconv"

	"fob/internal/token"
)

var (
	totp  = []token.Type{token.TOTP}
	sha1  = []token.Hash{token.SHA1}
	six   = []int{6}
	eight = []int{6, 8}
	usual = []int{30, 60}
)

// The settings that several targets have.
var (
	issuerSetting = Setting{"issuer", none, "what the login is called; - for nothing"}
	loginSetting  = Setting{"login", "full", "full: the account as it is; local: what stands before its @"}
)

// table has one row a target. What a row says is what was found in the verifier's own
// source or in its maker's reference, where the row does not say otherwise.
var table = []Target{
	{
		Name: "entra", Title: "Microsoft Entra ID: the CSV that its portal takes",
		Types: totp, Digits: six, Hashes: sha1, Periods: usual, MaxSeed: 80, Account: MayHave, Calls: "UPN", Rows: 1000,
		Form:   rows("upn,serial number,secret key,time interval,manufacturer,model\n", entraRow),
		Beside: &Beside{Group{Name: "activate", Ending: ".csv"}, "who has to activate which token, and how soon (serial, account, steps off if somebody saw its clock, within)", false, newChecklist},
		Window: 1, Widen: never,
		How:   "A Global Administrator uploads it. Each token is then activated with a code within one minute (60 s tokens: two). At most 200 activations in 5 minutes.",
		Facts: "Microsoft's pages on uploading and managing OATH tokens. The limit of 1,000 rows is a precaution of fob's.",
	},
	{
		Name: "entra-graph", Title: "Microsoft Entra ID: bodies for its Graph API (beta)",
		Types: totp, Digits: six, Hashes: []token.Hash{token.SHA1, token.SHA256}, Periods: usual, MaxSeed: 80, Account: MayHave, Calls: "object id", ObjectID: true, Rows: 100,
		Fits: graphFits, Form: graphForm,
		Beside: &Beside{Group{Name: "activate", Ending: ".csv"}, "who has to activate which token, and how soon (serial, account, steps off if somebody saw its clock, within)", false, newChecklist},
		Window: 1, Widen: never,
		Holds: "The manufacturer and the model have to be known. assignTo is written for accounts whose object id the list of people has.",
		How:   "PATCH each file to /beta/directory/authenticationMethodDevices/hardwareOathDevices. A token that was uploaded as CSV too exists twice then.",
		Facts: "Microsoft's reference of authenticationMethodDevice and hardwareOathTokenAuthenticationMethodDevice.", Schema: "that reference",
	},
	{
		Name: "duo", Title: "Duo: what its panel imports",
		Digits: eight, Hashes: sha1, Group: byTypeAndDigits, Form: rows("", hexRow), Window: 1, Widen: never,
		Holds: "Duo follows no TOTP clock and resynchronises HOTP tokens only.",
		How:   "2FA Devices, Hardware Tokens, Import: choose the type, one for each file, and paste it.",
		Facts: "Duo's own client for the Admin API; for the panel two vendors' guides.",
	},
	{
		Name: "okta", Title: "Okta: calls that enrol a custom TOTP factor, one a line",
		Types: totp, Digits: []int{6, 8, 10}, Account: MustHave, Calls: "user", OneEach: true, Group: byProfile, Form: lines(oktaLine),
		Settings: []Setting{{"profile", "", "the id of the factor profile (encoding base32), made in the console"}},
		Window:   1, Widen: "set the profile's adjacent intervals to N",
		Holds: "The profile fixes hash, digits, period and the encoding base32: one file a profile.",
		How:   "POST the body of each line to /api/v1/users/USER/factors?activate=true.",
		Facts: "Okta's published API description.",
	},
	{
		Name: "pingid", Title: "PingID: the file that its console imports",
		Digits: six, Hashes: sha1, Periods: []int{30}, Group: byType, Form: rows("", pingidRow), Window: 1,
		How: "Setup, PingID, Client Integration: one type a file.", Facts: "Ping's documentation.",
	},
	{
		Name: "pingone", Title: "PingOne: bodies for its API, one a line",
		Digits: eight, Rows: 100_000, Fits: pingoneFits, Form: lines(pingoneLine), Window: 1,
		How: "POST each line to /environments/ID/oathTokens. An environment holds 100,000 tokens, and nothing of one can be changed.", Facts: "Ping's API reference.",
	},
	{
		Name: "netiq", Title: "NetIQ / OpenText Advanced Authentication: CSV",
		Digits: eight, Hashes: sha1, Form: rows("", netiqRow), Window: 1, Starts: true,
		How: "Repository, OATH OTP, import: the format OATH csv.", Facts: "the maker's guide.",
	},
	{
		Name: "privacyidea", Title: "privacyIDEA: OATH CSV, or PSKC for what CSV cannot say",
		Serial: serialOf(40, "_-"), Group: privacyideaGroup, Form: rows("", privacyideaRow), Keys: []int{16}, Drift: "seconds", Window: 1,
		Holds: "In CSV the length of the seed says the hash. Other hashes go into a container, and so do used TOTP tokens, with their last step and their drift.",
		How:   "Tokens, Import Tokens: OATH CSV or PSKC. What is there already is overwritten, its counter too.",
		Facts: "privacyIDEA's own source.",
	},
	{
		Name: "linotp", Title: "LinOTP: OATH CSV",
		Periods: usual, Form: rows("", linotpRow), Window: 1, Starts: true,
		Holds: "There is no counter in it: resynchronise HOTP tokens that were used.",
		How:   "Import Tokens, OATH CSV, with the check of OATH serials off for serials of 13 digits.", Facts: "LinOTP's own source.",
	},
	{
		Name: "freeipa", Title: "FreeIPA: PSKC, and a script that gives the tokens to their owners",
		Digits: eight, Least: 5, T0: true, Account: MayHave, Calls: "login", Form: container(dialect{intervals: true, offset: true}), Keys: []int{16, 24, 32}, Drift: "intervals", Window: 1,
		Beside: &Beside{Group{Name: "owners", Ending: ".sh"}, "commands that give the tokens to their owners: the import gives all to who runs it", true, newOwners},
		Holds:  "A T0 goes along as an offset.",
		How:    "ipa-otptoken-import FILE REJECTED on a server, which writes what it refuses to REJECTED; then the script. Of an encrypted container: -k KEYFILE, which holds the key's bytes, or the passphrase without a line end.", Facts: "FreeIPA's own source.",
	},
	{
		Name: "watchguard", Title: "WatchGuard AuthPoint: encrypted PSKC",
		Types: totp, Digits: six, Hashes: sha1, Periods: usual, Form: container(dialect{}), Keys: []int{16}, Locked: true, Window: 1, Widen: never,
		How: "Tokens, Import: third-party hardware tokens, with the key. The name ends in .xml or .pskc.", Facts: "WatchGuard's help, which does not say which ciphers it takes.",
	},
	{
		Name: "keycloak", Title: "Keycloak: representations of users, one a line",
		Digits: []int{6, 7, 8}, Top: 1<<31 - 1, Account: MustHave, Calls: "user name", Settings: []Setting{loginSetting}, Form: lines(keycloakLine),
		Window: 1, Widen: "set the realm's look-around window to N",
		How: "PUT each line to /admin/realms/REALM/users/ID. A partial import that overwrites deletes the user first.", Facts: "Keycloak's own source.",
		Schema: "the representations that its API publishes",
	},
	{
		Name: "authelia", Title: "Authelia: the YAML that it exports and imports",
		Types: totp, Digits: eight, Account: MustHave, Calls: "user name", OneEach: true, Settings: []Setting{{"issuer", "Authelia", "what the login is called"}, loginSetting},
		Form: rows("totp_configurations:\n", autheliaRow), Window: 1, Widen: "set totp.skew to N",
		Holds: "It has no serial in it. A user's TOTP that is there is overwritten.",
		How:   "authelia storage user totp import FILE.", Facts: "Authelia's own source and published schema.",
		Schema: "the schema that it publishes of its export",
	},
	{
		Name: "vault", Title: "Vault and OpenBao: keys of the TOTP engine, one a line",
		Types: totp, Digits: eight, Serial: vaultSerial, Account: MayHave, Calls: "account",
		Settings: []Setting{{"mount", "totp", "where the engine is mounted"}, {"issuer", "fob", "what the login is called"}}, Form: lines(vaultLine), Window: 1, Widen: never,
		How: "For each line: vault write PATH - with the data on standard input.", Facts: "Vault's own source.",
	},
	{
		Name: "pam-oath", Title: "pam_oath: users.oath of liboath",
		Digits: []int{6, 7, 8}, Hashes: sha1, Periods: usual, MaxSeed: 32, Account: MustHave, Calls: "login", Settings: []Setting{loginSetting},
		Fits: usersFits, Form: rows("", usersRow), Window: 0, Widen: "set window=N or more in the PAM line",
		How: "Install it as /etc/users.oath, of root and 0600, and name it in the PAM line (usersfile=).", Facts: "liboath's own source.",
		Tested: "libpam-oath 2.6 and pamtester: logins with TOTP and HOTP codes",
	},
	{
		Name: "google-pam", Title: "pam_google_authenticator: an archive of one file a user",
		Digits: six, Hashes: sha1, Least: 1, Longest: 60, Account: MustHave, Calls: "login", OneEach: true,
		Settings: []Setting{{"window", "3", "codes that are tried"}, loginSetting}, Fits: googleFits, Form: newGoogle, Drift: "steps", Window: 1, First: 1,
		Holds: "A counter of 0 cannot be said: 1 is written, and the very first code is refused once.",
		How:   "Unpack it with tar into the folder that secret= names in the PAM line, and give each file to its user.", Facts: "the module's FILEFORMAT and source.",
		Tested: "libpam-google-authenticator and pamtester: a login with a token four steps fast",
	},
	{
		Name: "openldap", Title: "OpenLDAP: LDIF for the overlay otp",
		Digits: []int{6, 7, 8}, Account: MustHave, Calls: "login", OneEach: true, Form: newLDAP, Drift: "steps", Window: 1,
		Ignored: "its clock is beyond the window, and a slapd before 2.6 does not use the drift that it is told: set window=N there",
		Settings: []Setting{{"base", "", "where the tokens go, such as ou=tokens,dc=example,dc=org"},
			{"person", "", "the entry of who has one, with %s for the login: uid=%s,ou=people,dc=example,dc=org"},
			{"window", "3", "steps, or counters ahead, that are tried"}, loginSetting},
		Holds: "It takes all that fob knows: the drift, and the last step or counter, so that no code that fob saw counts again.",
		How:   "ldapmodify -f FILE, as who may write there.", Facts: "slapo-otp(5).",
		Tested: "Debian 12's slapd (2.5): binds with drift, and with codes that fob saw",
	},
	{
		Name: "freeradius", Title: "FreeRADIUS: a users file for rlm_totp",
		Types: totp, Digits: six, Hashes: sha1, Periods: []int{30}, Account: MustHave, Calls: "user name", OneEach: true, Settings: []Setting{loginSetting},
		Form: rows("", radiusRow), Window: 0, Widen: never,
		How: "Name it in mods-available/files, or put the secrets where the server looks its users up (control:TOTP-Secret).", Facts: "the server's mods-available/totp.",
		Tested: "FreeRADIUS 3.2 and radclient",
	},
	{
		Name: "multiotp", Title: "multiOTP: CSV",
		Hashes: sha1, Form: rows("", multiotpRow), Window: 1, How: "multiotp -import FILE.", Facts: "multiOTP's documentation.",
	},
	{
		Name: "otpauth", Title: "links as authenticator apps read them, one a line",
		Settings: []Setting{issuerSetting}, Form: rows("", otpauthRow), Window: 1,
		Holds: "The account of a link's label is the serial.", How: "for everything that reads otpauth:// links.", Facts: "the Key URI format.",
	},
	{
		Name: "hex-csv", Title: "serial, seed in hex, counter or period: for many other importers",
		Group: byTypeAndDigits, Form: rows("", hexRow), Window: 1,
		Holds: "A file does not say type, digits and hash: one file for each of them.", How: "for whatever takes such rows.", Facts: "what vendors' guides have in common.",
	},
	{
		Name: "pskc", Title: "RFC 6030 in the plain form that all known readers take",
		Form: container(dialect{}), Keys: []int{16, 24, 32}, Window: 1,
		How: "for whatever reads a Portable Symmetric Key Container.", Facts: "RFC 6030, and the sources of four readers.",
		Tested: "pskctool",
	},
	{
		Name: "columns", Title: "CSV of the columns that you choose, for everyone else",
		Columns: true, Form: columnsForm, Account: MayHave, Calls: "account", T0: true, Fits: columnsFits, Window: 1,
		Holds: "serial, seed:hex, seed:base32, seed:base64, account, upn, login, object_id, type, hash, digits, period, counter, t0, drift, drift_steps, last_used, manufacturer, model.",
		How:   "for whatever takes a table.", Facts: "nobody's: it is what you say.",
		Tested: "oathtool",
	},
}

// byTypeAndDigits parts tokens for targets whose files have one profile.
func byTypeAndDigits(i *Item, _ *Options) Group {
	name := string(i.Type) + strconv.Itoa(i.Digits)
	if i.Hash != token.SHA1 {
		name += "-" + string(i.Hash)
	}
	return Group{Name: name}
}

func byType(i *Item, _ *Options) Group { return Group{Name: string(i.Type)} }

func byProfile(i *Item, _ *Options) Group {
	return Group{Name: fmt.Sprintf("%s-%d-%d", i.Hash, i.Digits, i.Period)}
}

// columnsFits: what no column says would be lost.
func columnsFits(i *Item, o *Options) string {
	if i.T0 == 0 {
		return ""
	}
	for _, c := range o.Columns {
		if c.Name == "t0" {
			return ""
		}
	}
	return fmt.Sprintf("its clock counts from T0 = %d, and no column says so", i.T0)
}
