#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# atcp-run and libatcp-run.so, without the module. Three kinds of evidence:
#
#	strace		the arguments that the kernel gets, from the library alone
#	double.so	what a program sees where sockets of atcp can be made
#	multipath TCP	the same with a real socket of another protocol number,
#			where the kernel has it: --protocol 262

# shellcheck disable=SC2016 # expressions for an inner shell

cd "$(dirname "$0")" || exit 1
. ./tap.sh

tools=$(cd .. && pwd)
lib=$tools/libatcp-run.so
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
unset LD_PRELOAD ATCP_PROTOCOL ATCP_VERBOSE
DOUBLE_LOG=$tmp/log
export DOUBLE_LOG

# A command under atcp-run where the double makes sockets of atcp.
doubled()
{
	: >"$DOUBLE_LOG"
	env LD_PRELOAD="$PWD/double.so" "$tools/atcp-run" "$@"
}

# The protocols asked for by a program, as "COUNT NUMBER" lines.
asked()
{
	awk -v name="$1" '$1 == name { n[$4]++ }
			  END { for (p in n) print n[p], p }' "$DOUBLE_LOG" | sort
}

# --- The kernel's side: a trace of system calls -------------------------------

# One line a socket, "DOMAIN TYPE PROTOCOL", raw.
traced()
{
	strace -f -qq -e trace=socket -e raw=socket -e signal=none -o "$tmp/trace" "$@" \
		>/dev/null 2>"$tmp/err"
	sed -n 's/^.*socket(\([^,]*\), \([^,]*\), \([^)]*\)).*/\1 \2 \3/p' "$tmp/trace" |
		awk '{ for (i = 1; i <= NF; i++) if ($i == "0") $i = "0x0"; print }'
}

# What those lines have to be; the argument is the number of atcp, in hex.
expected()
{
	./makes list | awk -v atcp="$1" '{ print $2, $3, $5 ? atcp : $4 }'
}

# One test for each socket of the table.
trace_tests()
{
	expected "$1" >"$tmp/expected"
	traced env LD_PRELOAD="$lib" "ATCP_PROTOCOL=$2" ./makes cases >"$tmp/actual"
	ok "strace, protocol $2: as many sockets as were made" \
		same "$(wc -l <"$tmp/expected")" "$(wc -l <"$tmp/actual")"
	./makes list >"$tmp/list"
	paste -d '|' "$tmp/list" "$tmp/expected" "$tmp/actual" >"$tmp/all"
	while IFS='|' read -r case want got; do
		# shellcheck disable=SC2086 # split on purpose
		set -- $case
		via=$1 domain=$2 type=$3 proto=$4
		shift 5
		ok "strace: $via $domain $type $proto ($*)" same "$want" "$got"
	done <"$tmp/all"
}

if command -v strace >/dev/null; then
	trace_tests 0x105 261
	ok "strace: a wrong ATCP_PROTOCOL counts as none" \
		same "0x2 0x1 0x105" "$(traced env LD_PRELOAD="$lib" ATCP_PROTOCOL=6 ./makes one)"
	ok "strace: the number in ATCP_PROTOCOL is used" \
		same "0x2 0x1 0x101" "$(traced env LD_PRELOAD="$lib" ATCP_PROTOCOL=257 ./makes one)"
	ok "strace: without the library nothing changes" \
		same "$(./makes list | awk '{ print $2, $3, $4 }')" "$(traced ./makes cases)"
	ok "strace: one that atcp refuses is not made of the kernel's TCP" \
		sh -c "LD_PRELOAD=$lib ATCP_PROTOCOL=256 strace -qq -o '$tmp/trace' \
			-e trace=socket ./makes one; [ \$? = 1 ] &&
			[ \$(grep -c 'socket(' '$tmp/trace') = 1 ]"
	traced env LD_PRELOAD="$lib" ./makes children >"$tmp/actual"
	ok "strace: the children of every kind" \
		same "6 0x2 0x1 0x105" "$(sort "$tmp/actual" | uniq -c | sed 's/^ *//')"
	traced env LD_PRELOAD="$lib" getent ahostsv4 127.0.0.1 >"$tmp/actual"
	ok "strace: getaddrinfo() makes nothing of atcp" \
		sh -c "! grep 0x105 '$tmp/actual'"
else
	skip "arguments of the system calls" "strace is not installed"
fi

# --- The program's side: with the double --------------------------------------

ok "SO_PROTOCOL says TCP, of TCP only" same "TCP 6 6
accepted 6 6
UDP 17 17
type 1 domain 2
bad descriptor -9 -9
short answer of 1 byte, the rest untouched" "$(doubled ./makes protocol)"
ok "three of its sockets were of atcp" same "1 0x0
3 0x105" "$(asked makes)"
ok "SO_PROTOCOL without the library: the double says the number of atcp" \
	same "261 261" "$(LD_PRELOAD=$PWD/double.so ./makes own)"

