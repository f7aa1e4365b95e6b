#!/bin/sh
# tests/bench/run.sh small|full B TLS: what the tool costs, beside others that
# do the same.  B: where the programs were built, with Debian's mbedTLS 2.28;
# TLS: where smh_revoke was, with 3.6.  Leaves in B/bench/small or B/bench/full
#
#   measured      a name and a number a line, once for each round
#   results.md    tables of it, results.json all of it, distance.svg a picture
#   counts        what does not depend on how fast the machine is
#
# All requests are of 10 users whose ids have 12 bytes, and go to nginx, which
# answers 204 by itself, in a network namespace of their own.
#
#   ours-N        smh_revoke --pipeline N, mbedTLS 2.28, so TLS 1.2
#   tls1_3-N      the same with mbedTLS 3.6 and TLS 1.3, as all others have
#   easy-1        libcurl's easy interface, HTTP/1.1      (client.c)
#   h2-N          libcurl's multi interface, N streams    (client.c)
#   h2load-N      h2load --h1 -m N: one request prepared once, no verification
#
# What is timed runs in rounds, each client once in each, so that noise of the
# machine falls on all of them; ratios are taken within a round.
set -eu

here=$(dirname "$0")
work=$2/bench/$1
B=$2
mbedtls_2_28=$2/smh_revoke
mbedtls_3_6=$3/smh_revoke

clients="ours-1 ours-32 ours-100 easy-1 h2-32 h2-100 h2load-1 h2load-32"
clients="$clients h2load-100"
ldd $mbedtls_2_28 | grep -q libmbedtls.so.14 || {
    echo "bench: $mbedtls_2_28 has no mbedTLS 2.28" >&2
    exit 1
}

case $1 in
small)
    bulk=300 rounds=1 users="10 100 1000"
    far=40 far_rounds=1 trips=10 depths=8
    ;;
full)
    bulk="2000 20000" rounds=5 users="10 100 1000 10000 100000 1000000"
    far=500 far_rounds=3 trips="10 50 100" depths="8 32 100"
    ;;
esac

if [ -z "${SMH_BENCH_NET-}" ]; then
    [ "$(id -u)" = 0 ] && net=-n || net=-rn
    SMH_BENCH_NET=1 exec unshare $net "$0" "$@"
fi
ip link set lo up

host=smh0example.api.tencentsmh.cn
export SMH_LIBRARY_SECRET=0123456789abcdef0123456789abcdef01234567
any=44311 tls_1_2=44312 relay=44313
url="/api/v1/token/smh0example?library_secret=$SMH_LIBRARY_SECRET&user_id="
url=$url$(seq -s , -f 'user-%07.0f' 10)

say() {
    echo "bench: $*" >&2
}

fail() {
    say "$@"
    exit 1
}

put() { # NAME NUMBER
    echo "$1 $2" >>"$work/measured"
}

# ---- servers ----------------------------------------------------------------

nginx_pid='' relay_pid='' client_pid=''
stop() { # PID
    [ -z "$1" ] || kill "$1" 2>/dev/null || return 0
    wait "$1" 2>/dev/null || :
}
trap 'stop "$client_pid"; stop "$relay_pid"; stop "$nginx_pid"' EXIT
trap 'exit 130' HUP INT TERM

wait_for() { # FILE
    timeout 60 sh -c "until [ -s '$1' ]; do sleep 0.05; done" ||
        fail "no $1 within a minute"
}

nginx_start() {
    rm -f "$work/nginx.pid"
    cat >"$work/nginx.conf" <<END
daemon off;
user root;
worker_processes 1;
pid nginx.pid;
events { worker_connections 64; }
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 10000000;
    ssl_certificate pki/server.pem;
    ssl_certificate_key pki/server.key;
    server {
        listen 127.0.0.1:$any ssl http2;
        ssl_protocols TLSv1.2 TLSv1.3;
        return 204;
    }
    server {
        listen 127.0.0.1:$tls_1_2 ssl;
        ssl_protocols TLSv1.2;
        return 204;
    }
}
END
    /usr/sbin/nginx -p "$work" -c nginx.conf -e error.log &
    nginx_pid=$!
    wait_for "$work/nginx.pid"
}

relay_start() { # TO MS
    : >"$work/relay"
    "$B/bench/relay" $relay "$1" "$2" >"$work/relay" &
    relay_pid=$!
    wait_for "$work/relay"
}

