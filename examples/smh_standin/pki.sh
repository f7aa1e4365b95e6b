#!/bin/sh
# examples/smh_standin/pki.sh DIR [DNS:name | IP:address]...
# Makes CAs and certificates, good ones and bad ones, in DIR, fresh each time.
# What follows DIR is added to the names of the certificates a good server has.
# NAME stands for NAME.pem and NAME.key:
#
#   ca .pem .der            the root that clients trust
#   intermediate .pem       signed by ca; no client trusts it by itself
#   server, server-rsa      what a good server has: P-256, RSA 2048
#   chain                   the same under intermediate, which the .pem includes
#   expired, future         ended a year ago, begins in a year
#   other-name              good, but for other.test
#   self-signed             signed by itself
#   other-ca                signed by other-ca-root .pem .der, whom none trusts
#   wildcard                *.standin.test
#   ip-only, no-ip          127.0.0.1 and ::1 alone, the names alone
#   client-only             good, but for a client
#   unfit                   under no-signer, an intermediate that may not sign
set -eu

[ $# -gt 0 ] || { sed -n '2,5s/^# //p' "$0"; exit 2; }
mkdir -p "$1"
cd "$1"
shift

names=DNS:localhost,DNS:standin.test
addresses=IP:127.0.0.1,IP:::1
all=$names,$addresses
for name; do
    all=$all,$name
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

when() {
    date -u -d "$1" +%Y%m%d%H%M%SZ
}

# key FILE [KIND]
key() {
    case ${2-ec} in
    ec) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
        -out "$1" ;;
    rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
        -out "$1" ;;
    esac
}

# sign NAME ISSUER FROM TO EXTENSIONS: NAME.key -> NAME.pem; "self" is an issuer
sign() {
    echo "$5" >"$work/ext"
    : >"$work/index"
    if [ "$2" = self ]; then
        set -- "$1" "$1" "$3" "$4" -selfsign
    else
        set -- "$1" "$2" "$3" "$4" -cert "$2.pem"
    fi
    name=$1 issuer=$2 from=$(when "$3") to=$(when "$4")
    shift 4
    openssl req -new -key "$name.key" -subj "/CN=SMH test $name" \
        -out "$work/request"
    openssl ca -batch -notext -config "$work/config" -in "$work/request" \
        -keyfile "$issuer.key" "$@" -startdate "$from" -enddate "$to" \
        -extfile "$work/ext" -out "$name.pem" 2>"$work/log" ||
        { cat "$work/log" >&2; exit 1; }
}

authority() { # NAME ISSUER
    key "$1.key"
    sign "$1" "$2" yesterday '20 years' 'basicConstraints=critical,CA:TRUE
        keyUsage=critical,keyCertSign,cRLSign'
}

server() { # NAME ISSUER NAMES [KIND] [FROM] [TO]
    key "$1.key" "${4-ec}"
    sign "$1" "$2" "${5-yesterday}" "${6-10 years}" "basicConstraints=CA:FALSE
        extendedKeyUsage=serverAuth
        subjectAltName=$3"
}

cat >"$work/config" <<END
[ca]
default_ca = tests
[tests]
database = $work/index
new_certs_dir = $work
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
[req]
distinguished_name = none
[none]
END
export OPENSSL_CONF="$work/config"

authority ca self
authority other-ca-root self
authority intermediate ca

server server ca "$all"
server server-rsa ca "$all" rsa
server chain intermediate "$all"
cat intermediate.pem >>chain.pem
server expired ca "$all" ec '2 years ago' '1 year ago'
server future ca "$all" ec '1 year' '2 years'
server other-name ca DNS:other.test
server self-signed self "$all"
server other-ca other-ca-root "$all"
server wildcard ca 'DNS:*.standin.test'
server ip-only ca "$addresses"
server no-ip ca "$names"

key client-only.key
sign client-only ca yesterday '10 years' "basicConstraints=CA:FALSE
    extendedKeyUsage=clientAuth
    subjectAltName=$all"
key no-signer.key
sign no-signer ca yesterday '20 years' 'basicConstraints=critical,CA:TRUE
    keyUsage=critical,cRLSign'
server unfit no-signer "$all"
cat no-signer.pem >>unfit.pem

for name in ca other-ca-root; do
    openssl x509 -in "$name.pem" -outform DER -out "$name.der"
done
