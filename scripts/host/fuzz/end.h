/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection under fuzzing: a TCB together with what a user and a shell would
 * hold for it, and a model that knows what every octet must be.
 *
 * The octet at place n of a stream has the value octet_at(side, n), so that a
 * lost, repeated or misplaced octet is seen where it is delivered.
 */
#ifndef _FUZZ_END_H
#define _FUZZ_END_H

#include <linux/types.h>
#include <atcp/tcb.h>

#define STREAM_MAX	0x20000u	/* octets a side sends at most */

/* The bytes that a fuzz target was given, read one by one. */
struct input {
	const u8 *p;
	const u8 *end;
};

static inline u8 in8(struct input *in)
{
	return in->p < in->end ? *in->p++ : 0;
}

static inline u16 in16(struct input *in)
{
	u16 hi = in8(in);

	return (u16)(hi << 8 | in8(in));
}

static inline u32 in32(struct input *in)
{
	u32 hi = in16(in);

	return hi << 16 | in16(in);
}

#define FUZZ_RUNS	256

/**
 * struct end - one end
 * @tcb:	the core's
 * @was:	the TCB before the event that runs
 * @fx:		effects of the last event
 * @side:	which stream it sends
 * @queued:	octets given to SEND so far
 * @freed:	octets acknowledged, and freed, so far
 * @delivered:	octets that RCV.NXT moved over
 * @consumed:	octets that the user read
 * @error:	what the user was told, 0 or errno
 * @aborted:	one side gave up: not all need arrive
 * @high:	one past the highest place taken
 * @have:	by place, whether the octet was taken
 * @value:	octets taken, by place
 * @runs:	what the scoreboard of the TCB may be lent
 */
struct end {
	struct atcp_tcb tcb;
	struct atcp_tcb was;
	struct atcp_fx fx;
	int side;
	u32 queued;
	u32 freed;
	u32 delivered;
	u32 consumed;
	u16 error;
	bool aborted;
	u32 high;
	u8 have[STREAM_MAX + 0x20000];
	u8 value[STREAM_MAX + 0x20000];
	struct atcp_sent runs[FUZZ_RUNS];
};

/* A segment under way, with its text. */
struct packet {
	struct atcp_seg seg;
	u8 *text;
};

u8 octet_at(int side, u32 place);

void end_setup(struct end *e, int side, struct input *in);
void end_begin(struct end *e);
void end_done(struct end *e, const struct packet *packet);
bool end_next(struct end *e, u64 now, u32 room, struct atcp_out *out);
void end_arrive(struct end *e, const struct packet *packet, u32 iss, u32 room, u64 now);
void end_send(struct end *e, u32 len, unsigned int flags, u64 now);
void end_receive(struct end *e, u32 len, u64 now);
void end_close(struct end *e, u64 now);
void end_abort(struct end *e, u64 now);
void end_timeouts(struct end *e, u64 now);

__attribute__((noreturn)) __attribute__((__format__(printf, 1, 2)))
void broken(const char *fmt, ...);

extern bool fuzz_verbose;

#endif /* _FUZZ_END_H */
