#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# atcp-fsm, over sample/fsm: what it reads, prints and draws, and that nothing in
# the drawing lies on anything else.

# shellcheck disable=SC2016 # expressions of awk

cd "$(dirname "$0")" || exit 1
. ./tap.sh

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
fsm=$(cd .. && pwd)/atcp-fsm

if ! command -v python3 >/dev/null; then
	skip "atcp-fsm" "python3 is not installed"
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

# The sample with other counts: three awk expressions of the line number NR.
counts()
{
	awk "NR == 1 { print; next } { print \$1, \$2, $1, $2, $3, \$6 }" sample/fsm
}

# The row of an edge in the table, blanks squeezed.
row()
{
	awk -v from="$1" -v to="$2" '$1 == from && $2 == to { $1 = $1; print }'
}

# --- The table ------------------------------------------------------------------

"$fsm" --table sample/fsm >"$tmp/table"
ok "table: a row for each edge, a header, a sum" same 28 "$(wc -l <"$tmp/table")"
ok "table: an edge of the figure" same \
	"LAST-ACK CLOSED 24 - 1 yes 3.10.7.4,3.10.8" "$(row LAST-ACK CLOSED <"$tmp/table")"
ok "table: an edge outside it" same \
	"ESTABLISHED CLOSED 1 - - no 3.10.7.4,3.10.5,3.10.8" "$(row ESTABLISHED CLOSED <"$tmp/table")"
ok "table: an edge never taken" same \
	"LISTEN SYN-SENT - - - yes 3.10.2" "$(row LISTEN SYN-SENT <"$tmp/table")"
ok "table: the sum" same "18 of 20 edges of the figure and 3 of 6 edges outside it were \
taken, 280 times in all" "$(tail -1 "$tmp/table")"
ok "--taken: only those" same 23 "$("$fsm" --taken sample/fsm | wc -l)"
ok "standard input" same "$(cat "$tmp/table")" "$("$fsm" --table - <sample/fsm)"
ok "two files are added up" same "LAST-ACK CLOSED 48 - 2 yes 3.10.7.4,3.10.8" \
	"$("$fsm" --table sample/fsm sample/fsm | row LAST-ACK CLOSED)"
counts '$3 + 5' '$4' '$5' >"$tmp/later"
ok "--since: the difference" same "LAST-ACK CLOSED 5 - - yes 3.10.7.4,3.10.8" \
	"$("$fsm" --table --since sample/fsm "$tmp/later" | row LAST-ACK CLOSED)"
ok "--since: a capture that is not earlier" status 65 'not earlier' \
	"$fsm" --table --since "$tmp/later" sample/fsm
ok "an edge that the file lacks is never taken" same "LAST-ACK CLOSED - - - yes -" \
	"$(grep -v ^LAST-ACK sample/fsm | "$fsm" --table - | row LAST-ACK CLOSED)"

ok "the edge of the RFC's note 2 is of the figure where there is one" same \
	"FIN-WAIT-1 TIME-WAIT 7 - - yes 3.10.7.4" "$({ cat sample/fsm; \
	echo FIN-WAIT-1 TIME-WAIT 7 0 0 3.10.7.4; } | "$fsm" --table - | row FIN-WAIT-1 TIME-WAIT)"

# The table in the module's source, in the format of /proc/net/atcp_fsm.
{
	head -1 sample/fsm
	sed -n 's/^\t{ ATCP_\([A-Z_0-9]*\), *ATCP_\([A-Z_0-9]*\),.*"\(.*\)" },$/\1 \2 \3/p' \
		../../module/core/fsm.c | awk '{ gsub("_", "-"); print $1, $2, 0, 0, 0, $3 }'
} >"$tmp/module"
ok "the module's table is read" sh -c "[ \$(wc -l <'$tmp/module') -gt 20 ]"
ok "and has every edge of the figure" same 0 \
	"$("$fsm" --table "$tmp/module" | grep -c 'yes *-$')"

# --- What it refuses --------------------------------------------------------------

refused()
{
	what=$1 pattern=$2
	cat >"$tmp/bad"
	ok "refused: $what" status 65 "$pattern" "$fsm" "$tmp/bad"
}

