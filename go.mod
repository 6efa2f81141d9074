module fob

go 1.26.8

require (
	filippo.io/age v1.3.2 // wraps store keys; opens deliveries encrypted with age
	github.com/ProtonMail/go-crypto v1.5.2 // opens OpenPGP deliveries
	github.com/alexedwards/scs/v2 v2.9.0 // sessions of the pages
	github.com/beevik/etree v1.7.0 // the tree that goxmldsig verifies
	github.com/boombuler/barcode v1.1.0 // QR codes of virtual tokens
	github.com/coreos/go-oidc/v3 v3.21.0 // sign-in at an OpenID provider
	github.com/go-jose/go-jose/v4 v4.1.9 // AES key wrap (RFC 3394) in PSKC
	github.com/google/uuid v1.6.0 // UUIDs of what is cited outside the store
	github.com/jackc/pgx/v5 v5.13.0 // the driver of PostgreSQL
	github.com/klauspost/compress v1.20.3 // packs workbooks faster than the standard library
	github.com/mattn/go-runewidth v0.0.16 // width of a text on a terminal
	github.com/pquerna/otp v1.5.0 // computes HOTP and TOTP codes
	github.com/pressly/goose/v3 v3.29.0 // runs the migrations of the schema
	github.com/richardlehane/mscfb v1.0.9 // compound files: workbooks with a password
	github.com/russellhaering/goxmldsig v1.6.1 // verifies signatures of PSKC
	github.com/schollz/progressbar/v3 v3.19.1 // the progress bar
	github.com/spf13/cobra v1.10.2 // commands and help
	github.com/spf13/pflag v1.0.9 // flags, beneath cobra
	github.com/xuri/excelize/v2 v2.11.1 // writes the workbook
	golang.org/x/crypto v0.58.0 // SSH keys, Argon2
	golang.org/x/mod v0.42.0 // signed notes (sumdb/note)
	golang.org/x/oauth2 v0.38.0 // the code flow beneath it
	golang.org/x/sync v0.24.0 // limits what runs side by side
	golang.org/x/sys v0.49.0 // file locks, core dumps, terminals
	golang.org/x/term v0.47.0 // asks without echo
	golang.org/x/text v0.43.0 // character sets of seed files
	modernc.org/sqlite v1.61.1 // the database engine, without cgo
)

// What tests alone need.
require (
	github.com/google/go-cmp v0.7.0 // shows how values differ
	github.com/makiuchi-d/gozxing v0.1.1 // reads QR codes back
	github.com/rogpeppe/go-internal v1.16.0 // testscript: commands played as a person types them
)

require (
	filippo.io/edwards25519 v1.2.0 // indirect
	filippo.io/hpke v0.4.0 // indirect
	github.com/cloudflare/circl v1.6.3 // indirect
	github.com/dustin/go-humanize v1.1.0 // indirect
	github.com/inconshreveable/mousetrap v1.1.0 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/jonboulle/clockwork v0.5.0 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/mfridman/interpolate v0.0.2 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/ncruces/go-strftime v1.1.0 // indirect
	github.com/remyoudompheng/bigfft v0.0.0-20230129092748-24d4a6f8daec // indirect
	github.com/richardlehane/msoleps v1.0.6 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/sethvargo/go-retry v0.5.0 // indirect
	github.com/tiendc/go-deepcopy v1.7.2 // indirect
	github.com/xuri/efp v0.0.3-0.20260924042702-217b81952dec // indirect
	github.com/xuri/nfp v0.0.2-0.20250530014748-2ddeb826f9a9 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/tools v0.52.0 // indirect
	golang.org/x/xerrors v0.0.0-20200804184101-5ec99f83aff1 // indirect
	modernc.org/libc v1.79.0 // indirect
	modernc.org/mathutil v1.7.1 // indirect
	modernc.org/memory v1.12.1 // indirect
)
