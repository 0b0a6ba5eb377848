/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the suites of the core share: a connection under test and its peer.
 *
 * A trial is one TCB, a clock and a scripted peer.  Sequence numbers in tests
 * are relative: ours count from our ISS, the peer's from the peer's, so the
 * first octet of text is number 1 on either side.  Segments are literals,
 *
 *	arrive(t, SEG(ACK, .seq = 1, .ack = 1, .text = 100));
 *	expect(t, ATCP_ESTABLISHED, .deliver = 100);
 *	sent(t, SEG(ACK, .seq = 1, .ack = 101));
 *	sent_no_more(t);
 *
 * and every event checks the invariants of invariants.c as it ends.  The
 * states are reached by events alone, never by writing fields.
 */
#ifndef _ATCP_TEST_H
#define _ATCP_TEST_H

#include <kunit/test.h>
#include <linux/types.h>
#include <atcp/tcb.h>
#include <atcp/wire.h>
#include <atcp/rto.h>
#include "invariants.h"

/* Short names for the literals. */
enum {
	FIN = ATCP_FIN,
	SYN = ATCP_SYN,
	RST = ATCP_RST,
	PSH = ATCP_PSH,
	ACK = ATCP_ACK,
	URG = ATCP_URG,
	ECE = ATCP_ECE,
	CWR = ATCP_CWR,
	AE = ATCP_AE,
};

#define ZERO_WND	0x10000		/* a window field of 0; .wnd = 0: default */
#define UTO_ZERO	0x8000		/* .uto: an option of value 0 */
#define NO_BUFF		U32_MAX		/* RCV.BUFF of 0 */
#define PEER_WND	0x8000		/* what the peer offers unless told */
#define PEER_WSCALE	2
#define PEER_MSS	1000
#define TRIAL_MSS	1000		/* the path's */
#define TRIAL_BUFF	65536		/* RCV.BUFF */
#define TRIAL_OUTS	96
#define TRIAL_RUNS	64
#define TRIAL_START	(1000 * ATCP_USEC)

/**
 * struct seg - a segment literal, either way
 * @ctl:	control bits; PSH is compared only where the literal has it
 * @ecn:	enum atcp_ect of the IP header; compared always
 * @seq:	relative to its sender's ISS
 * @ack:	relative to its receiver's ISS
 * @text:	octets
 * @wnd:	window field; 0: PEER_WND when arriving, not compared when sent;
 *		ZERO_WND: 0
 * @up:		urgent pointer
 * @mss:	MSS option; 0: the default of the peer, or not compared
 * @tsval:	0: the peer's running clock, or not compared
 * @tsecr:	0: the last TSval seen, or not compared
 * @uto:	user timeout option as on the wire, 0: none; compared always
 * @bare:	no options, not even those that were agreed on
 * @gso:	size of the pieces of an aggregate
 * @acc_n:	fields of the AccECN option and one; 0: none, or not compared; see ACCECN()
 * @acc_order:	of its fields
 * @acc:	those
 * @n_sack:	blocks in @sack; compared always
 * @sack:	relative to the ISS of whose text it is about
 */
struct seg {
	u16 ctl;
	u8 ecn;
	u32 seq;
	u32 ack;
	u32 text;
	u32 wnd;
	u16 up;
	u16 mss;
	u16 uto;
	u32 tsval;
	u32 tsecr;
	bool bare;
	u16 gso;
	u8 acc_n;
	u8 acc_order;
	u32 acc[3];
	u8 n_sack;
	struct atcp_range sack[ATCP_MAX_SACK];
};

#define SEG(_ctl, ...)	(&(const struct seg){ .ctl = _ctl, ##__VA_ARGS__ })
#define BLOCKS(_n, ...)	.n_sack = _n, .sack = { __VA_ARGS__ }
#define ACCECN(_order, _n, ...)	\
	.acc_n = (_n) + 1, .acc_order = _order, .acc = { __VA_ARGS__ }
#define NO_ACCECN	.acc_n = U8_MAX

/**
 * struct world - what a trial is set in
 * @name:	for messages
 * @passive:	our side began in LISTEN
 * @iss:	ours
 * @irs:	the peer's
 * @start:	clock at the start, microseconds
 * @features:	ATCP_F_* that our side offers; the peer takes and offers all
 * @ecn:	enum atcp_ecn_policy of our side
 * @ipv6:	address family
 * @peer_plain:	the peer offers no option but MSS
 * @no_mss:	nor that
 * @buff:	RCV.BUFF, 0: TRIAL_BUFF
 * @peer_wnd:	window of the peer's SYN, 0: PEER_WND, or ZERO_WND
 * @mss:	of the path, 0: TRIAL_MSS
 * @fill:	octets that arrive as soon as it is ESTABLISHED, and stay unread
 * @text:	octets that we send then, and that stay unacknowledged
 */