relay_stop() { # then what it counted is in $work/relay
    stop $relay_pid
    relay_pid=''
}

# ---- clients ----------------------------------------------------------------

users() { # COUNT: a file
    [ -e "$work/users.$1" ] || seq -f 'user-%07.0f' "$1" >"$work/users.$1"
    echo "$work/users.$1"
}

# In the background, so that a signal to this script ends it, too.
bounded() { # SECONDS COMMAND...
    timeout "$@" &
    client_pid=$!
    wait $client_pid || return
    client_pid=''
}

ours() { # PORT PROGRAM ARGUMENT...
    port=$1
    shift
    "$@" --host $host:$port --connect 127.0.0.1 --library smh0example \
        --ca "$work/pki/ca.pem" --quiet
}

# A client by its name above; what comes behind is put before its command.
client() { # NAME REQUESTS PORT [PREFIX...]
    name=$1 requests=$2 port=$3
    shift 3
    list=$(users $((requests * 10)))
    case $name in
    ours-*) ours $port bounded 1800 "$@" $mbedtls_2_28 --users "$list" \
        --pipeline ${name#*-} ;;
    tls1_3-*) ours $port bounded 1800 "$@" $mbedtls_3_6 --users "$list" \
        --pipeline ${name#*-} ;;
    easy-* | h2-*) bounded 1800 "$@" "$B/bench/client" ${name%-*} ${name#*-} \
        $host:$port "$work/pki/ca.pem" "$list" ;;
    h2load-*) bounded 1800 "$@" h2load --h1 -c 1 -n $requests -m ${name#*-} \
        -H ':method: DELETE' --connect-to=127.0.0.1:$port \
        "https://$host:$port$url" ;;
    esac >"$work/said" 2>&1 || {
        cat "$work/said" >&2
        fail "$name failed"
    }
    case $name in
    h2load-*) grep -q "^status codes: $requests 2xx" "$work/said" ||
        fail "$name: not all answers are 204" ;;
    esac
}

# ---- what is counted --------------------------------------------------------

# System calls, and what passes a relay.  The client is slowed down by the
# count, so that what comes and goes is cut up much the same each time.  h2load
# reads and writes its socket, the others receive and send.
count_calls() { # CLIENT REQUESTS
    case $1 in
    h2load-*) from=read to=write ;;
    *) from=recv to=send ;;
    esac
    relay_start $any 0
    client $1 $2 $relay strace -f -c -U calls,errors,name -o "$work/calls" \
        -e trace=read,recvfrom,write,sendto,sendmsg,poll,epoll_wait,select
    relay_stop
    sed -n "/[.]\|^connections/s/^/count.$2.$1./p" "$work/relay" \
        >>"$work/measured"
    awk -v name="count.$2.$1" -v from=$from -v to=$to '
        $NF ~ "^" from { recv += $1; vain += NF == 3 ? $2 : 0 }
        $NF ~ "^" to { send += $1 }
        $NF ~ /^(poll|epoll_wait|select)$/ { poll += $1 }
        END {
            printf "%s.recv %d\n%s.vain %d\n", name, recv, name, vain
            printf "%s.send %d\n%s.poll %d\n", name, send, name, poll
        }' "$work/calls" >>"$work/measured"
}

callgrind="valgrind -q --tool=callgrind --compress-strings=no --compress-pos=no"

# In all, and what is outside of the libraries for TLS, if these are such.
instructions() { # NAME: of the run that $work/callgrind tells of
    awk -v name="$1" '
        /^ob=/ { tls = /lib(mbed|ssl|crypto)[a-z0-9]*[.]so/ }
        /^calls=/ { getline; next }
        /^[0-9]/ { all += $2; inside += tls ? $2 : 0 }
        END {
            printf "%s.instructions %.0f\n", name, all
            if (inside > 0)
                printf "%s.outside %.0f\n", name, all - inside
        }' "$work/callgrind" >>"$work/measured"
    rm "$work/callgrind"
}

count_instructions() { # CLIENT REQUESTS
    client $1 $2 $any $callgrind --callgrind-out-file="$work/callgrind"
    instructions count.$2.$1
}

counts() {
    for n in $bulk; do
        for c in $clients; do
            say "counting: $n requests, $c"
            count_calls $c $n
            count_instructions $c $n
        done
    done
}

