#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# atcp-ss, over files in the format of /proc/net/tcp: sample/atcp holds a socket
# in each of the eleven states, sample/atcp6 three more.

cd "$(dirname "$0")" || exit 1
. ./tap.sh

tmp=$(mktemp -d) || exit 1
holder=
trap 'kill $holder 2>/dev/null; rm -rf "$tmp"' EXIT
ss=$(cd .. && pwd)/atcp-ss

sampled()
{
	ATCP_PROC_NET=sample "$ss" "$@"
}

lines()
{
	sampled "$@" | wc -l
}

# What the second arguments print, STATE LOCAL PEER, blanks squeezed.
shown()
{
	sampled "$@" | awk '{ print $1, $4, $5 }'
}

if ! command -v ss >/dev/null; then
	skip "atcp-ss" "ss is not installed"
	ok "no ss: status 127" sh -c "'$ss' 2>/dev/null; [ \$? = 127 ]"
	tap_end
	exit
fi

ok "every socket, in each of eleven states" same "LISTEN 0.0.0.0:80 0.0.0.0:*
ESTAB 192.0.2.1:80 198.51.100.7:40001
SYN-SENT 192.0.2.1:40002 198.51.100.7:443
SYN-RECV 192.0.2.1:80 198.51.100.7:40003
FIN-WAIT-1 192.0.2.1:80 198.51.100.7:40004
FIN-WAIT-2 192.0.2.1:80 198.51.100.7:40005
TIME-WAIT 192.0.2.1:80 198.51.100.7:40006
UNCONN 192.0.2.1:40007 198.51.100.7:443
CLOSE-WAIT 192.0.2.1:80 198.51.100.7:40008
LAST-ACK 192.0.2.1:80 198.51.100.7:40009
CLOSING 192.0.2.1:80 198.51.100.7:40010
LISTEN *:80 *:*
ESTAB [2001:db8::1]:80 [2001:db8::7]:50001
ESTAB [::ffff:192.0.2.1]:80 [::ffff:198.51.100.7]:50002" "$(shown -Han)"
ok "no argument: all of them, with a header" same 15 "$(lines)"
ok "-H leaves the header out" same 14 "$(lines -Han)"
ok "-4: IPv4" same 11 "$(lines -H4an)"
ok "-6: IPv6" same 3 "$(lines -H6an)"
ok "-l: listeners" same "LISTEN 0.0.0.0:80 0.0.0.0:*
LISTEN *:80 *:*" "$(shown -Hln | grep LISTEN)"
ok "state time-wait" same 1 "$(lines -Han state time-wait)"
ok "sport = :80" same 12 "$(lines -Han sport = :80)"
ok "dst 2001:db8::7" same 1 "$(lines -Han dst '[2001:db8::7]')"
ok "queues" has "$(sampled -Han)" 'ESTAB +0 +1448 +192.0.2.1:80'
ok "timers and owners" has "$(sampled -Hanoe)" 'timer:\(on,1sec,2\) uid:1000 ino:7003'

for arg in -s -E -K --kill --events --sum -tanK -HsN; do
	ok "$arg is refused: it concerns the kernel's TCP" \
		sh -c "ATCP_PROC_NET=sample '$ss' $arg >'$tmp/out' 2>&1; [ \$? = 64 ] &&
			grep -q 'not to atcp' '$tmp/out'"
done
ok "a value of an option is not taken for an option" same 1 \
	"$(sampled -Nxs 2>&1 | grep -c 'network namespace')"

mkdir "$tmp/no6"
cp sample/atcp "$tmp/no6"
ok "without atcp6: IPv4, and not the kernel's tcp6" same 11 \
	"$(ATCP_PROC_NET=$tmp/no6 "$ss" -Han 2>&1 | wc -l)"
ok "TCPDIAG_FILE and PROC_ROOT of the caller do not count" same 14 \
	"$(TCPDIAG_FILE=/dev/null PROC_ROOT=/nowhere lines -Han)"
ok "module not loaded: status 69, says so" sh -c "ATCP_PROC_NET='$tmp' '$ss' >'$tmp/out' 2>&1
	[ \$? = 69 ] && grep -q 'is the atcp module loaded' '$tmp/out'"

if command -v strace >/dev/null; then
	ATCP_PROC_NET=sample strace -f -qq -e trace=socket -o "$tmp/trace" "$ss" -an >/dev/null
	ok "ss does not ask by netlink" same 0 "$(grep -c NETLINK "$tmp/trace")"
	strace -f -qq -e trace=socket -o "$tmp/trace" ss -tan >/dev/null
	ok "which it otherwise does" sh -c "grep -q NETLINK '$tmp/trace'"
else
	skip "ss does not ask by netlink" "strace is not installed"
fi

# The inode column is all that -p needs: here that of a socket that python holds.
if command -v python3 >/dev/null && [ "$(id -u)" = 0 ]; then
	python3 -c 'import os, socket, time
s = socket.socket()
print(os.fstat(s.fileno()).st_ino, flush=True)
time.sleep(60)' >"$tmp/inode" &
	holder=$!
	for _ in $(seq 100); do
		[ -s "$tmp/inode" ] && break
		sleep 0.05
	done
	mkdir "$tmp/p"
	sed "s/ 7002 / $(cat "$tmp/inode") /" sample/atcp >"$tmp/p/atcp"
	ok "-p names the process" has "$(ATCP_PROC_NET=$tmp/p "$ss" -Htnp)" \
		"40001 .*\"python[0-9.]*\",pid=$holder,fd="
else
	skip "-p names the process" "needs python3 and root"
fi

tap_end
