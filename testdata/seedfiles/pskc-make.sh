#!/bin/bash
# Makes the samples of PSKC that are encrypted, with openssl alone: the figures of
# RFC 6030, the forms from before it, and what is refused. Tests read what it made
# and need no openssl. Run it in this folder; the result is the same each time.
# The keys are made here, for these tests, and protect nothing.
set -euo pipefail
cd "$(dirname "$0")/pskc"

ns=urn:ietf:params:xml:ns:keyprov:pskc
xenc=http://www.w3.org/2001/04/xmlenc
xenc11=http://www.w3.org/2009/xmlenc11
more=http://www.w3.org/2001/04/xmldsig-more
ds=http://www.w3.org/2000/09/xmldsig
key=000102030405060708090a0b0c0d0e0f   # of the values
mackey=a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3
seed=3132333435363738393031323334353637383930 # that of RFC 4226

bin() { printf '%s' "$1" | xxd -r -p; }
b64() { bin "$1" | base64 -w0; }
hex() { xxd -p | tr -d '\n'; }
# cbc CIPHER KEY IV PLAIN: vector and cipher text, in hex
cbc() { printf '%s' "$3"; bin "$4" | openssl enc -"$1" -K "$2" -iv "$3" | hex; }
mac() { bin "$3" | openssl dgst -"$1" -mac HMAC -macopt hexkey:"$2" -binary | hex; }
iv() { printf '%032x' "$1"; }

