/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of BBR share: connections of path.c, brought to a state by what
 * happens to them.
 */
#ifndef _ATCP_BBR_PATH_H
#define _ATCP_BBR_PATH_H

#include <atcp/bbr.h>
#include "path.h"

#define SECOND	1000000ULL		/* microseconds */
#define MSEC	1000ULL
#define RTT	20000

static inline struct atcp_bbr *bbr_of_flow(struct path_flow *f)
{
	return (struct atcp_bbr *)f->cc.priv;
}

static inline bool run_to(struct path *p, struct path_flow *f, enum atcp_bbr_state state)
{
	return path_until(p, 30 * SECOND, bbr_of_flow(f)->state == state);
}

/* A sender that has found out about the path. */
static inline struct path_flow *to_probe_bw(struct path *p)
{
	struct path_flow *f = path_flow(p, "bbr", 0);

	KUNIT_ASSERT_TRUE(p->test, path_until(p, 60 * SECOND, bbr_of_flow(f)->state ==
					      ATCP_BBR_PROBE_BW_CRUISE));
	return f;
}

/* Octets a second, in the next @us. */
static inline u64 rate_in(struct path *p, const struct path_flow *f, u64 us)
{
	u64 before = f->octets;

	path_run(p, us);
	return div64_u64((f->octets - before) * 1000000, us);
}

/* What the pacing margin of 1 % and probing leave. */
static inline u64 full(const struct path *p)
{
	return div_u64(p->rate * 92, 100);
}

/*
 * What a case notes on each ACK: how often each state was entered, and extremes.
 */
struct seen {
	u8 last;
	u32 entered[ATCP_BBR_NONE];
	u32 rounds_of_startup;
	u32 least_cwnd_in_probe_rtt;
	u32 most_queue;
};

struct seen *bbr_watch(struct path *p);

static inline void within(struct kunit *test, u64 value, u64 wanted, unsigned int percent)
{
	KUNIT_EXPECT_GE(test, value * 100, wanted * (100 - percent));
	KUNIT_EXPECT_LE(test, value * 100, wanted * (100 + percent));
}

#endif /* _ATCP_BBR_PATH_H */
