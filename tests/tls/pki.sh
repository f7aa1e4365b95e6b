#!/bin/sh
# tests/tls/pki.sh DIR: the certificates of examples/smh_standin/pki.sh, and
# what only the ports ask for:
#
#   namesake .pem    a CA with the name of ca and another key
#   nasty            signed by ca, its only name full of what a terminal would obey
#   uri, uri-and-name    signed by ca, the URI "standin.test", the second the name too
#   spelled              signed by ca for a name and the address of the same bytes
#   many                 signed by ca for more names than anybody reads
#   far                  signed by itself, valid for thousands of years
#   uri-and-other        signed by ca for the name and URIs that are not it
#   titled               signed by ca for a common name between two other titles
#   nameless             signed by ca for nobody
#   untitled             signed by itself, with titles but no common name
#   server.dates     from when to when the server's is valid, in seconds
set -eu

"$(dirname "$0")/../../examples/smh_standin/pki.sh" "$1"
cd "$1"

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj '/CN=SMH test ca' -keyout namesake.key -out namesake.pem 2>/dev/null

openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out nasty.key
openssl req -new -key nasty.key -utf8 \
    -subj "/CN=$(printf '%%s%%n\033[2J\007"\r\302\233')" |
    openssl x509 -req -CA ca.pem -CAkey ca.key -days 30 -out nasty.pem 2>/dev/null

# NAME SUBJECT EXTENSION
plain() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
    echo "$3" >ext
    openssl req -new -key "$1.key" -subj "$2" |
        openssl x509 -req -CA ca.pem -CAkey ca.key -days 30 -extfile ext \
            -out "$1.pem" 2>/dev/null
}
plain uri /CN=uri subjectAltName=URI:standin.test
plain uri-and-name /CN=uri subjectAltName=URI:standin.test,DNS:standin.test
plain uri-and-other /CN=uri \
    subjectAltName=DNS:standin.test,URI:standin.tess,URI:urn:x
plain spelled /CN=spelled \
    subjectAltName=DNS:abc.standin.test,IP:6162:632e:7374:616e:6469:6e2e:7465:7374
plain many /CN=many "$(printf subjectAltName=DNS:name-1.some.domain.test
    for n in 2 3 4 5 6 7 8 9; do printf ',DNS:name-%s.some.domain.test' $n; done)"
plain titled /O=Somebody/CN=common.test/OU=Unit basicConstraints=CA:FALSE
plain nameless / basicConstraints=CA:FALSE

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 \
    -subj /DC=test/O=Somebody -addext subjectAltName=DNS:standin.test \
    -keyout untitled.key -out untitled.pem 2>/dev/null

openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -days 1000000 -subj /CN=far -addext subjectAltName=DNS:standin.test \
    -keyout far.key -out far.pem 2>/dev/null

when() {
    date -d "$(openssl x509 -in server.pem -noout "$1" | cut -d= -f2)" +%s
}
echo "$(when -startdate) $(when -enddate)" >server.dates