struct world {
	const char *name;
	bool passive;
	u32 iss;
	u32 irs;
	u64 start;
	u8 features;
	u8 ecn;
	bool ipv6;
	bool peer_plain;
	bool no_mss;
	u32 buff;
	u32 peer_wnd;
	u16 mss;
	u32 fill;
	u32 text;
};

#define PLAIN		0
#define RICH		(ATCP_F_TIMESTAMPS | ATCP_F_WSCALE | ATCP_F_SACK | ATCP_F_DSACK)

/* Both origins, wrapping and not, with and without options. */
extern const struct world trial_worlds[];

bool next_world(const struct world **w);
bool next_ts_world(const struct world **w);
bool next_server(const struct world **w);
bool next_client(const struct world **w);

/* @w is NULL before and after. */
#define for_each_world(w)	for (; next_world(&(w));)

static inline bool has_ts(const struct world *w)
{
	return w->features & ATCP_F_TIMESTAMPS;
}

#define for_each_ts_world(w)	for (; next_ts_world(&(w));)
#define for_each_server(w)	for (; next_server(&(w));)
#define for_each_client(w)	for (; next_client(&(w));)

/**
 * struct want - effects that an event must have had; what is not named must
 *		 not have happened
 */
struct want {
	u16 error;
	u16 soft_error;
	u8 wake;		/* at least these */
	u32 take;		/* octets kept */
	u32 take_off;
	u32 deliver;
	u32 acked;
	bool flush;
	bool reopen;
};

struct trial {
	struct kunit *test;
	const char *label;
	int line;
	const struct world *world;
	struct atcp_tcb tcb;
	struct atcp_tcb was;		/* before the last event */
	struct atcp_sent runs[TRIAL_RUNS];
	struct atcp_fx fx;		/* of the last event */
	int ret;			/* of the last call */
	u64 now;
	u32 iss;
	u32 irs;
	u32 room;
	u32 peer_clock;			/* TSval of the next arrival */
	u32 seen_tsval;			/* of our last segment */
	bool peer_ts;			/* the peer puts timestamps in */
	bool lenient;			/* the invariants are the test's affair */
	unsigned int n_out;
	unsigned int n_read;
	struct atcp_out out[TRIAL_OUTS];
};

/* ---- making one ---- */

struct trial *trial_new(struct kunit *test, const struct world *world);
struct trial *trial_at(struct trial *t, int line);
struct trial *trial_in(struct kunit *test, const struct world *world,
		       enum atcp_state state);

/* The usual surroundings: RICH, passive origin, no wrap. */
struct trial *in_state(struct kunit *test, enum atcp_state state);
struct trial *plain_in(struct kunit *test, enum atcp_state state);

/* ---- events ---- */

void trial_arrive(struct trial *t, const struct seg *seg);
void trial_after(struct trial *t, u64 usec);
u64 trial_next(struct trial *t);
void trial_send(struct trial *t, u32 len, unsigned int flags);
void trial_receive(struct trial *t, u32 len);
void trial_close(struct trial *t);
void trial_abort(struct trial *t);
void trial_gone(struct trial *t, bool unread);
void trial_open_active(struct trial *t);
void trial_open_passive(struct trial *t);
void trial_icmp(struct trial *t, enum atcp_icmp kind, u32 seq, u16 error);
void trial_drain(struct trial *t);
void trial_begin(struct trial *t);
void trial_end(struct trial *t);

#define arrive(t, seg)		trial_arrive(trial_at(t, __LINE__), seg)
#define after(t, usec)		trial_after(trial_at(t, __LINE__), usec)
#define next_deadline(t)	trial_next(trial_at(t, __LINE__))
#define user_send(t, len)	trial_send(trial_at(t, __LINE__), len, 0)
#define user_urgent(t, len)	\
	trial_send(trial_at(t, __LINE__), len, ATCP_USER_URGENT)
#define user_receive(t, len)	trial_receive(trial_at(t, __LINE__), len)
#define user_close(t)		trial_close(trial_at(t, __LINE__))
#define user_abort(t)		trial_abort(trial_at(t, __LINE__))
#define user_gone(t, unread)	trial_gone(trial_at(t, __LINE__), unread)
#define icmp(t, kind, seq, error) \
	trial_icmp(trial_at(t, __LINE__), kind, seq, error)

