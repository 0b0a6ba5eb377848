// SPDX-License-Identifier: GPL-2.0
/*
 * tsc-khz: prints the frequency of this machine's time stamp counter in kHz.
 *
 * An emulated guest sees the host's counter, but cannot measure it: under load
 * its own clocks come late.  scripts/vm tells it instead.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define NS_PER_S 1000000000LL

static long long now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return t.tv_sec * NS_PER_S + t.tv_nsec;
}

int main(void)
{
	struct timespec pause = { 0, NS_PER_S * 3 / 10 };
	unsigned long long from, to;
	long long began, ns;

	began = now();
	from = __rdtsc();
	nanosleep(&pause, NULL);
	ns = now() - began;
	to = __rdtsc();
	printf("%llu\n", (to - from) * 1000000ULL / ns);
	return 0;
}
