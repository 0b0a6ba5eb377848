# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
#
# The Test Anything Protocol for the scripts here, which read this file. A test
# is a command: its output is shown, as comments, only when it fails.

tap_n=0
tap_failed=0

# ok DESCRIPTION COMMAND [ARG...]
ok()
{
	tap_what=$1
	shift
	tap_n=$((tap_n + 1))
	if tap_out=$("$@" 2>&1); then
		echo "ok $tap_n - $tap_what"
	else
		echo "not ok $tap_n - $tap_what"
		printf '%s\n' "$tap_out" | sed 's/^/#   /'
		tap_failed=$((tap_failed + 1))
	fi
}

# skip DESCRIPTION REASON
skip()
{
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# same EXPECTED ACTUAL: both texts are equal
same()
{
	[ "$1" = "$2" ] && return
	printf 'expected:\n%s\nactual:\n%s\n' "$1" "$2"
	return 1
}

# has TEXT PATTERN: a line of the text matches the extended expression
has()
{
	printf '%s\n' "$1" | grep -Eq -e "$2" && return
	printf 'no match for: %s\nin:\n%s\n' "$2" "$1"
	return 1
}

tap_end()
{
	echo "1..$tap_n"
	[ "$tap_failed" = 0 ]
}
