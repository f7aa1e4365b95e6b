#!/bin/sh
# tests/end_to_end/pki.sh DIR: the certificates of examples/smh_standin/pki.sh, and
#
#   ca-rsa .pem          a root that clients trust as well
#   chain-rsa            RSA 2048 under an intermediate of RSA under ca-rsa
#   new-chain, new-chain-rsa    the same renewed: other keys, the same issuers
#   pss-signed           the key of server-rsa, signed by ca-rsa with RSA-PSS
#   pss-key              its key is for RSA-PSS alone
#   roots .pem           ca and ca-rsa
set -eu

"$(dirname "$0")/../../examples/smh_standin/pki.sh" "$1"
cd "$1"

# issue NAME ISSUER EXTENSIONS KEY...: NAME.pem, and NAME.key unless it is there
issue() {
    name=$1 issuer=$2
    printf '%s\n' "$3" >ext
    shift 3
    [ -e "$name.key" ] || openssl genpkey -quiet "$@" -out "$name.key"
    openssl req -new -key "$name.key" -subj "/CN=SMH test $name" -out request
    openssl x509 -req -in request -CA "$issuer.pem" -CAkey "$issuer.key" \
        -days 30 -extfile ext -out "$name.pem" ${pss-} 2>/dev/null
}

ec='-algorithm EC -pkeyopt ec_paramgen_curve:P-256'
rsa='-algorithm RSA -pkeyopt rsa_keygen_bits:2048'
signer='basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign'
server='basicConstraints=CA:FALSE
extendedKeyUsage=serverAuth
subjectAltName=DNS:localhost'

openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj '/CN=SMH test ca-rsa' \
    -keyout ca-rsa.key -out ca-rsa.pem 2>/dev/null
cat ca.pem ca-rsa.pem >roots.pem
issue intermediate-rsa ca-rsa "$signer" $rsa
issue new-chain intermediate "$server" $ec
cat intermediate.pem >>new-chain.pem
for name in chain-rsa new-chain-rsa; do
    issue $name intermediate-rsa "$server" $rsa
    cat intermediate-rsa.pem >>$name.pem
done
cp server-rsa.key pss-signed.key
pss='-sigopt rsa_padding_mode:pss'
issue pss-signed ca-rsa "$server"
pss=
issue pss-key ca-rsa "$server" -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
