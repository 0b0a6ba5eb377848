#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# scripts/conformance, over a small tree made here: what is as it should be passes,
# each fault put into it is found and named, and results are read for what they are.

cd "$(dirname "$0")" || exit 1
. ./tap.sh

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
conformance=$(cd ../../scripts && pwd)/conformance
top=$tmp/tree
tables=$top/Documentation/conformance

if ! command -v python3 >/dev/null; then
	skip "conformance" "python3 is not installed"
	tap_end
	exit
fi

# row FIELD...: a line of a table
row()
{
	printf '%s' "$1"
	shift
	[ $# = 0 ] || printf '\t%s' "$@"
	echo
}

tree()
{
	rm -rf "$top"
	mkdir -p "$tables" "$top/module" "$top/include" "$top/kunit" "$top/tests" \
		"$top/build/host" "$top/build/test-logs"
	{
		row id level ref status requirement code note
		row MUST-1 MUST 3.1 met "one" "" ""
		row MUST-2 MUST 3.1 met "by IP" "the kernel" ""
		row SHLD-3 SHOULD 3.1 later "not yet" "" "comes later"
		row R5961-RST1 MUST 3.2 partly "half" "" "the other half"
	} >"$tables/requirements.tsv"
	{
		row row state event guard next out result kind ref decision
		row ES-001 ESTABLISHED S.X always CLOSED none none norm 3.10 ""
		row ES-002 ESTABLISHED S.Y always CLOSED none none alt 3.10 "taken: so"
		row ES-003 ESTABLISHED S.Z always CLOSED none none alt 3.10 "not taken: so"
		row ES-004 ESTABLISHED S.W always CLOSED none none na 3.10 ""
	} >"$tables/states.tsv"
	{
		row id title ref
		row SC-01 "a talk" 3.5
	} >"$tables/scenarios.tsv"
	echo '| D-01 | a doubt | so | so |' >"$tables/choices.md"
	cat >"$top/module/a.c" <<-'END'
	/*
	 * A file.
	 */

	#define MOST	7	/* D-01 */

	/* [MUST-1] */
	static int first(int x)
	{
		return x;
	}

	int second(int x)
	{
		return x;	/* [R5961-RST1] D-01 */
	}
	END
	cat >"$top/kunit/a_test.c" <<-'END'
	/*
	 * A suite.
	 */

	/* [MUST-1] */
	static const struct row shape_rows[] = {
		{ "ES-001" },
	};

	ROWS(shape);
	EACH_ROW(shape)
	{
	}

	/* R5961-RST1 */
	static void other(struct kunit *test)
	{
	}

	TRIAL_SUITE(a, cases);
	END
	cat >"$top/kunit/shared.c" <<-'END'
	/*
	 * What suites share: R5961-RST1
	 */
	END
	cat >"$top/tests/b_test.py" <<-'END'
	# [MUST-2]
	@wire("by IP", FAMILIES)
	def _(net):
	    pass


	@alone("a talk [ES-002 SC-01]")
	def _():
	    pass
	END
	cat >"$top/build/host/kunit.ktap" <<-'END'
	KTAP version 1
	1..1
	        ok 1 ES-001
	    ok 1 atcp_a.shape
	    ok 2 atcp_a.other
	ok 1 atcp_a # 2 cases
	END
	cat >"$top/build/test-logs/uml-1-b_test.py.log" <<-'END'
	1..3
	ok 1 - by IP, IPv4
	ok 2 - by IP, IPv6
	ok 3 - a talk [ES-002 SC-01]

	@@ end 0 1 tests/b_test.py
	END
}

# said STATUS PATTERN [OPTION...]: exit status, and a line that it printed
said()
{
	want=$1 pattern=$2
	shift 2
	text=$("$conformance" --top "$top" "$@" 2>&1)
	same "$want" $? && has "$text" "$pattern"
}

# result REQUIREMENT-OR-ROW WORD: the last result in the matrix
result()
{
	"$conformance" --top "$top" --output "$tmp/matrix.md" >"$tmp/out" 2>&1
	has "$(grep -F -e "**$1**" -e "| $1 |" "$tmp/matrix.md")" "\\| $2 \\|\$"
}

# fault DESCRIPTION PATTERN FILE SED-EXPRESSION: a fault is found, and no other
fault()
{
	tree
	sed -i -E "$4" "$top/$3"
	ok "$1" one_fault "$2"
}

one_fault()
{
	said 1 "$1" --check && said 1 '^1 faults$' --check
}

tree
ok "nothing is wrong" said 0 '^4 requirements: 2 met, 1 partly,.* 1 later' --check
ok "rows are counted" said 0 '^4 rows, of which 2 are to be shown: 1 in kunit, 1 in guests' --check

d=Documentation/conformance
fault "a tag in the code that names nothing" '^module/a.c: first: MUST-99 names nothing' \
	module/a.c 's/\[MUST-1\]/[MUST-1] [MUST-99]/'
fault "a tag in a suite that names nothing" '^kunit/a_test.c: other: R5961-RST9 names nothing' \
	kunit/a_test.c 's/R5961-RST1/R5961-RST1 R5961-RST9/'
fault "a row in a suite that is none" '^kunit/a_test.c: shape: ES-999 names nothing' \
	kunit/a_test.c 's/"ES-001"/"ES-001", "ES-999"/'
fault "a row in a test that is none" '^tests/b_test.py: a talk .*: CW-001 names nothing' \
	tests/b_test.py 's/ES-002/ES-002 CW-001/'
fault "a choice that is none" '^module/a.c: second: D-02 names nothing' \
	module/a.c '/return/s/D-01/D-02/'
fault "a tag of a macro" '^module/a.c: MOST: D-03 names nothing' \
	module/a.c '/MOST/s/D-01/D-03/'
fault "a tag of what is said to come later" '^module/a.c: first: SHLD-3 is said to be later' \
	module/a.c 's/\[MUST-1\]/[MUST-1] [SHLD-3]/'
fault "a row that is said not to be taken" '^kunit/a_test.c: shape: ES-003 is said to be not taken' \
	kunit/a_test.c 's/"ES-001"/"ES-001", "ES-003"/'
fault "a requirement without code" '^MUST-1: no code has this tag: one' \
	module/a.c 's/\[MUST-1\]//'
fault "a requirement without a test" '^MUST-1: no test has this tag: one' \
	kunit/a_test.c 's/\[MUST-1\]//'
fault "one that others meet, without a test" '^MUST-2: no test has this tag: by IP' \
	tests/b_test.py 's/\[MUST-2\]//'
fault "a row that no test claims" '^ES-001: no test claims this row' \
	kunit/a_test.c '/"ES-001"/d'
fault "a row that was chosen, and no test claims" '^ES-002: no test claims this row' \
	tests/b_test.py 's/ES-002//'
fault "a scenario that no test claims" '^SC-01: no test claims this scenario: a talk' \
	tests/b_test.py 's/SC-01//'
fault "a requirement that stands twice" '^requirements.tsv:4: MUST-1 stands there twice' \
	$d/requirements.tsv '/^SHLD-3/s/SHLD-3/MUST-1/'
fault "a status that is none" '^requirements.tsv: SHLD-3: no such status: soon' \
	$d/requirements.tsv 's/later\t/soon\t/'
fault "no word on why" '^requirements.tsv: SHLD-3: later, but not why' \
	$d/requirements.tsv 's/comes later//'
fault "a line cut short" '^requirements.tsv:4: 6 fields of 7' \
	$d/requirements.tsv '/^SHLD-3/s/\tcomes later//'
fault "a row without a decision" "^states.tsv: ES-003: alt, and the decision is ''" \
	$d/states.tsv 's/not taken: so//'
fault "a row of no kind" '^states.tsv: ES-004: no such kind: nought' \
	$d/states.tsv 's/\tna\t/\tnought\t/'

tree
sed -i '1i # conformance: no claims' "$top/tests/b_test.py"
ok "a file that claims nothing" said 1 '^SC-01: no test claims' --check

tree
ok "with results" said 0 '^Last results: 3 passed' --output "$tmp/matrix.md"
ok "of a suite's case" result MUST-1 passed
ok "of a row in a suite" result ES-001 passed
ok "of a case in guests" result MUST-2 passed
ok "of a row in guests" result ES-002 passed
ok "where the code is" has "$(cat "$tmp/matrix.md")" \
	'^\| \*\*MUST-1\*\*.* \| module/a.c: first \| kunit/a_test.c: shape \|'
ok "who else meets it" has "$(cat "$tmp/matrix.md")" \
	'^\| \*\*MUST-2\*\*.* \| the kernel \| tests/b_test.py: by IP \|'
ok "what is left out says why" has "$(cat "$tmp/matrix.md")" \
	'^\| ES-003 .*\*not taken: so\*'

sed -i 's/^ok 2 - by IP/not ok 2 - by IP/' "$top/build/test-logs/uml-1-b_test.py.log"
ok "one of two failed" result MUST-2 FAILED
ok "and so did it all" said 1 '^Last results: 1 FAILED, 2 passed' --output "$tmp/matrix.md"
sed -i 's/^\(not \)*ok \(.\) - by IP.*/ok \2 - by IP # SKIP no IP/' \
	"$top/build/test-logs/uml-1-b_test.py.log"
ok "skipped is not passed" result MUST-2 skipped
rm "$top/build/test-logs/uml-1-b_test.py.log"
ok "what did not run" result MUST-2 "not run"
sed -i 's/ok 1 ES-001/not ok 1 ES-001/' "$top/build/host/kunit.ktap"
ok "a row that failed" result ES-001 FAILED
tree
sed -i '/^\/\* R5961-RST1/d' "$top/kunit/a_test.c"
ok "what suites share counts with all of them" result R5961-RST1 passed
sed -i 's/ok 1 atcp_a.shape/not ok 1 atcp_a.shape/' "$top/build/host/kunit.ktap"
ok "and fails with any" result R5961-RST1 FAILED
tree
cat >"$top/build/test-logs/kunit.log" <<-'END'
	KTAP version 1
	1..1
	    KTAP version 1
	    # Subtest: atcp_a
	    1..2
	        KTAP version 1
	        # Subtest: shape
	        ok 1 ES-001
	    # shape: pass:1 fail:0 skip:0 total:1
	    ok 1 shape
	    not ok 2 other
	# atcp_a: pass:1 fail:1 skip:0 total:2
	not ok 1 atcp_a
END
rm "$top/build/host/kunit.ktap"
ok "KUnit's own output: a row" result ES-001 passed
ok "KUnit's own output: a case that failed" result R5961-RST1 FAILED

tap_end