# One request: the program that starts, connects, sends it and ends.
handshake() { # NAME PROGRAM PORT
    say "handshake: $1"
    list=$(users 10)
    ours $3 bounded 600 $callgrind --callgrind-out-file="$work/callgrind" \
        $2 --users "$list"
    instructions one.$1
    ours $3 bounded 600 valgrind -q --tool=massif --peak-inaccuracy=0.0 \
        --massif-out-file="$work/massif" $2 --users "$list"
    put one.$1.heap "$(sed -n 's/^mem_heap_B=//p' "$work/massif" | sort -n |
        tail -n 1)"
    relay_start $3 20
    ours $relay bounded 600 $2 --users "$list"
    relay_stop
    sed -n "s/^\(trips\|out[.]bytes\|in[.]bytes\)/one.$1.&/p" \
        "$work/relay" >>"$work/measured"
}

handshakes() {
    handshake 1_2-mbedtls_2_28 $mbedtls_2_28 $any
    handshake 1_2-mbedtls_3_6 $mbedtls_3_6 $tls_1_2
    handshake 1_3-mbedtls_3_6 $mbedtls_3_6 $any
}

growth() {
    for n in $users; do
        say "growth: $n users"
        list=$(users $n)
        ours $any bounded 1800 "$B/tool/peak" "$work/peak" $mbedtls_2_28 \
            --users "$list" --dry-run >/dev/null
        put growth.$n.rss "$(cut -d ' ' -f 1 "$work/peak")"
        ours $any bounded 1800 $callgrind \
            --callgrind-out-file="$work/callgrind" $mbedtls_2_28 \
            --users "$list" --dry-run >/dev/null
        instructions growth.$n
    done
}

micro() { # WHAT SIZE
    bounded 600 env LD_BIND_NOW=1 valgrind --tool=callgrind \
        --toggle-collect='measure*' --callgrind-out-file=/dev/null \
        "$B/bench/micro" $1 $2 2>"$work/said" || fail "micro $1 $2 failed"
    put $1.$2 "$(sed -n 's/^.*Collected : //p' "$work/said")"
}

micros() {
    say "building and reading"
    for n in 1 16 64 256 1024 8192; do
        for what in build.ours build.memcpy read.llhttp read.memcpy; do
            micro $what $n
        done
    done
    micro build.curl 8192
    micro read.ours 8192
}

# ---- what is timed ----------------------------------------------------------

timed() { # NAME CLIENT REQUESTS PORT
    client $2 $3 $4 "$B/tool/peak" "$work/peak"
    read -r kB cpu wall <"$work/peak"
    put $1.rss $kB
    put $1.cpu $cpu
    put $1.wall $wall
}

speed() {
    for round in $(seq $rounds); do
        for n in $bulk; do
            say "time of $n requests, round $round of $rounds"
            for c in $clients; do
                timed bulk.$n.$c $c $n $any
            done
        done
    done
}

distance() {
    for round in $(seq $far_rounds); do
        for ms in $trips; do
            say "round trip of $ms ms, round $round of $far_rounds"
            relay_start $any $ms
            timed far.$ms.one ours-1 1 $relay
            for depth in $depths; do
                for c in ours tls1_3 h2; do
                    timed far.$ms.$depth.$c $c-$depth $far $relay
                done
            done
            relay_stop
        done
    done
}

# ---- all of it --------------------------------------------------------------

machine() {
    echo "$(sed -n '/^model name/{s/.*: //p;q}' /proc/cpuinfo), $(nproc) of" \
        "its processors; $(uname -sm)," \
        "$(. /etc/os-release && echo "$PRETTY_NAME")"
}

mkdir -p "$work"
: >"$work/measured"
work=$(cd "$work" && pwd)
"$here/../../examples/smh_standin/pki.sh" "$work/pki" DNS:$host
nginx_start
put far.requests $far
micros
handshakes
growth
counts
speed
distance
awk -v dir="$work" -v machine="$(machine)" -v day="$(date -u +%Y-%m-%d)" \
    -f "$here/report.awk" "$here/limits" "$work/measured" >"$work/results.md"
gnuplot -e "dir='$work'; depths='$depths'; requests=$far" "$here/distance.gp"
grep -E '^count[.].*[.]ours-.*[.](connections|out.bytes|recv|send|outside) ' \
    "$work/measured" >"$work/counts"
rm -f "$work"/users.*
say "results are in ${work#"$PWD"/}"
