#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The tools with the real module, which must be loaded: "run module.sh" in a
# guest. Programs under atcp-run exchange data over the loopback interface with
# each other and with the kernel's TCP; atcp-ss shows their sockets, ss does not;
# atcp-fsm counts the edges they took.

cd "$(dirname "$0")" || exit 1
. ./tap.sh

tools=$(cd .. && pwd)
run=$tools/atcp-run
tmp=$(mktemp -d) || exit 1
pids=
# shellcheck disable=SC2086 # a list
trap 'kill $pids 2>/dev/null; rm -rf "$tmp"' EXIT
unset ATCP_PROTOCOL ATCP_VERBOSE LD_PRELOAD
ip link set lo up 2>/dev/null
head -c 3000000 /dev/urandom >"$tmp/file"

# Waits until a listener on that port is shown by a command.
listening()
{
	port=$1
	shift
	for _ in $(seq 200); do
		"$@" -Hltn "sport = :$port" 2>/dev/null | grep -q LISTEN && return
		sleep 0.05
	done
	echo "nothing listens on port $port"
	return 1
}

# serve PORT ADDRESS [COMMAND]: a web server of $tmp, in the background
serve()
{
	port=$1 address=$2
	shift 2
	(cd "$tmp" && exec "$@" python3 -m http.server --bind "$address" "$port" \
		>/dev/null 2>&1) &
	pids="$pids $!"
}

fetched()
{
	url=$1
	shift
	"$@" curl -sg --max-time 60 "$url" | cmp - "$tmp/file"
}

ok "the module is loaded" "$run" true
ok "SO_PROTOCOL says TCP" same "TCP 6 6
accepted 6 6" "$("$run" ./makes protocol | head -2)"
ok "and the number of atcp without the library" same "261 261" "$(./makes own)"
ok "flags are kept" "$run" ./makes flags
ok "errno is kept" "$run" ./makes errno
# Every check of the kernel is on there, and a socket takes ten milliseconds.
each=50
[ "$ATCP_GUEST" != debug ] || each=5
ok "100 threads make $each sockets each" "$run" ./makes threads 100 $each
ok "500 sockets made in a signal handler" "$run" ./makes signal 500
ok "children of six kinds" "$run" ./makes children
ok "rresvport() and rresvport_af()" "$run" ./makes reserved

cat /proc/net/atcp_fsm >"$tmp/before"
serve 18181 127.0.0.1 "$run"
ok "atcp-ss shows the listener" listening 18181 "$tools/atcp-ss"
ok "ss does not" same "" "$(ss -Hltn "sport = :18181")"
ok "curl on the kernel's TCP fetches from atcp" fetched http://127.0.0.1:18181/file
ok "curl on atcp fetches from atcp" fetched http://127.0.0.1:18181/file "$run"
serve 18182 127.0.0.1
listening 18182 ss
ok "curl on atcp fetches from the kernel's TCP" fetched http://127.0.0.1:18182/file "$run"
serve 18183 ::1 "$run"
ok "atcp-ss shows the IPv6 listener" listening 18183 "$tools/atcp-ss"
ok "curl on the kernel's TCP, IPv6" fetched "http://[::1]:18183/file"
ok "curl on atcp, IPv6" fetched "http://[::1]:18183/file" "$run"

"$tools/atcp-fsm" --taken --since "$tmp/before" >"$tmp/taken" 2>&1
for edge in "CLOSED LISTEN" "CLOSED SYN-SENT" "SYN-SENT ESTABLISHED" \
	    "SYN-RECEIVED ESTABLISHED" "ESTABLISHED CLOSE-WAIT" "ESTABLISHED FIN-WAIT-1"; do
	ok "atcp-fsm: taken from ${edge% *} to ${edge#* }" \
		has "$(cat "$tmp/taken")" "^${edge% *} +${edge#* } "
done
ok "atcp-fsm draws" "$tools/atcp-fsm" -o "$tmp/fsm.svg"
ok "and nothing in it lies on anything" ./layout.py "$tmp/fsm.svg"

tap_end