ok "flags are kept" doubled ./makes flags
ok "and the sockets were all of atcp" same "24 0x105" "$(asked makes)"
ok "errno is kept" doubled ./makes errno
ok "errno is kept while reporting" doubled -v ./makes errno
ok "100 threads make 50 sockets each" doubled ./makes threads 100 50
ok "and all were of atcp" same "5000 0x105" "$(asked makes)"
ok "100 threads, while reporting" doubled -v ./makes threads 100 10
ok "500 sockets made in a signal handler" doubled ./makes signal 500
ok "and those were of atcp" has "$(asked makes)" '^5[0-9][0-9] 0x105$'
ok "children of six kinds" doubled ./makes children
ok "and each made one of atcp" same "6 0x105" "$(asked makes)"
if [ "$(id -u)" = 0 ]; then
	ok "rresvport() and rresvport_af()" doubled ./makes reserved
	ok "and those were of atcp" same "3 0x105" "$(asked makes)"
else
	skip "rresvport() and rresvport_af()" "needs root"
fi
: >"$DOUBLE_LOG"
LD_PRELOAD=$lib:$PWD/double.so:$PWD/early.so ./makes list >/dev/null
ok "the constructor of another library" same "makes 0xa 0x801 0x105" "$(cat "$DOUBLE_LOG")"

# --- The launcher ---------------------------------------------------------------

run=$tools/atcp-run

# status EXPECTED PATTERN COMMAND...: exit status, and a line that it printed
status()
{
	want=$1 pattern=$2
	shift 2
	text=$("$@" 2>&1)
	got=$?
	same "$want" "$got" && has "$text" "$pattern"
}

for number in 260 259 258 257; do
	"$run" -p "$number" true 2>/dev/null || break
done
ok "module not loaded: status 69, says so" status 69 \
	'^atcp-run: the atcp module is not loaded; try "modprobe atcp" or "insmod atcp.ko"$' \
	"$run" -p "$number" true
ok "module not loaded: on standard error, not output" \
	same "" "$("$run" -p "$number" echo ran 2>/dev/null)"
ok "module not loaded: the program is not started" \
	sh -c "'$run' -p '$number' touch '$tmp/ran' 2>/dev/null; [ ! -e '$tmp/ran' ]"

ok "--help" status 0 '^usage: atcp-run' "$run" --help
ok "--version" status 0 '^atcp-run [0-9]' "$run" --version
ok "no program: status 64" status 64 'no program was named' "$run"
ok "unknown option: status 64" status 64 '^usage:' "$run" --nonsense true
for bad in 0 6 255 263 261x x '' -1 99999999999999999999; do
	ok "--protocol '$bad' is refused" status 64 'is not a number from' \
		"$run" --protocol "$bad" true
done
ok "a wrong ATCP_PROTOCOL is refused" status 64 '^atcp-run: ATCP_PROTOCOL: "tcp"' \
	env ATCP_PROTOCOL=tcp "$run" true
ok "ATCP_PROTOCOL is taken, --protocol comes first" status 69 "not loaded" \
	env ATCP_PROTOCOL=262 "$run" --protocol "$number" true

ok "exit status of the program" status 42 '' doubled sh -c 'exit 42'
ok "options after the program are the program's" status 0 '^-v -p x$' \
	doubled echo -v -p x
ok "-- ends the options" status 0 '^ran$' doubled -- echo ran
ok "program not found: status 127" status 127 'No such file' doubled ./no-such-program
ok "program not found in PATH: status 127" status 127 'No such file' \
	env PATH=/usr/bin:/bin LD_PRELOAD="$PWD/double.so" "$run" no-such-program
ok "not executable: status 126" status 126 'Permission denied' doubled ./makes.c
ok "a directory: status 126" status 126 'Permission denied' doubled /
ok "LD_PRELOAD: in front of what was there" same "$lib:$PWD/double.so" \
	"$(doubled sh -c 'echo $LD_PRELOAD')"
ok "ATCP_PROTOCOL reaches the program" same 261 "$(doubled sh -c 'echo $ATCP_PROTOCOL')"
ok "-v reports a socket" status 0 \
	'^atcp-run: makes\[[0-9]+\]: IPv4 socket on atcp, descriptor [0-9]+$' doubled -v ./makes one
ok "-v reports flags and family" status 0 \
	': IPv6 socket nonblock cloexec on atcp, ' doubled -v ./makes flags
ok "-v reports one line for each" \
	same 24 "$(doubled -v ./makes flags 2>&1 | grep -c 'on atcp')"
ok "-v reports what failed" status 0 ': IPv4 socket refused, errno 24$' doubled -v ./makes errno
ok "without -v nothing is printed" same "" "$(doubled ./makes one 2>&1)"
# shellcheck disable=SC2016 # for the inner shell
ok "-v writes only to the standard error output of the start" same "" \
	"$(doubled -v python3 -c '
import os, socket, sys
os.dup2(os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT), 2)
socket.socket()' "$tmp/stolen" 2>&1; cat "$tmp/stolen")"

# --- Programs that a preloaded library does not reach ----------------------------

