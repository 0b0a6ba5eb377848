#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# atcp-plot, over sample/probe: what it reads, lists, computes and has drawn.  The
# sample has sixty events of atcp_probe, of a connection with two losses, and
# twenty-five of tcp_probe.

# shellcheck disable=SC2016 # expressions of awk

cd "$(dirname "$0")" || exit 1
. ./tap.sh

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
plot=$(cd .. && pwd)/atcp-plot

if ! command -v python3 >/dev/null; then
	skip "atcp-plot" "python3 is not installed"
	tap_end
	exit
fi

# status EXPECTED PATTERN COMMAND...: exit status, and a line that it printed
status()
{
	want=$1 pattern=$2
	shift 2
	text=$("$@" 2>&1)
	got=$?
	same "$want" "$got" && has "$text" "$pattern"
}

# column NAME: of --csv, read from standard input
column()
{
	awk -F , -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at[name] }'
}

# event TIME SND_UNA SRTT RECOVERY: one of atcp_probe
event()
{
	echo " x-1 [000] ..s.. $1: atcp_probe: family=AF_INET6 saddr=fd00::1 sport=80 daddr=fd00::2" \
		"dport=9 state=1 ctl=0x10 seg_seq=1 seg_ack=1 seg_len=0 snd_una=$2 snd_nxt=$2" \
		"snd_wnd=9 rcv_nxt=1 rcv_wnd=1 cwnd=14480 ssthresh=4294967295 flight=0 mss=1448" \
		"srtt=$3 rtt=0 recovery=$4 backoff=0 retrans=0 pacing=125000 cc=reno netns=1"
}

# --- The list -----------------------------------------------------------------------

"$plot" --list sample/probe >"$tmp/list"
ok "list: a connection of each stack, and a header" same 3 "$(wc -l <"$tmp/list")"
ok "list: one of atcp" same \
	"atcp cubic 60 0.446 129248 19046 22.135 2 0.043 10.1.0.1:60922 > 10.3.0.2:5201" \
	"$(sed -n 2p "$tmp/list" | tr -s ' ')"
ok "list: one of the kernel, whose segments are octets" same \
	"kernel - 25 0.097 37648 14480 23.723 0 0.000 10.1.0.1:54994 > 10.3.0.2:5201" \
	"$(sed -n 3p "$tmp/list" | tr -s ' ')"
ok "list: with another size of segments" has "$("$plot" --list --mss 1000 sample/probe)" \
	'^kernel .* 10000 .*10.1.0.1:54994'
ok "standard input" same "$(cat "$tmp/list")" "$("$plot" --list - <sample/probe)"
sed 's/: \(atcp_probe\|tcp_probe\):/:  \1:       /; s/\[000\] [^ ]* /[000] /' sample/probe >"$tmp/report"
ok "the text of trace-cmd report" same "$(cat "$tmp/list")" "$("$plot" --list "$tmp/report")"
grep atcp_probe sample/probe >"$tmp/one"
grep tcp_probe sample/probe | grep -v atcp_probe >"$tmp/two"
ok "two files are one trace" same "$(cat "$tmp/list")" "$("$plot" --list "$tmp/one" "$tmp/two")"
ok "connections are chosen by name" same 2 "$("$plot" --list -c :60922 sample/probe | wc -l)"
ok "a connection that is not there" status 65 'no connection has ":1 "' \
	"$plot" --list -c ':1 ' sample/probe
ok "other namespaces are other connections" same 3 \
	"$({ event 1.0 1 1000 open; event 1.1 1 1000 open | sed s/netns=1/netns=2/; } |
	"$plot" --list - | wc -l)"

# --- The samples ----------------------------------------------------------------------

"$plot" --csv sample/probe >"$tmp/csv"
ok "csv: a line for each event, and a header" same 86 "$(wc -l <"$tmp/csv")"
ok "csv: time begins with the first event" same 0.000000 "$(column time <"$tmp/csv" | head -n 1)"
ok "csv: no ssthresh before a loss" same "" "$(column ssthresh <"$tmp/csv" | head -n 1)"
ok "csv: ssthresh after one" same 7462 "$(column ssthresh <"$tmp/csv" | sed -n 60p)"
ok "csv: the states of recovery" same "fast-recovery open" \
	"$(column recovery <"$tmp/csv" | sort -u | xargs)"
{
	event 10.000000 4294966296 100000 open
	event 10.050000 4294967196 100000 open
	event 10.100000 1000 100000 fast-recovery
	event 10.200000 1000 100000 loss
	event 10.300000 3000 100000 open
} >"$tmp/wraps"
ok "octets acknowledged, over the wrap of sequence numbers" same "0 900 2000 2000 4000" \
	"$("$plot" --csv "$tmp/wraps" | column acked | xargs)"