#define MSEC(n)			((n) * ATCP_MSEC)
#define SEC(n)			((n) * ATCP_USEC)

/* ---- what they must have led to ---- */

void trial_expect(struct trial *t, enum atcp_state state, const struct want *want);
void trial_sent(struct trial *t, const struct seg *seg);
void trial_sent_no_more(struct trial *t);
void trial_sent_text(struct trial *t, u32 from, u32 to);
void trial_returned(struct trial *t, int ret);
void trial_unchanged(struct trial *t);
void trial_event(struct trial *t, enum atcp_event event, bool counted);
void trial_edge(struct trial *t, enum atcp_state from, enum atcp_state to,
		enum atcp_cause cause);
void trial_only_acked(struct trial *t);
void trial_only_dropped(struct trial *t);
void trial_refused(struct trial *t, int ret);

#define expect(t, state, ...) \
	trial_expect(trial_at(t, __LINE__), state, &(const struct want){ __VA_ARGS__ })
#define sent(t, seg)		trial_sent(trial_at(t, __LINE__), seg)
#define sent_no_more(t)		trial_sent_no_more(trial_at(t, __LINE__))
#define sent_text(t, from, to)	trial_sent_text(trial_at(t, __LINE__), from, to)
#define returned(t, ret)	trial_returned(trial_at(t, __LINE__), ret)
#define unchanged(t)		trial_unchanged(trial_at(t, __LINE__))
#define counted(t, event)	trial_event(trial_at(t, __LINE__), event, true)
#define edge(t, from, to, cause) \
	trial_edge(trial_at(t, __LINE__), from, to, cause)
#define only_acked(t)		trial_only_acked(trial_at(t, __LINE__))
#define only_dropped(t)		trial_only_dropped(trial_at(t, __LINE__))
#define nothing_happened(t, ret) trial_refused(trial_at(t, __LINE__), ret)
#define not_counted(t, event)	trial_event(trial_at(t, __LINE__), event, false)

/* Forgets what was sent so far. */
static inline void sent_whatever(struct trial *t)
{
	t->n_read = t->n_out;
}

/* SND.NXT, SND.UNA and RCV.NXT as a test counts them. */
static inline u32 snd_nxt(const struct trial *t)
{
	return t->tcb.snd.nxt - t->iss;
}

static inline u32 snd_una(const struct trial *t)
{
	return t->tcb.snd.una - t->iss;
}

static inline u32 rcv_nxt(const struct trial *t)
{
	return t->tcb.rcv.nxt - t->irs;
}

void trial_complain(struct trial *t, const char *what, const struct atcp_out *out);

__printf(2, 3)
void trial_fail(struct trial *t, const char *fmt, ...);

/* ---- rows of the state table ---- */

/**
 * struct row - a row of the table of states and events, named by its id, whose
 *		first letters name the state
 */
struct row {
	const char *id;
};

enum atcp_state row_state(const struct row *row);
void row_desc(const struct row *row, char *desc);

/* ROWS(shape) makes shape_rows[] the parameters of a case; see row_of(). */
#define ROWS(name)	KUNIT_ARRAY_PARAM(name, name##_rows, row_desc)

/*
 * After it, EACH_ROW(shape) { ... } is the case of shape_rows[]: its body runs
 * for each of them in each world, @t being in the state of the row.
 */
#define EACH_ROW(name)							\
	static void name##_row(struct kunit *test, struct trial *t);	\
	static void name(struct kunit *test)				\
	{								\
		trial_each_world(test, name##_row);			\
	}								\
	static void name##_row(struct kunit *test, struct trial *t)

#define ROW_CASE(name)	KUNIT_CASE_PARAM(name, name##_gen_params)

static inline const struct row *row_of(struct kunit *test)
{
	return test->param_value;
}

void trial_each_world(struct kunit *test,
		      void (*body)(struct kunit *test, struct trial *t));
struct trial *trial_row(struct kunit *test, const struct world *world);
struct trial *trial_shut(struct kunit *test, const struct world *world);
struct trial *trial_with_text(struct kunit *test, const struct world *world, u32 text);

void trial_exit(struct kunit *test);

/* Ends a file: its suite, named after the file of the core, or its subject. */
#define TRIAL_SUITE(_name, _cases)					\
	static struct kunit_suite _name##_suite = {			\
		.name = "atcp_" #_name,					\
		.exit = trial_exit,					\
		.test_cases = _cases,					\
	};								\
	kunit_test_suite(_name##_suite)

#endif /* _ATCP_TEST_H */
