#!/bin/sh
# Makes the deliveries in this folder, with the programs that suppliers use:
# zip 3.0, 7z (p7zip-full), gpg 2.2, age 1.1, gzip, OpenSSH. Tests read what it
# made and need none of them. Run it in this folder; apart from the random parts
# of the ciphers the result is the same each time. The keys and passphrases are
# made here, for these tests, and protect nothing.
set -eu
umask 077
cd "$(dirname "$0")"
export LC_ALL=C.UTF-8 TZ=UTC
export GNUPGHOME="$PWD/gnupg.tmp"
rm -rf keys gnupg.tmp ./*.zip ./*.pdf ./*.gpg ./*.asc ./*.age ./*.gz
mkdir -p keys "$GNUPGHOME"
trap 'gpgconf --kill all; rm -rf "$GNUPGHOME" parts.tmp' EXIT

# The seeds are provable: SHA-1 of "fob delivery N".
{
	echo 'serial,hexkey,type,digits,step'
	for n in 1 2 3 4 5; do
		printf '26009000000%02d,%s,totp,6,30\n' $n "$(printf 'fob delivery %d' $n | sha1sum | cut -c1-40)"
	done
} >seeds.csv
{
	echo 'serial,hexkey,type,digits,counter'
	for n in 6 7; do
		printf '26009000000%02d,%s,hotp,6,0\n' $n "$(printf 'fob delivery %d' $n | sha1sum | cut -c1-40)"
	done
} >hotp.csv
touch -d 2026-11-01 seeds.csv hotp.csv

pass='Test passphrase 7'
printf '%s\nonly the first line counts\n' "$pass" >keys/passphrase.txt
echo 'not the passphrase' >keys/wrong.txt
echo 'Prüfung Ávila' >keys/umlaut.txt

# ZIP
zip -qX plain.zip seeds.csv
zip -qX -P "$pass" zipcrypto.zip seeds.csv && mv zipcrypto.zip zipcrypto.pdf # as vendors do, for mail gateways
for bits in 128 192 256; do
	7z a -bso0 -tzip -mem=AES$bits -p"$pass" aes$bits.zip seeds.csv
done
7z a -bso0 -tzip -mm=BZip2 -mem=AES256 -p"$pass" bzip2.zip seeds.csv
7z a -bso0 -tzip -mm=Deflate64 deflate64.zip seeds.csv
7z a -bso0 -tzip -mm=LZMA -mem=AES256 -p"$pass" lzma.zip seeds.csv
zip -qX -P "$(cat keys/umlaut.txt)" utf8-password.zip seeds.csv # 7z takes ASCII only
zip -qX -P "$(iconv -t CP850 keys/umlaut.txt)" cp850-password.zip seeds.csv
mkdir -p parts.tmp/box1 parts.tmp/__MACOSX/box1
cp -p seeds.csv parts.tmp/box1/; cp -p hotp.csv parts.tmp/
echo 'Dear customer, the seeds are in the other files.' >parts.tmp/readme.txt
echo 'litter' >parts.tmp/__MACOSX/box1/._seeds.csv
(cd parts.tmp && 7z a -bso0 -tzip -mem=AES256 -p"$pass" ../several.zip box1 hotp.csv __MACOSX)
(cd parts.tmp && 7z a -bso0 -tzip -mem=AES256 -p"$pass" ../readme.zip box1 readme.txt)

# OpenPGP. The keys never expire, and time stands still.
gpg='gpg --batch --yes --quiet --no-tty --faked-system-time 20261101T120000 --trust-model always --pinentry-mode loopback'
newkey() { $gpg --passphrase "$2" --quick-gen-key "$1" ed25519 sign never; fpr=$($gpg --with-colons --list-keys "=$1" | awk -F: '/^fpr/ {print $10; exit}'); $gpg --passphrase "$2" --quick-add-key "$fpr" cv25519 encr never; }
newkey 'fob test receiver <receiver@example.test>' ''
newkey 'fob test locked <locked@example.test>' "$pass"
newkey 'fob test supplier <supplier@example.test>' ''
newkey 'fob test stranger <stranger@example.test>' ''
$gpg --armor --export-secret-keys receiver@example.test >keys/receiver.asc
$gpg --export-secret-keys receiver@example.test >keys/receiver.gpg
$gpg --armor --passphrase "$pass" --export-secret-keys locked@example.test >keys/locked.asc
$gpg --armor --export-secret-keys stranger@example.test >keys/outsider.asc
$gpg --armor --export supplier@example.test >keys/supplier-pub.asc
$gpg --armor --export stranger@example.test >keys/outsider-pub.asc
$gpg -r receiver@example.test -o public.gpg -e seeds.csv
$gpg -r receiver@example.test --armor -o public.asc -e seeds.csv
$gpg -r stranger@example.test -r locked@example.test -o locked.gpg -e seeds.csv
$gpg -R receiver@example.test -o hidden.gpg -e seeds.csv
$gpg --passphrase "$pass" -o passphrase.gpg -c seeds.csv
$gpg --passphrase "$pass" --armor -o passphrase.asc -c seeds.csv
$gpg -u supplier@example.test -r receiver@example.test -o signed.gpg -se seeds.csv
$gpg -u stranger@example.test -r receiver@example.test -o signed-outsider.gpg -se seeds.csv
$gpg -u supplier@example.test -o signed-only.gpg -s seeds.csv
$gpg -r receiver@example.test -o zip-in.gpg -e aes256.zip

# age and gzip. age -p asks on a terminal only: script is one.
age-keygen -o keys/age.txt 2>/dev/null
age-keygen -o keys/age-other.txt 2>/dev/null
ssh-keygen -q -t ed25519 -N '' -C 'fob test' -f keys/ssh
ssh-keygen -q -t ed25519 -N "$pass" -C 'fob test locked' -f keys/ssh-locked
age -r "$(age-keygen -y keys/age.txt)" -o x25519.age seeds.csv
age -a -r "$(age-keygen -y keys/age.txt)" -o armored.age seeds.csv
age -R keys/ssh.pub -R keys/ssh-locked.pub -o ssh.age seeds.csv
printf '%s\n%s\n' "$pass" "$pass" | script -qec 'age -p -o passphrase.age seeds.csv' /dev/null >/dev/null
gzip -nc seeds.csv >seeds.csv.gz
age -r "$(age-keygen -y keys/age.txt)" -o gzip-in.age seeds.csv.gz
chmod -R go+rX . && chmod 600 keys/*
ls