# encrypted URI HEX: the children of an EncryptedDataType
encrypted() {
	printf '<xenc:EncryptionMethod Algorithm="%s"/><xenc:CipherData><xenc:CipherValue>%s</xenc:CipherValue></xenc:CipherData>' "$1" "$(b64 "$2")"
}
# sealed URI HEX [MAC]: an EncryptedValue, with its ValueMAC
sealed() {
	printf '<EncryptedValue>%s</EncryptedValue>' "$(encrypted "$1" "$2")"
	[ $# -lt 3 ] || printf '<ValueMAC>%s</ValueMAC>' "$(b64 "$3")"
}
# value N PLAIN: one that is encrypted with AES-128-CBC and authenticated
value() { local data; data=$(cbc aes-128-cbc $key "$(iv "$1")" "$2"); sealed $xenc#aes128-cbc "$data" "$(mac sha1 $mackey "$data")"; }
begin() { printf '<?xml version="1.0" encoding="UTF-8"?>\n<KeyContainer Version="1.0" xmlns="%s" xmlns:ds="%s#" xmlns:xenc="%s#">\n' $ns $ds $xenc; }
shared() { printf '  <EncryptionKey><ds:KeyName>Test key</ds:KeyName></EncryptionKey>\n'; }
method() { printf '  <MACMethod Algorithm="%s#hmac-sha1"><MACKey>%s</MACKey></MACMethod>\n' $ds "$(encrypted $xenc#aes128-cbc "$(cbc aes-128-cbc $key "$(iv 1)" $mackey)")"; }
# package N ALGORITHM DATA
package() {
	printf '  <KeyPackage>\n    <DeviceInfo><Manufacturer>oath.TEST</Manufacturer><SerialNo>26004124000%02d</SerialNo></DeviceInfo>\n' "$1"
	printf '    <Key Id="%d" Algorithm="%s:%s">\n      <AlgorithmParameters><ResponseFormat Encoding="DECIMAL" Length="6"/></AlgorithmParameters>\n' "$1" $ns "$2"
	printf '      <Data>%s</Data>\n    </Key>\n  </KeyPackage>\n' "$3"
}
end() { printf '</KeyContainer>\n'; }
secret() { printf '<Secret>%s</Secret>' "$1"; }
counter='<Counter><PlainValue>0</PlainValue></Counter>'
flags() { printf '%s\n' "$2" >"$1.flags.json"; }
withkey="{\"keys\": [\"$key\"]}"

# seeds that differ: the RFC's with another last byte
nth() { printf '%s%02x' ${seed:0:38} "$1"; }

# Numbers are encrypted as text or as bytes, the highest first.
{
	begin; shared; method
	package 1 hotp "$(secret "$(value 16 "$(nth 1)")")<Counter>$(value 17 3432)</Counter>"
	package 2 hotp "$(secret "$(value 18 "$(nth 2)")")<Counter>$(value 19 000000000000002a)</Counter>"
	package 3 totp "$(secret "$(value 20 "$(nth 3)")")<Time>$(value 21 30)</Time><TimeInterval>$(value 22 3c)</TimeInterval>"
	package 4 totp "$(secret "$(value 23 "$(nth 4)")")<TimeInterval>$(value 24 3630)</TimeInterval><TimeDrift>$(value 25 2d34)</TimeDrift>"
	package 5 hotp "$(secret "$(value 26 "$(nth 5)")")<Counter>$(value 27 39323233333732303336383534373735383037)</Counter>"
	package 6 hotp "$(secret "$(value 28 "$(nth 6)")")<Counter>$(value 29 39323233333732303336383534373735383038)</Counter>"
	package 7 hotp "$(secret "$(value 30 "$(nth 7)")")<Counter>$(value 31 8000000000000000)</Counter>"
	package 8 hotp "$(secret "$(value 32 "$(nth 8)")")<Counter>$(value 33 010000000000000000)</Counter>"
	end
} >encrypted-numbers.xml
flags encrypted-numbers.xml "$withkey"

# What RFC 6030 names and fob does not have, record by record.
{
	begin; shared
	printf '  <MACMethod Algorithm="%s#hmac-sha1"><MACKeyReference>MAC key</MACKeyReference></MACMethod>\n' $ds
	n=0
	for uri in $more#camellia128-cbc $more#kw-camellia256 $xenc#kw-tripledes $xenc11#kw-aes-128-pad http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbes2 $xenc#rsa-1_5 urn:example:rot13; do
		n=$((n + 1)); data=$(cbc aes-128-cbc $key "$(iv $n)" $seed)
		package $n hotp "$(secret "$(sealed $uri "$data" "$(mac sha1 $mackey "$data")")")$counter"
	done
	data=$(cbc aes-128-cbc $key "$(iv 99)" $seed)
	package 8 hotp "$(secret "$(sealed $xenc#aes128-cbc "$data" "$(mac sha1 $mackey "$data")")")$counter"
	package 9 ocra "$(secret "$(sealed $xenc#aes128-cbc "$data" "$(mac sha1 $mackey "$data")")")$counter"
	package 10 hotp "$(secret "<PlainValue>$(b64 $seed)</PlainValue>")$counter"
	end
} >refused-algorithms.xml
flags refused-algorithms.xml "{\"keys\": [\"$key\", \"$mackey\"]}"

# A MAC that was taken away, and one of another value.
{
	begin; shared; method
	package 1 hotp "$(secret "$(value 16 "$(nth 1)")")$counter"
	package 2 hotp "$(secret "$(sealed $xenc#aes128-cbc "$(cbc aes-128-cbc $key "$(iv 17)" "$(nth 2)")")")$counter"
	end
} >mac-stripped.xml
flags mac-stripped.xml "$withkey"
{
	begin; shared; method
	package 1 hotp "$(secret "$(value 16 "$(nth 1)")")$counter"
	other=$(cbc aes-128-cbc $key "$(iv 17)" "$(nth 2)")
	package 2 hotp "$(secret "$(sealed $xenc#aes128-cbc "$other" "$(mac sha1 $mackey "$(cbc aes-128-cbc $key "$(iv 16)" "$(nth 1)")")")")$counter"
	end
} >mac-of-another.xml
flags mac-of-another.xml "$withkey"

# CBC without any MAC, with and without leave.
{
	begin; shared
	package 1 hotp "$(secret "$(sealed $xenc#aes128-cbc "$(cbc aes-128-cbc $key "$(iv 16)" $seed)")")$counter"
	end
} >no-mac.xml
cp no-mac.xml no-mac-allowed.xml
flags no-mac.xml "$withkey"
flags no-mac-allowed.xml "{\"keys\": [\"$key\"], \"unauthenticated\": true}"

# The vector beside the value; the MAC is over what stands in CipherValue.
{
	begin; shared; method
	whole=$(cbc aes-128-cbc $key "$(iv 16)" $seed); data=${whole:32}
	package 1 hotp "$(secret "<EncryptedValue><xenc:EncryptionMethod Algorithm=\"$xenc#aes128-cbc\"><xenc:IV>$(b64 "$(iv 16)")</xenc:IV></xenc:EncryptionMethod><xenc:CipherData><xenc:CipherValue>$(b64 "$data")</xenc:CipherValue></xenc:CipherData></EncryptedValue><ValueMAC>$(b64 "$(mac sha1 $mackey "$data")")</ValueMAC>")$counter"
	end
} >compat-vector-beside.xml
flags compat-vector-beside.xml "{\"keys\": [\"$key\"], \"compat\": true}"

# A MACMethod without a key: that of the values counts.
{
	begin; shared
	printf '  <MACMethod Algorithm="%s#hmac-sha1"/>\n' $ds
	data=$(cbc aes-128-cbc $key "$(iv 16)" $seed)
	package 1 hotp "$(secret "$(sealed $xenc#aes128-cbc "$data" "$(mac sha1 $key "$data")")")$counter"
	end
} >compat-no-mac-key.xml
flags compat-no-mac-key.xml "{\"keys\": [\"$key\"], \"compat\": true}"

# ActivIdentity: a draft; one vector for all, the MAC over the plain value with
# the key of the values, a counter as bytes, a serial with a leading zero.
{
	printf '<?xml version="1.0" encoding="UTF-8"?>\n<KeyContainer xmlns="urn:ietf:params:xml:ns:keyprov:container:1.0" version="1.0">\n'
	printf '  <EncryptionMethod Algorithm="%s#aes128-cbc"><IV>%s</IV></EncryptionMethod>\n  <DigestMethod Algorithm="%s#hmac-sha1"/>\n' $xenc "$(b64 "$(iv 7)")" $ds
	for n in 1 2; do
		whole=$(cbc aes-128-cbc $key "$(iv 7)" "$(nth $n)")
		printf '  <Device>\n    <DeviceId><Manufacturer>ActivIdentity</Manufacturer><SerialNo>095038026%d</SerialNo></DeviceId>\n' $n
		printf '    <Key KeyAlgorithm="http://www.ietf.org/keyprov/pskc#hotp" KeyId="095038026%d">\n      <Issuer>ActivIdentity</Issuer>\n      <Usage OTP="true"><ResponseFormat Format="DECIMAL" Length="8"/></Usage>\n' $n
		printf '      <Data Name="SECRET"><Value>%s</Value><ValueDigest>%s</ValueDigest></Data>\n      <Data Name="COUNTER"><Value>%s</Value></Data>\n    </Key>\n  </Device>\n' \
			"$(b64 "${whole:32}")" "$(b64 "$(mac sha1 $key "$(nth $n)")")" "$(b64 00000000000000$(printf %02x $((40 + n))))"
	done
	end
} >draft-actividentity.xml
flags draft-actividentity.xml "{\"keys\": [\"$key\"], \"compat\": true}"
cp draft-actividentity.xml draft-without-compat.xml
flags draft-without-compat.xml "$withkey"

# The oldest draft, plain, and one with a passphrase, which is refused.
old() {
	printf '<?xml version="1.0" encoding="UTF-8"?>\n<%s xmlns="%s" version="1.2">\n  %s\n  <DigestMethod algorithm="HMAC-SHA1"/>\n  <Device>\n' "$1" "$2" "$3"
	printf '    <DeviceId><Manufacturer>Token Manufacturer</Manufacturer><SerialNo>98765432187</SerialNo><Expiry>01/02/2038</Expiry></DeviceId>\n'
	printf '    <%s %sAlgorithm="HOTP" %sId="98765432187">\n      <Issuer>Issuer</Issuer>\n      <Usage><ResponseFormat format="DECIMAL" length="6"/></Usage>\n      <FriendlyName>First</FriendlyName>\n' "$4" "$4" "$4"
	printf '      <Data Name="SECRET"><Value>%s</Value><ValueDigest>%s</ValueDigest></Data>\n' "$(b64 $seed)" "$(b64 $(printf '00%.0s' {1..20}))"
	printf '      <Data Name="COUNTER"><Value>%s</Value></Data>\n    </%s>\n  </Device>\n</%s>\n' "$(b64 000000000000000c)" "$4" "$1"
}
old SecretContainer http://www.openauthentication.org/OATH/2006/08/PSKC '<EncryptionMethod algorithm="NONE"/>' Secret >draft-plain.xml
flags draft-plain.xml '{"compat": true}'
old KeyContainer urn:ietf:params:xml:ns:keyprov:container '<EncryptionMethod algorithm="PBE-3DES112-CBC"><PBESalt>y6TzckeLRQw=</PBESalt><PBEIterationCount>999</PBEIterationCount></EncryptionMethod>' Key >draft-passphrase.xml
flags draft-passphrase.xml '{"compat": true, "passphrases": ["qwerty"]}'

# A later draft: the RFC's namespace, elements with the old names.
{
	begin; shared
	printf '  <MACAlgorithm>%s#hmac-sha1</MACAlgorithm>\n' $ds
	data=$(cbc aes-128-cbc $key "$(iv 16)" $seed)
	printf '  <Device>\n    <DeviceInfo><Manufacturer>Manufacturer</Manufacturer><SerialNo>987654321</SerialNo></DeviceInfo>\n'
	printf '    <Key KeyId="12345678" KeyAlgorithm="%s#hotp">\n      <Issuer>Issuer</Issuer>\n      <Usage><ResponseFormat Length="8" Encoding="DECIMAL"/></Usage>\n' $ns
	printf '      <Data>%s%s</Data>\n      <StartDate>2026-01-01T00:00:00Z</StartDate>\n      <ExpiryDate>2036-01-01T00:00:00Z</ExpiryDate>\n    </Key>\n  </Device>\n' \
		"$(secret "$(sealed $xenc#aes128-cbc "$data" "$(mac sha1 $key "$data")")")" "$counter"
	end
} >draft-02.xml
flags draft-02.xml "{\"keys\": [\"$key\"], \"compat\": true}"

# A YubiKey's log that was not closed: the length counts the identifier.
{
	printf '<?xml version="1.0" encoding="UTF-8"?>\n<KeyContainer Version="1.0" xmlns="%s">\n' $ns
	for n in 1 2; do
		printf '  <KeyPackage>\n    <DeviceInfo><Manufacturer>oath.UB</Manufacturer><SerialNo>28359%d</SerialNo></DeviceInfo>\n    <CryptoModuleInfo><Id>1</Id></CryptoModuleInfo>\n' $n
		printf '    <Key Id="ubhe0283599%d" Algorithm="%s:hotp">\n      <AlgorithmParameters><ResponseFormat Encoding="ALPHANUMERIC" Length="%d"/></AlgorithmParameters>\n' $n $ns $((18 + 2 * (n - 1)))
		printf '      <Data><Secret><PlainValue>%s</PlainValue></Secret><Counter><PlainValue>0</PlainValue></Counter></Data>\n    </Key>\n  </KeyPackage>\n' "$(b64 "$(nth $n)")"
	done
} >yubikey-log.xml
flags yubikey-log.xml '{"compat": true}'
