// SPDX-License-Identifier: GPL-2.0
/*
 * Round-trip time and retransmission time-out, at their real width.
 *
 * Samples of every length up to a tenth of a second, and so on in steps of 61 us, from
 * each corner of what SRTT and RTTVAR can be; all small values together; every number
 * of time-outs.  Against RFC 6298 in 128 bits.  The
 * compiler's checks for overflow, of unsigned numbers too, are on.  SRTT and RTTVAR
 * never leave the corners' hull: what a sample makes of them is bounded by the
 * longest round trip that is believed.
 */

#define BITS	32
#include "../../../module/core/rto.c"
#include "small.h"

__extension__ typedef unsigned __int128 wide;

#define SANE	120000000ULL	/* microseconds: longer samples are not believed */

static const u32 corners[] = { 0, 1, 7, 8, 999, 1000, 1000000, SANE - 1, SANE };

static struct atcp_tcb tcb;

/* G is a millisecond, and rto_min no less, which then is least for 4 * RTTVAR. */
static void try_sample(u32 srtt, u32 var, u32 rtt)
{
	u32 least = 1000 * tcb.p.rto_min_ms;
	wide r = rtt ? rtt : 1, s = srtt, v = var, rto;

	tcb.rtt.srtt = srtt;
	tcb.rtt.rttvar = var;
	tcb.rtt.rto = 77;
	n_cases++;
	atcp_rto_sample(&tcb, rtt);
	if (rtt > SANE) {
		holds(tcb.rtt.srtt == srtt && tcb.rtt.rttvar == var && tcb.rtt.rto == 77,
		      "srtt %u rttvar %u sample %u", srtt, var, rtt);
		return;
	}
	if (srtt) {
		v = (3 * v + (s > r ? s - r : r - s)) / 4;
		s = (7 * s + r) / 8;
	} else {
		v = r / 2;
		s = r;
	}
	rto = s + (4 * v > least ? 4 * v : least);
	holds(tcb.rtt.srtt == (s ? s : 1) && tcb.rtt.rttvar == v && tcb.rtt.rto == rto,
	      "srtt %u rttvar %u sample %u", srtt, var, rtt);
	holds(tcb.rtt.srtt <= SANE && tcb.rtt.rttvar <= SANE,
	      "srtt %u rttvar %u sample %u", srtt, var, rtt);
}

/* (2.4), (2.5), (5.5); sysctl bounds rto_min_ms by a minute, rto_max_ms by an hour. */
static void try_backoff(u32 rto, u32 least, u32 most, unsigned int backoff)
{
	wide want = rto > 1000ULL * least ? rto : 1000ULL * least;
	unsigned int i;

	for (i = 0; i < backoff && want < 1000ULL * most; i++)
		want *= 2;
	if (want > 1000ULL * most)
		want = 1000ULL * most;
	tcb.rtt.rto = rto;
	tcb.p.rto_min_ms = least;
	tcb.p.rto_max_ms = most;
	n_cases++;
	holds(atcp_rto_backed_off(&tcb, backoff) == want,
	      "RTO %u between %u and %u ms after %u", rto, least, most, backoff);
}

static void try_backoffs(void)
{
	static const u32 rtos[] = { 1000, 1001, 200000, 3000000, 5 * SANE };
	static const u32 least[] = { 1, 200, 1000, 60000 };
	static const u32 most[] = { 60000, 120000, 3600000 };
	unsigned int i, j, k, n;

	for (i = 0; i < ARRAY_SIZE(rtos); i++)
		for (j = 0; j < ARRAY_SIZE(least); j++)
			for (k = 0; k < ARRAY_SIZE(most); k++)
				for (n = 0; n < 256; n++)
					try_backoff(rtos[i], least[j], most[k], n);
}

int main(void)
{
	u32 srtt, var, rtt;
	unsigned int i, j;

	tcb.p.rto_min_ms = 1;
	for (i = 0; i < ARRAY_SIZE(corners); i++)
		for (j = 0; j < ARRAY_SIZE(corners); j++) {
			for (rtt = 0; rtt <= SANE + 1000; rtt += rtt < 100000 ? 1 : 61)
				try_sample(corners[i], corners[j], rtt);
			try_sample(corners[i], corners[j], SANE);
			try_sample(corners[i], corners[j], SANE + 1);
			try_sample(corners[i], corners[j], U32_MAX);
		}
	tcb.p.rto_min_ms = 200;
	for (i = 0; i < ARRAY_SIZE(corners); i++)
		for (rtt = 0; rtt <= SANE; rtt += 997)
			try_sample(corners[i], corners[i], rtt);
	tcb.p.rto_min_ms = 1;
	for (srtt = 0; srtt < 256; srtt++)
		for (var = 0; var < 256; var++)
			for (rtt = 0; rtt < 256; rtt++)
				try_sample(srtt, var, rtt);
	try_backoffs();
	return report();
}
