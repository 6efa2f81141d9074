// Package delivery undoes what is wrapped round a seed file: ZIP (plain, with a
// ZipCrypto or a WinZip AES password), OpenPGP (public key or passphrase,
// signed or not), age (identities, SSH keys, passphrase), gzip and the password of
// an Office document, one within the other. What is there is recognised by content, never by name: vendors
// rename archives to .pdf so that mail gateways let them pass.
//
// Decrypted bytes go to the spool that the caller hands in and nowhere else,
// and a member is handed out only when every layer round it was read to its
// end and verified: its MAC, its checksum, its signature where one is demanded.
//
// Sources: PKWARE APPNOTE 6.3.10 (ZIP, ZipCrypto), WinZip's AE-1/AE-2
// specification 1.04 (AES in ZIP), RFC 9580 (OpenPGP), age-encryption.org/v1,
// RFC 1952 (gzip), MS-OFFCRYPTO and MS-CFB (Office passwords).
package delivery