refused "an empty file" 'first line' </dev/null
refused "no header" 'first line' <<END
CLOSED LISTEN 0 4 0 3.10.1
END
refused "a state that TCP has not" ':2: "OPEN" is not a state' <<END
from to segment call timer rfc
CLOSED OPEN 0 4 0 3.10.1
END
refused "a count that is none" ':2: a count' <<END
from to segment call timer rfc
CLOSED LISTEN 0 -4 0 3.10.1
END
refused "a field too few" ':3: 5 fields' <<END
from to segment call timer rfc
CLOSED LISTEN 0 4 0 3.10.1
CLOSED SYN-SENT 0 4 3.10.1
END
ok "no such file: status 69" status 69 'no such file' "$fsm" "$tmp/none"
if [ ! -e /proc/net/atcp_fsm ]; then
	ok "module not loaded: status 69, says so" status 69 'is the atcp module loaded' "$fsm"
fi
ok "unknown option: status 64" status 64 'usage' "$fsm" --nonsense
ok "a place that cannot be written: status 73" status 73 'cannot write' \
	"$fsm" -o "$tmp/none/x.svg" sample/fsm
ok "and no drawing is left of what is refused" \
	sh -c "'$fsm' -o '$tmp/left.svg' '$tmp/bad' 2>/dev/null; [ ! -e '$tmp/left.svg' ]"
ok "a pipe that closes early is no error" \
	same "" "$("$fsm" sample/fsm 2>&1 >/dev/null | head -1; "$fsm" sample/fsm 2>&1 | true)"

# --- The drawing --------------------------------------------------------------------

# The texts of an edge's label, in order, with bars between them.
label()
{
	python3 - "$1" "$2" <<-'END'
		import sys
		import xml.etree.ElementTree as ET
		svg = "{http://www.w3.org/2000/svg}"
		for group in ET.parse(sys.argv[1]).iter(svg + "g"):
		    if group.get("id") == sys.argv[2]:
		        print("|".join(node.text for node in group.iter(svg + "text")))
	END
}

"$fsm" -o "$tmp/sample.svg" sample/fsm
ok "drawing: cause, action and count of an edge" same "rcv FIN|snd ACK|25 segment" \
	"$(label "$tmp/sample.svg" ESTABLISHED_CLOSE-WAIT)"
ok "drawing: of several causes" same "CLOSE|delete TCB|2 segment|1 call|1 timer" \
	"$(label "$tmp/sample.svg" SYN-SENT_CLOSED)"
ok "drawing: of none" same "SEND|snd SYN|never" "$(label "$tmp/sample.svg" LISTEN_SYN-SENT)"
ok "drawing: grey and dashed, of edges never taken, 2 here and 3 in the list, and the legend" \
	same 6 "$(grep -c 'stroke-dasharray' "$tmp/sample.svg")"
ok "drawing: every state, and CLOSED twice" same "CLOSE-WAIT
CLOSED
CLOSED
CLOSING
ESTABLISHED
FIN-WAIT-1
FIN-WAIT-2
LAST-ACK
LISTEN
SYN-RECEIVED
SYN-SENT
TIME-WAIT" "$(sed -n 's/.*class="state[^>]*>\([A-Z0-9-]*\)<.*/\1/p' "$tmp/sample.svg" | LC_ALL=C sort)"
ok "drawing: the same on standard output" same "$(cat "$tmp/sample.svg")" "$("$fsm" sample/fsm)"
ok "drawing: the title is escaped" status 0 'class="title">a &lt;b&gt; &amp; c<' \
	"$fsm" --title 'a <b> & c' sample/fsm
ok "drawing and table together" same "$(cat "$tmp/table")" \
	"$("$fsm" -t -o "$tmp/both.svg" sample/fsm && cmp "$tmp/both.svg" "$tmp/sample.svg")"

for case in "nothing taken:0:0:0" "one of each:1:1:1" "large counts:1234567:123456:12345" \
	    "only timers:0:0:99999" "a mixture:NR % 3:NR % 2 * 70000:NR % 5"; do
	name=${case%%:*}
	IFS=: read -r _ segment call timer <<-END
		$case
	END
	counts "$segment" "$call" "$timer" | "$fsm" -o "$tmp/layout.svg" -
	ok "layout, $name: nothing lies on anything" ./layout.py "$tmp/layout.svg"
	{
		counts "$segment" "$call" "$timer"
		echo "FIN-WAIT-1 TIME-WAIT 40000 0 0 3.10.7.4"
	} | "$fsm" -o "$tmp/layout.svg" -
	ok "layout, $name, with the edge of note 2" ./layout.py "$tmp/layout.svg"
done

if command -v rsvg-convert >/dev/null; then
	ok "a renderer takes the drawing" sh -c "rsvg-convert '$tmp/sample.svg' -o '$tmp/x.png' &&
		[ -s '$tmp/x.png' ]"
else
	skip "a renderer takes the drawing" "rsvg-convert is not installed"
fi

tap_end
