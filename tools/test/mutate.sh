#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The mutants that scripts/mutate tries, over sample/mutate.in: that each changes what
# it says and nothing else, and which are chosen.

cd "$(dirname "$0")" || exit 1
. ./tap.sh

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
scripts=$(cd ../../scripts && pwd)

for need in python3 cc; do
	command -v $need >/dev/null && continue
	skip "mutants" "$need is not installed"
	tap_end
	exit
done

# of CODE: Python, with the mutants of the sample as "found" and its text as "source"
of()
{
	PYTHONPATH=$scripts PYTHONDONTWRITEBYTECODE=1 python3 - "$tmp" <<END
import sys
from pathlib import Path
import mutants
source = Path("sample/mutate.in").read_text()
found = mutants.generate("mutate.c", source)
$1
END
}

of 'for m in found: print(f"{m.line}: {m.name}")' >"$tmp/names"

# sample/mutate.names was read line by line: all that should be there, and no more.
ok "the mutants of the sample" diff sample/mutate.names "$tmp/names"
ok "the same each time" diff "$tmp/names" - <<END
$(of 'for m in found: print(f"{m.line}: {m.name}")')
END
ok "no two with one name" same "" "$(cut -d' ' -f2- "$tmp/names" | sort | uniq -d)"
ok "no two with one text, none as it was" of '
texts = [m.apply(source) for m in found]
assert len(set(texts)) == len(texts) and source not in texts'
ok "lines keep their numbers" of '
for m in found:
    assert m.apply(source).count("\n") == source.count("\n"), m.name'
ok "nothing changes outside the lines named" of '
for m in found:
    new, last = m.apply(source), m.line + source[m.start:m.end].count("\n")
    assert new.split("\n")[:m.line - 1] == source.split("\n")[:m.line - 1], m.name
    assert new.split("\n")[last:] == source.split("\n")[last:], m.name'
ok "comments, strings and types stay" of '
kept = [m.group() for m in mutants.TOKEN.finditer(source)
        if m.lastgroup in ("string", "directive", "define") or m.group()[:2] in ("/*", "//")]
for m in found:
    for text in kept:
        assert text in m.apply(source) or text in source[m.start:m.end], (m.name, text)'
ok "all of them compile" of '
import subprocess
files = [Path(sys.argv[1]) / f"{i}-of-line-{m.line}.c" for i, m in enumerate(found)]
for file, m in zip(files, found):
    file.write_text(m.apply(source))
assert not subprocess.run(["cc", "-w", "-fsyntax-only", *files]).returncode'

# --- What is chosen, of the core --------------------------------------------------

mutate=$scripts/mutate
"$mutate" --list >"$tmp/all"
files=$(find ../../module/core -name '*.c' | wc -l)
number=$((5 * files))
"$mutate" --list --number $number --seed 7 >"$tmp/seven"

# spread LIST: of how many files, the fewest of one, the most of one
spread()
{
	cut -d: -f1 "$1" | sort | uniq -c | awk 'NR == 1 { a = b = $1 }
		$1 < a { a = $1 } $1 > b { b = $1 } END { print NR, a, b }'
}

ok "--all is all" same "$(cat "$tmp/all")" "$("$mutate" --list --all)"
ok "more than 2000 in all" test "$(wc -l <"$tmp/all")" -gt 2000
ok "--number: so many" same $number "$(wc -l <"$tmp/seven")"
ok "--number: of all files alike" same "$files 5 5" "$(spread "$tmp/seven")"
ok "--number: all of them known" same "" "$(grep -vxFf "$tmp/all" "$tmp/seven")"
ok "--seed: the same again" same "$(cat "$tmp/seven")" \
	"$("$mutate" --list --number $number --seed 7)"
ok "--seed: others" test "$(cat "$tmp/seven")" != "$("$mutate" --list --number $number --seed 8)"
ok "--file: of that file only" same "1 7 7" \
	"$("$mutate" --list --file rto.c --number 7 >"$tmp/rto" && spread "$tmp/rto")"

tap_end
