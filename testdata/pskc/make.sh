#!/bin/sh
# Makes the encrypted and the signed containers in this folder with openssl 3 and,
# for AES-GCM, which its command line does not have, with Python's cryptography.
# They share no code with fob. Tests read what it made and need none of them. Run
# it in this folder; apart from RSA and ECDSA the result is the same each time.
# The keys are made here, for these tests, and protect nothing.
set -eu
umask 022
cd "$(dirname "$0")"
export LC_ALL=C.UTF-8 TZ=UTC
rm -rf keys ./*.xml
mkdir keys

# The seeds are those of RFC 4226 appendix D and RFC 6238 appendix B.
hotp=$(printf 12345678901234567890 | xxd -p)
totp=$(printf 1234567890123456789012345678901234567890123456789012345678901234 | xxd -p -c 256)

key128=12345678901234567890123456789012
key192=0123456789abcdef23456789abcdef01456789abcdef0123
key256=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
printf %s $key128 | xxd -r -p >keys/128.bin
echo $key192 >keys/192.hex
printf %s $key256 | xxd -r -p | base64 >keys/256.base64
mackey=11223344556677889900112233445566778899001122334455667788990011223344556677889900
echo $mackey >keys/mac.hex
echo 'qwerty' >keys/passphrase.txt
echo 'not qwerty' >keys/wrong.txt
openssl genrsa -out keys/receiver.pem 2048 2>/dev/null
openssl pkcs8 -topk8 -v2 aes-256-cbc -in keys/receiver.pem -passout pass:qwerty -out keys/receiver-locked.pem
openssl req -x509 -key keys/receiver.pem -subj '/CN=receiver' -days 3650 -out receiver.crt
openssl genrsa -out keys/supplier-rsa.pem 2048 2>/dev/null
openssl req -x509 -key keys/supplier-rsa.pem -subj '/CN=supplier' -days 3650 -out supplier-rsa.crt
openssl ecparam -name prime256v1 -genkey -noout -out keys/supplier-ecdsa.pem
openssl req -x509 -key keys/supplier-ecdsa.pem -subj '/CN=supplier' -days 3650 -out supplier-ecdsa.crt
mv ./*.crt keys

xenc=http://www.w3.org/2001/04/xmlenc#
xenc11=http://www.w3.org/2009/xmlenc11#
more=http://www.w3.org/2001/04/xmldsig-more#
ds=http://www.w3.org/2000/09/xmldsig#
pskc=urn:ietf:params:xml:ns:keyprov:pskc

b64() { xxd -r -p | openssl base64 -A; } # hex to base64

# iv NAME BYTES: what nobody chose, and the same each time.
iv() { printf %s "$1" | openssl dgst -sha256 -r | cut -c1-$(($2 * 2)); }

# pad HEX: PKCS #5 to 8 bytes, nothing where it fits.
pad() {
	n=$((8 - ${#1} / 2 % 8))
	printf %s "$1"
	[ $n = 8 ] || for _ in $(seq $n); do printf '%02x' $n; done
}

# seal NAME HEX: encrypts as $cipher and $key say; NAME makes the vector.
seal() {
	case $cipher in
	aes*-cbc)
		v=$(iv "$1" 16)
		printf %s "$v"
		printf %s "$2" | xxd -r -p | openssl enc -"$(echo $cipher | sed 's/aes/aes-/')" -K $key -iv "$v" | xxd -p -c 256
		;;
	tripledes-cbc)
		v=$(iv "$1" 8)
		printf %s "$v"
		printf %s "$2" | xxd -r -p | openssl enc -des-ede3-cbc -K $key -iv "$v" | xxd -p -c 256
		;;
	kw-aes*)
		pad "$2" | xxd -r -p | openssl enc -id-aes${cipher#kw-aes}-wrap -K $key -iv A6A6A6A6A6A6A6A6 | xxd -p -c 256
		;;
	aes*-gcm)
		python3 -c '
import sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
key, iv, plain = (bytes.fromhex(a) for a in sys.argv[1:])
print((iv + AESGCM(key).encrypt(iv, plain, None)).hex())' $key "$(iv "$1" 12)" "$2"
		;;
	rsa-1_5)
		printf %s "$2" | xxd -r -p | openssl pkeyutl -encrypt -certin -inkey keys/receiver.crt | xxd -p -c 512
		;;
	rsa-oaep*)
		printf %s "$2" | xxd -r -p | openssl pkeyutl -encrypt -certin -inkey keys/receiver.crt -pkeyopt rsa_padding_mode:oaep $oaep | xxd -p -c 512
		;;
	esac
}

# method: the EncryptionMethod of $cipher.
method() {
	case $cipher in
	*-gcm) printf '<xenc:EncryptionMethod Algorithm="%s%s"/>' $xenc11 $cipher ;;
	rsa-oaep) printf '<xenc:EncryptionMethod Algorithm="%srsa-oaep"><ds:DigestMethod Algorithm="%ssha256"/><xenc11:MGF Algorithm="%smgf1sha256"/></xenc:EncryptionMethod>' $xenc11 $xenc $xenc11 ;;
	*) printf '<xenc:EncryptionMethod Algorithm="%s%s"/>' $xenc $cipher ;;
	esac
}

# data HEX: what is inside an EncryptedValue or a MACKey. Long base64 in lines.
data() {
	method
	printf '<xenc:CipherData><xenc:CipherValue>\n%s\n</xenc:CipherValue></xenc:CipherData>' "$(printf %s "$1" | xxd -r -p | openssl base64)"
}

# value NAME HEX: EncryptedValue and, where there is $mac, ValueMAC.
value() {
	sealed=$(seal "$1" "$2")
	printf '<%sEncryptedValue>%s</%sEncryptedValue>' "$p" "$(data "$sealed")" "$p"
	[ -z "$mac" ] || printf '<%sValueMAC>%s</%sValueMAC>' "$p" "$(printf %s "$sealed" | xxd -r -p |
		openssl dgst -$mac -mac HMAC -macopt hexkey:$mackey -binary | openssl base64 -A)" "$p"
}

# number NAME DECIMAL HEX: plain, or encrypted as the bytes HEX.
number() {
	case $cipher in
	*cbc | *gcm) value "$1" "$3" ;;
	*) printf '<%sPlainValue>%s</%sPlainValue>' "$p" "$2" "$p" ;;
	esac
}

macmethod() {
	[ -n "$mac" ] || return 0
	space=$more
	[ $mac != sha1 ] || space=$ds
	printf '<%sMACMethod Algorithm="%shmac-%s">' "$p" $space $mac
	case $name in
	*reference*) printf '<%sMACKeyReference>mac.hex</%sMACKeyReference>' "$p" "$p" ;;
	*) printf '<%sMACKey>%s</%sMACKey>' "$p" "$(data "$(seal "$name/mac" $mackey)")" "$p" ;;
	esac
	printf '</%sMACMethod>\n' "$p"
}

encryptionkey() {
	printf '<%sEncryptionKey>' "$p"
	case $name in
	rsa*)
		printf '<ds:X509Data><ds:X509Certificate>\n%s\n</ds:X509Certificate></ds:X509Data>' "$(sed '/-----/d' keys/receiver.crt)"
		;;
	*passphrase11*)
		printf '<xenc11:DerivedKey><xenc11:KeyDerivationMethod Algorithm="%spbkdf2"><xenc11:PBKDF2-params>' $xenc11
		printf '<xenc11:Salt><xenc11:Specified>%s</xenc11:Specified></xenc11:Salt><xenc11:IterationCount>1000</xenc11:IterationCount>' "$(printf %s $salt | b64)"
		printf '<xenc11:KeyLength>%d</xenc11:KeyLength><xenc11:PRF Algorithm="%shmac-%s"/>' $((${#key} / 2)) $more $prf
		printf '</xenc11:PBKDF2-params></xenc11:KeyDerivationMethod></xenc11:DerivedKey>'
		;;
	*passphrase*)
		printf '<xenc11:DerivedKey><xenc11:KeyDerivationMethod Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2">'
		printf '<pkcs5:PBKDF2-params xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">'
		printf '<Salt><Specified>%s</Specified></Salt><IterationCount>1000</IterationCount><KeyLength>%d</KeyLength><PRF/>' "$(printf %s $salt | b64)" $((${#key} / 2))
		printf '</pkcs5:PBKDF2-params></xenc11:KeyDerivationMethod><xenc:ReferenceList><xenc:DataReference URI="#ED"/></xenc:ReferenceList>'
		printf '<xenc11:MasterKeyName>passphrase.txt</xenc11:MasterKeyName></xenc11:DerivedKey>'
		;;
	*) printf '<ds:KeyName>shared</ds:KeyName>' ;;
	esac
	printf '</%sEncryptionKey>\n' "$p"
}

# package SERIAL ALGORITHM SUITE DIGITS DATA
package() {
	printf '<%sKeyPackage><%sDeviceInfo><%sManufacturer>oath.TEST</%sManufacturer><%sSerialNo>%s</%sSerialNo></%sDeviceInfo>\n' "$p" "$p" "$p" "$p" "$p" "$1" "$p" "$p"
	printf '<%sKey Id="key %s" Algorithm="%s:%s"><%sAlgorithmParameters><%sSuite>%s</%sSuite><%sResponseFormat Encoding="DECIMAL" Length="%s"/></%sAlgorithmParameters>\n' "$p" "$1" $pskc "$2" "$p" "$p" "$3" "$p" "$p" "$4" "$p"
	printf '<%sData>%s</%sData></%sKey></%sKeyPackage>\n' "$p" "$5" "$p" "$p" "$p"
}

# container: the file $name with $cipher, $key, $mac and the prefix $p. Counters
# are encrypted as decimal text, intervals as bytes.
container() {
	xmlns="xmlns=\"$pskc\""
	[ -z "$p" ] || xmlns="xmlns:${p%:}=\"$pskc\""
	{
		echo '<?xml version="1.0" encoding="UTF-8"?>'
		printf '<%sKeyContainer Version="1.0" %s xmlns:ds="%s" xmlns:xenc="%s" xmlns:xenc11="%s">\n' "$p" "$xmlns" $ds $xenc $xenc11
		encryptionkey
		macmethod
		package 0026001 hotp HMAC-SHA1 6 "<${p}Secret>$(value "$name/1" $hotp)</${p}Secret><${p}Counter>$(number "$name/2" 42 3432)</${p}Counter>"
		package 0026002 totp HMAC-SHA512 8 "<${p}Secret>$(value "$name/3" "$totp")</${p}Secret><${p}TimeInterval>$(number "$name/4" 60 0000003c)</${p}TimeInterval>"
		printf '</%sKeyContainer>\n' "$p"
	} >"$name.xml"
}

# derive BYTES: the key that the passphrase makes with $prf.
derive() {
	salt=$(iv "$name/salt" 8)
	key=$(openssl kdf -keylen "$1" -kdfopt digest:$prf -kdfopt pass:qwerty -kdfopt hexsalt:"$salt" -kdfopt iter:1000 PBKDF2 | tr -d ':\n' | tr A-F a-f)
}

# Ciphers that need a MAC, with each MAC, by a shared key and by a passphrase with
# the same hash; half of them with a prefix.
p=
for cipher in aes128-cbc aes192-cbc aes256-cbc tripledes-cbc; do
	for mac in sha1 sha224 sha256 sha384 sha512; do
		case $cipher in
		aes128*) key=$key128 ;;
		aes256*) key=$key256 ;;
		*) key=$key192 ;;
		esac
		name=$cipher-hmac-$mac-key container
		if [ -z "$p" ]; then p=pskc: prf=sha1 way=passphrase; else p='' prf=$mac way=passphrase11; fi
		name=$cipher-hmac-$mac-$way
		derive $((${#key} / 2))
		container
	done
done

# Ciphers that authenticate do without, and may have one.
for cipher in kw-aes128 kw-aes192 kw-aes256 aes128-gcm aes192-gcm aes256-gcm; do
	bits=$(echo $cipher | tr -dc 0-9)
	eval key=\$key$bits
	mac='' name=$cipher-key container
	if [ -z "$p" ]; then p=pskc:; else p=; fi
	mac=sha256 name=$cipher-hmac-sha256-key container
	mac='' prf=sha256 name=$cipher-passphrase11
	derive $((bits / 8))
	container
done

# A MAC key that both sides have.
cipher=aes128-cbc key=$key128 mac=sha256 name=aes128-cbc-hmac-sha256-reference-key container

# RSA, to the receiver's certificate.
mac=sha1 cipher=rsa-1_5 name=rsa-1_5-hmac-sha1 container
mac='' cipher=rsa-1_5 name=rsa-1_5 container
oaep=''
mac=sha256 cipher=rsa-oaep-mgf1p name=rsa-oaep-mgf1p-hmac-sha256 container
oaep='-pkeyopt rsa_oaep_md:sha256 -pkeyopt rsa_mgf1_md:sha256'
mac=sha512 cipher=rsa-oaep name=rsa-oaep-hmac-sha512 container

# A signed container, written in exclusive canonical form from the start, so that
# its bytes are what is hashed; then the signature goes in.
signed() { # NAME SIGNATUREMETHOD KEY
	head="<KeyContainer xmlns=\"$pskc\" Id=\"c1\" Version=\"1.0\">"
	body=$(printf '\n<KeyPackage><DeviceInfo><SerialNo>0026001</SerialNo></DeviceInfo><Key Algorithm="%s:hotp" Id="key 0026001"><AlgorithmParameters><ResponseFormat Encoding="DECIMAL" Length="6"></ResponseFormat></AlgorithmParameters><Data><Secret><PlainValue>%s</PlainValue></Secret><Counter><PlainValue>42</PlainValue></Counter></Data></Key></KeyPackage>' $pskc "$(printf %s $hotp | b64)")
	digest=$(printf '%s%s</KeyContainer>' "$head" "$body" | openssl dgst -sha256 -binary | openssl base64 -A)
	info=$(
		printf '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod>'
		printf '<ds:SignatureMethod Algorithm="%s%s"></ds:SignatureMethod><ds:Reference URI="#c1"><ds:Transforms>' $more "$2"
		printf '<ds:Transform Algorithm="%senveloped-signature"></ds:Transform>' $ds
		printf '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:Transform></ds:Transforms>'
		printf '<ds:DigestMethod Algorithm="%ssha256"></ds:DigestMethod><ds:DigestValue>%s</ds:DigestValue></ds:Reference></ds:SignedInfo>' $xenc "$digest"
	)
	sign() { printf '<ds:SignedInfo xmlns:ds="%s">%s' $ds "$info" | openssl dgst -sha256 -sign "$3"; }
	case $2 in
	ecdsa*) signature=$(sign "$@" | openssl asn1parse -inform DER |
		awk -F: '/INTEGER/ { while (length($4) < 64) $4 = "0" $4; printf "%s", substr($4, length($4) - 63) }' | b64) ;;
	*) signature=$(sign "$@" | openssl base64 -A) ;;
	esac
	printf '%s%s<ds:Signature xmlns:ds="%s"><ds:SignedInfo>%s<ds:SignatureValue>%s</ds:SignatureValue></ds:Signature></KeyContainer>\n' \
		"$head" "$body" $ds "$info" "$signature" >"$1.xml"
}
signed signed-rsa-sha256 rsa-sha256 keys/supplier-rsa.pem
signed signed-ecdsa-sha256 ecdsa-sha256 keys/supplier-ecdsa.pem