ok "static: status 126, says why" status 126 \
	'^atcp-run: ./static is statically linked' doubled ./static
ok "static: points to the manual" status 126 'atcp-run\(1\)' doubled ./static
ok "static: --force runs it" status 0 '^static ran$' doubled --force ./static
printf '#!%s\n' "$PWD/static" >"$tmp/script"
printf '#! %s -x\n' "$tmp/script" >"$tmp/script2"
printf '#!/bin/sh\necho script ran\n' >"$tmp/shell"
chmod +x "$tmp/script" "$tmp/script2" "$tmp/shell"
ok "a script whose interpreter is static" status 126 'statically linked' doubled "$tmp/script"
ok "a script of such a script" status 126 'statically linked' doubled "$tmp/script2"
ok "a script of a shell runs" status 0 '^script ran$' doubled "$tmp/shell"
ok "found in PATH, static" status 126 'statically linked' \
	doubled env PATH="/nowhere:$PWD:$PATH" "$run" static
ok "Go: says why" status 126 'is a Go program' doubled ./gonote
cp ./makes "$tmp/foreign"
printf '\377\376' | dd of="$tmp/foreign" bs=1 seek=18 conv=notrunc 2>/dev/null
ok "another machine: says why" status 126 'another kind of machine' doubled "$tmp/foreign"
cp ./makes "$tmp/small"
printf '\001' | dd of="$tmp/small" bs=1 seek=4 conv=notrunc 2>/dev/null
ok "another word size: says why" status 126 'another kind of machine' doubled "$tmp/small"
head -c 70 ./makes >"$tmp/cut"
chmod +x "$tmp/cut"
ok "a file cut short is not judged" \
	sh -c "LD_PRELOAD=$PWD/double.so '$run' '$tmp/cut' 2>&1 | grep -v '^atcp-run:'"

cp ./makes "$tmp/setuid"
if [ "$(id -u)" = 0 ] && chown 65534 "$tmp/setuid" && chmod 4755 "$tmp/setuid" &&
   ! findmnt -no OPTIONS -T "$tmp" | grep -q nosuid; then
	ok "set-user-ID: says why" status 126 'is set-user-ID' doubled "$tmp/setuid" one
	ok "set-user-ID, but privileges cannot be gained" status 0 '' \
		doubled setpriv --no-new-privs "$run" "$tmp/setuid" one
	chown 0:65534 "$tmp/setuid"
	chmod 2755 "$tmp/setuid"
	ok "set-group-ID: says why" status 126 'is set-user-ID or set-group-ID' \
		doubled "$tmp/setuid" one
	chown 0:0 "$tmp/setuid"
	chmod 4755 "$tmp/setuid"
	ok "set-user-ID of the same user runs" status 0 '' doubled "$tmp/setuid" one
else
	skip "set-user-ID" "needs root, and a file system without nosuid"
fi

# --- Where the library is found ----------------------------------------------------

prefix=$tmp/prefix
make -s -C "$tools" install "PREFIX=$prefix" >/dev/null 2>&1
: >"$DOUBLE_LOG"
ok "installed: the library in ../lib/atcp" same "$prefix/bin/../lib/atcp/libatcp-run.so" \
	"$(env LD_PRELOAD="$PWD/double.so" "$prefix/bin/atcp-run" sh -c 'echo ${LD_PRELOAD%%:*}')"
ok "installed: manual pages" ls "$prefix"/share/man/man1/atcp-run.1 \
	"$prefix"/share/man/man1/atcp-ss.1 "$prefix"/share/man/man1/atcp-fsm.1
ln -s "$prefix/bin/atcp-run" "$tmp/link"
ok "by a symbolic link" status 0 '' env LD_PRELOAD="$PWD/double.so" "$tmp/link" ./makes one
mkdir "$tmp/a b"
cp "$run" "$lib" "$tmp/a b"
ok "a path with a space: says so" status 72 'holds a colon or a space' \
	env LD_PRELOAD="$PWD/double.so" "$tmp/a b/atcp-run" true
mkdir "$tmp/alone"
cp "$run" "$tmp/alone"
if [ -e /usr/local/lib/atcp/libatcp-run.so ]; then
	skip "no library: says so" "it is installed in /usr/local"
else
	ok "no library: says so" status 72 'make -C tools' \
		env LD_PRELOAD="$PWD/double.so" "$tmp/alone/atcp-run" true
fi

# --- The real chain, with the number of another protocol ----------------------------

if "$run" -p 262 true 2>/dev/null; then
	ok "multipath TCP: flags" "$run" -p 262 ./makes flags
	ok "multipath TCP: SO_PROTOCOL says TCP" same "TCP 6 6
accepted 6 6" "$("$run" -p 262 ./makes protocol | head -2)"
	ok "multipath TCP: 100 threads" "$run" -p 262 ./makes threads 100 50
	ok "multipath TCP: children" "$run" -p 262 ./makes children
else
	skip "multipath TCP" "this kernel has none"
fi

tap_end