ok "rates are taken over the last round trip" same "0 18000 20000 0 20000" \
	"$("$plot" --csv "$tmp/wraps" | column delivery | xargs)"
ok "time in recovery" has "$("$plot" --list "$tmp/wraps")" ' 0.200  \[fd00::1\]:80 > \[fd00::2\]:9$'
{
	event 10.400000 2000 100000 open
} >>"$tmp/wraps"
ok "an event out of order takes nothing back" same 4000 \
	"$("$plot" --csv "$tmp/wraps" | column acked | tail -n 1)"

# --- The drawing -------------------------------------------------------------------------

"$plot" --script sample/probe >"$tmp/script"
ok "script: three panels for each connection" same 6 "$(grep -c '^plot' "$tmp/script")"
ok "script: each loss is shaded" same 2 "$(grep -c 'object rectangle.*#ffe8c0' "$tmp/script")"
ok "script: from where it began to where it ended" has "$(cat "$tmp/script")" \
	'from first 0.026110, graph 0 to first 0.047322, graph 1'
ok "script: no ssthresh where there was none" same 0 \
	"$(event 1.0 1 1000 open | "$plot" --script - | grep -c 'title "ssthresh"')"
ok "script: the pacing rate where there is one" same 1 \
	"$(event 1.0 1 1000 open | "$plot" --script - | grep -c 'title "pacing"')"
ok "script: none where there is none" same 0 "$(grep -c 'title "pacing"' "$tmp/script")"
ok "script: so many connections as asked for" same 3 \
	"$("$plot" --script -n 1 sample/probe | grep -c '^plot')"
ok "script: one axis of time" same 1 "$(grep -c '^0.746093 0 ' "$tmp/script")"
ok "script: an axis for each" same 2 "$("$plot" --script -e sample/probe | grep -c '^0.000000 0 ')"
ok "script: a name cannot end its string" has "$("$plot" --script --title 'a"b\c' sample/probe)" \
	"title \"a'b/c\"$"

if command -v gnuplot >/dev/null; then
	ok "SVG to standard output" has "$("$plot" sample/probe | head -n 5)" '<svg'
	"$plot" -o "$tmp/out.png" sample/probe
	ok "PNG to a file" same 'PNG' "$(head -c 4 "$tmp/out.png" | tail -c 3)"
	ok "nothing is left beside it" same out.png "$(cd "$tmp" && echo out.png*)"
	ok "a place that cannot be written" status 73 'cannot write' \
		"$plot" -o "$tmp/none/x.svg" sample/probe
else
	skip "drawings" "gnuplot is not installed"
fi
mkdir "$tmp/bin"
ln -s "$(python3 -c 'import sys; print(sys.executable)')" "$tmp/bin/python3"
ok "without gnuplot it says what is missing" status 69 'gnuplot is not installed' \
	env PATH="$tmp/bin" "$plot" sample/probe

# --- What is wrong -------------------------------------------------------------------------

ok "a text without events" status 65 'no event atcp_probe' "$plot" --list /dev/null
ok "a file that is not there" status 69 'no such file' "$plot" --list "$tmp/nothing"
sed 's/cwnd=[0-9]* //' sample/probe >"$tmp/lacks"
ok "an event that lacks a field" status 65 'lacks:4: atcp_probe without a good .cwnd' \
	"$plot" --list "$tmp/lacks"
sed 's/flight=[0-9]*/flight=many/' sample/probe >"$tmp/words"
ok "a field that is no number" status 65 "words:4: atcp_probe without a good .*many" \
	"$plot" --list "$tmp/words"
ok "an output of another kind" status 64 'neither .svg nor .png' "$plot" -o x.jpg sample/probe
ok "two outputs at once" status 64 'not allowed' "$plot" --list --csv sample/probe
ok "a number that is none" status 64 'is not a number' "$plot" -n 0 sample/probe
ok "the module has each field that is read" sh -c '
	for f in saddr sport daddr dport snd_una snd_nxt snd_wnd cwnd ssthresh flight srtt rtt \
		recovery backoff retrans pacing cc netns; do
		grep -q " $f=%" ../../module/trace.h || { echo "$f"; exit 1; }
	done'
ok "the manual has each option" sh -c '
	for o in $("$1" --help | grep -Eo -e "--[a-z]+" | sort -u); do
		grep -q -e "Fl -${o#--}\\|, -${o#--}\\|Fl -${o#--}" ../atcp-plot.1 || { echo "$o"; exit 1; }
	done' sh "$plot"

tap_end
