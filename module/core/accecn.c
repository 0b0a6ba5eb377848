// SPDX-License-Identifier: GPL-2.0
/*
 * Accurate ECN: the receiver counts what arrives marked, and every ACK has the low
 * three bits of one of the counts in the flags AE, CWR and ECE; options have more.
 *
 * Owns tcb->ecn.acc.  What congestion makes of the window is ecn.c's.
 *
 * RFC 9768.
 */

#include <atcp/core.h>

#define ACE		(ATCP_AE | ATCP_CWR | ATCP_ECE)	/* side by side */
#define ACE_SHIFT	6
#define CYCLE		8	/* values of the ACE field */
#define FIELD_MASK	0xffffffU
#define HALF_FIELD	0x800000U
#define CEP_START	5	/* 3.2.1 */
#define EXB_START	1
#define UNTOLD_MAX	0x400000U	/* octets, 2^22: 3.2.3.3 */
#define REPEATS_MAX	2
#define OPTIONS_MAX	(ATCP_HDR_MAX - ATCP_HDR_MIN)

static u8 ace_of(u16 ctl)
{
	return (ctl & ACE) >> ACE_SHIFT;
}

static u16 flags_of(u32 ace)
{
	return (ace << ACE_SHIFT) & ACE;
}

/* How a SYN, or SYN,ACK, came, on its answer: tables 2 and 3. */
static const u8 handshake[] = {
	[ATCP_NOT_ECT] = 2,
	[ATCP_ECT_1] = 3,
	[ATCP_ECT_0] = 4,
	[ATCP_CE] = 6,
};

/* False for a value that tells nothing of it. */
static bool told_by(u8 ace, u8 *ecn)
{
	for (*ecn = 0; *ecn < ARRAY_SIZE(handshake); (*ecn)++)
		if (handshake[*ecn] == ace)
			return true;
	return false;
}

/* ---- the handshake: 3.1 ---- */

/**
 * atcp_accecn_asks() - does our SYN ask for it
 * @tcb:	the connection
 *
 * Return: true when it does.
 */
bool atcp_accecn_asks(const struct atcp_tcb *tcb)
{
	return tcb->p.ecn == ATCP_ACCECN_ASK;
}

/**
 * atcp_accecn_answers() - does a SYN ask for it, and do we agree
 * @tcb:	the connection
 * @seg:	the SYN
 *
 * Any mixture of the flags that had no meaning before asks for it.
 * Source: RFC 9768, 3.1.1 and 3.1.3. Return: true when both is so. [R9768-FORWARD]
 */
bool atcp_accecn_answers(const struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	u16 flags = seg->ctl & ACE;

	return tcb->p.ecn >= ATCP_ACCECN_ASK && flags && flags != (ATCP_CWR | ATCP_ECE);
}

static void begin(struct atcp_tcb *tcb)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;
	const struct atcp_accecn_counts start = {
		.cep = CEP_START, .e0b = EXB_START, .e1b = EXB_START,
	};

	acc->r = start;
	acc->s = start;
	acc->told = start;
	acc->cep_then = start.cep;
}

/**
 * atcp_accecn_syn_in() - a SYN asks for it, and we agree
 * @tcb:	the connection
 * @seg:	the SYN
 *
 * That it came marked is told on the SYN,ACK, and not counted.
 * Source: RFC 9768, 3.1.1 and 3.2.2.2. [R9768-INIT] [R9768-SYNCE]
 */
void atcp_accecn_syn_in(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	begin(tcb);
	tcb->ecn.acc.syn_ecn = seg->ecn & ATCP_CE;
}

static bool sends_options(const struct atcp_tcb *tcb)
{
	if (tcb->p.ecn_option == ATCP_ACCECN_OPTION_PERSIST)
		return true;
	return tcb->p.ecn_option != ATCP_ACCECN_OPTION_NEVER && !tcb->ecn.acc.no_option;
}

/* All fields, for the peer to see whether they pass. */
static void full_option(const struct atcp_accecn *acc, struct atcp_opts *opt)
{
	opt->have |= ATCP_OPT_ACCECN;
	opt->accecn = (struct atcp_accecn_opt) {
		.n = 3,
		.field = { acc->r.e0b & FIELD_MASK, acc->r.ceb & FIELD_MASK,
			   acc->r.e1b & FIELD_MASK },
	};
	if (atcp_wire_opt_len(opt) > OPTIONS_MAX)
		opt->have &= ~ATCP_OPT_ACCECN;
}

/**
 * atcp_accecn_syn_ack_out() - our SYN,ACK is being made
 * @tcb:	the connection, in AccECN mode
 * @out:	the segment; its other options are set
 *
 * The first has an option; the second has none, in case that was in the way; the third
 * has none of the flags either, and nothing is sent ECT then.
 * Source: RFC 9768, 3.1.1, 3.1.5 and 3.2.3.2.2.
 * [R9768-SYNACK] [R9768-SYNACKOPT] [R9768-SYNACKFB] [R9768-SERVERECT]
 */
void atcp_accecn_syn_ack_out(struct atcp_tcb *tcb, struct atcp_out *out)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;

	if (tcb->rec.retries >= 2 && tcb->p.features & ATCP_F_ECN_FALLBACK) {
		tcb->ecn.declined = 1;
		return;
	}
	out->ctl |= flags_of(handshake[acc->syn_ecn]);
	acc->sent_ecn = out->ecn;
	if (!acc->syn_acks && sends_options(tcb))
		full_option(acc, &out->opt);
	if (acc->syn_acks < U8_MAX)
		acc->syn_acks++;
}

/**
 * atcp_accecn_syn_again() - the peer's SYN came once more
 * @tcb:	the connection, in SYN-RECEIVED and AccECN or RFC 3168 mode
 * @seg:	the SYN
 *
 * The mode stays as the first SYN made it. What came with the last is told.
 * Source: RFC 9768, 3.1.5. Return: false when it asks for another mode, so that the two
 * ends could never be sure of one: the connection is to be reset.
 * [R9768-MODES] [R9768-RESET] [R9768-LATEST] [R9768-SERVERECT]
 */
bool atcp_accecn_syn_again(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	u16 flags = seg->ctl & ACE;

	if (tcb->ecn.mode == ATCP_ECN_RFC3168)
		return !atcp_accecn_answers(tcb, seg);
	if (flags == (ATCP_CWR | ATCP_ECE))
		return false;
	tcb->ecn.acc.syn_ecn = seg->ecn & ATCP_CE;
	if (!flags)
		tcb->ecn.declined = 1;
	return true;
}

/* RFC 3168, 18: none, or one that is not to be, of the changes of the field on its way. */
static bool was_mangled(u8 sent, u8 came)
{
	return (sent == ATCP_NOT_ECT) != (came == ATCP_NOT_ECT);
}

/*
 * What the peer tells of our SYN or SYN,ACK. One that was marked is congestion; one
 * whose field was mangled shows that fields are, so no more are set; but the marks
 * that come back may be true. [R9768-MANGLED] [R9768-SYNRESP]
 */
static void judge_handshake(struct atcp_tcb *tcb, u8 came)
{
	if (was_mangled(tcb->ecn.acc.sent_ecn, came))
		tcb->ecn.declined = 1;
	if (came == ATCP_CE)
		tcb->ecn.syn_ce = 1;
}

/* 3.2.3.2.4: counts that do not start at 0 came as 0. [R9768-OPTZERO] */
static void judge_option(struct atcp_tcb *tcb, const struct atcp_opts *opt)
{
	const struct atcp_accecn_opt *a = &opt->accecn;

	if (!(opt->have & ATCP_OPT_ACCECN))
		return;
	if ((a->n > 0 && !a->field[0]) || (a->n > 2 && !a->field[2]))
		tcb->ecn.acc.void_option = 1;
}

static void count_text(struct atcp_accecn *acc, u8 ecn, u32 text)
{
	switch (ecn) {
	case ATCP_ECT_1:
		acc->r.e1b += text;
		break;
	case ATCP_ECT_0:
		acc->r.e0b += text;
		break;
	case ATCP_CE:
		acc->r.ceb += text;
		break;
	default:
		return;
	}
	acc->counted |= 1 << ecn;
	if (ecn != acc->last || ecn == ATCP_CE)
		acc->demand = 2;
	acc->last = ecn;
}

/**
 * atcp_accecn_syn_ack_in() - the answer to a SYN that asked for it
 * @tcb:	the connection, in SYN-SENT
 * @seg:	the SYN,ACK
 *
 * A client may send ECT whatever other SYNs it had to send. The reserved answer agrees,
 * and tells nothing.
 * Source: RFC 9768, 3.1.2 and 3.1.3. Return: the mode. [R9768-CLIENT] [R9768-BROKEN]
 * [R9768-RESERVED] [R9768-INIT] [R9768-CLIENTECT]
 */
enum atcp_ecn_mode atcp_accecn_syn_ack_in(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;
	u8 ace = ace_of(seg->ctl);
	u8 came;

	if (ace == 0 || ace == 7)
		return ATCP_ECN_NONE;
	if (ace == 1)
		return ATCP_ECN_RFC3168;
	begin(tcb);
	tcb->ecn.declined = 0;
	if (told_by(ace, &came))
		judge_handshake(tcb, came);
	judge_option(tcb, &seg->opt);
	acc->encode = 1;
	acc->first = 1;
	acc->syn_ecn = seg->ecn & ATCP_CE;
	acc->tsval = seg->opt.tsval;
	if (seg->ecn == ATCP_CE)
		acc->r.cep++;
	if (seg->text)
		count_text(acc, seg->ecn, seg->text);
	return ATCP_ECN_ACCECN;
}

/**
 * atcp_accecn_syn_ack_again() - the peer has not had our ACK of its SYN,ACK
 * @tcb:	the connection, in a synchronized state
 * @seg:	the SYN,ACK, which is being answered
 *
 * [R9768-ENCODE] [R9768-LATEST]
 * Source: RFC 9768, 3.2.2.1 and 3.2.2.2.
 */
void atcp_accecn_syn_ack_again(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;

	if (tcb->ecn.mode != ATCP_ECN_ACCECN || tcb->passive || seg->seq != tcb->rcv.irs ||
	    (seg->ctl & (ATCP_SYN | ATCP_ACK)) != (ATCP_SYN | ATCP_ACK) || !(seg->ctl & ACE))
		return;
	acc->encode = !!(tcb->send & ATCP_SEND_ACK);
	acc->syn_ecn = seg->ecn & ATCP_CE;
	if (seg->ecn == ATCP_CE && acc->r.cep == CEP_START)
		acc->r.cep++;
}

/* ---- feedback that arrives: 3.2 ---- */

/* The peer does not count, or the count does not pass. [R9768-ZERO] */
static void believe_nothing(struct atcp_tcb *tcb)
{
	tcb->ecn.declined = 1;
	tcb->ecn.acc.ignore = 1;
}

/**
 * atcp_accecn_first_ack() - the segment that acknowledges our SYN,ACK
 * @tcb:	the connection, in SYN-RECEIVED
 * @seg:	the segment
 *
 * On a pure ACK the field tells how the SYN,ACK came, table 4; else it counts.
 * Source: RFC 9768, 3.2.2.1. [R9768-TABLE4] [R9768-FIRSTZERO]
 */
void atcp_accecn_first_ack(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;
	u8 ace = ace_of(seg->ctl);
	u8 came;

	if (tcb->ecn.mode != ATCP_ECN_ACCECN)
		return;
	judge_option(tcb, &seg->opt);
	acc->tsval = seg->opt.tsval;
	if (seg->text || seg->ctl & ATCP_FIN || seg->opt.n_sack) {
		acc->s.cep += (ace - CEP_START) & (CYCLE - 1);
		tcb->ecn.syn_ce = acc->s.cep != CEP_START;
	} else if (!ace) {
		believe_nothing(tcb);
	} else if (told_by(ace, &came)) {
		judge_handshake(tcb, came);
		acc->s.cep += came == ATCP_CE;
	}
}

/* A.1: an ACK that later ones have overtaken tells nothing. [R9768-SUPERSEDED] */
static bool is_news(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;
	bool later = tcb->opts_on & ATCP_OPT_TS && seg->opt.have & ATCP_OPT_TS &&
		     seq_gt(seg->opt.tsval, acc->tsval);

	if (!later && !seq_gt(seg->ack, tcb->snd.una))
		return false;
	if (later)
		acc->tsval = seg->opt.tsval;
	return true;
}

/* 3.2.3.1: by how much a count has grown; what seems to have shrunk did not grow. */
static u32 grown(u32 *count, u32 field)
{
	u32 delta = (field - *count) & FIELD_MASK;

	if (delta >= HALF_FIELD)
		return 0;
	*count += delta;
	return delta;
}

/* Return: false when the ACK tells nothing; @ceb: by how much s.ceb has grown. */
static bool read_option(struct atcp_tcb *tcb, const struct atcp_opts *opt, u32 *ceb)
{
	const struct atcp_accecn_opt *a = &opt->accecn;
	struct atcp_accecn *acc = &tcb->ecn.acc;

	*ceb = 0;
	if (!(opt->have & ATCP_OPT_ACCECN) || !a->n || acc->void_option)
		return false;
	grown(a->order ? &acc->s.e1b : &acc->s.e0b, a->field[0]);
	if (a->n > 1)
		*ceb = grown(&acc->s.ceb, a->field[1]);
	if (a->n > 2)
		grown(a->order ? &acc->s.e0b : &acc->s.e1b, a->field[2]);
	return true;
}

/*
 * 3.2.2.5.2 and A.2: the field may have cycled where more packets than it has values
 * are acknowledged. Then the most that is possible is taken for true, unless octets
 * are told, and so many packets would each have had less than half a segment.
 * [R9768-CYCLE]
 */
static u32 packets_marked(const struct atcp_tcb *tcb, u8 ace, u32 packets, bool told, u32 ceb)
{
	u32 mss = tcb->cc.mss;
	u32 least = (ace - tcb->ecn.acc.s.cep) & (CYCLE - 1);
	u32 most;

	if (packets < CYCLE)
		return least;
	most = packets - ((packets - least) & (CYCLE - 1));
	if (told && ceb <= least * mss && ceb < most * (mss / 2))
		return least;
	return most;
}

/*
 * 3.2.3.2.5: octets came marked, but no packet did.  The one or the other is a lie; if
 * it is sure that the field has not cycled, which many small segments would have done.
 * [R9768-CONSISTENT]
 */
static void compare(struct atcp_tcb *tcb, u32 ceb, u32 packets)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;

	if (ceb && acc->s.cep == acc->cep_then && !tcb->nodelay && packets + 2 < CYCLE)
		tcb->ecn.declined = 1;
	acc->cep_then = acc->s.cep;
}

/**
 * atcp_accecn_ack_in() - an acceptable segment with ACK, before SND.UNA moves
 * @tcb:	the connection, in AccECN mode
 * @seg:	the segment, no SYN
 * @now:	microseconds
 * @fx:		effects
 *
 * Source: RFC 9768, 3.2.2.2 to 3.2.2.5.2 and 3.2.3. [R9768-ACE] [R9768-OPTION]
 * [R9768-RESPOND] [R9768-ZERO]
 */
void atcp_accecn_ack_in(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
			struct atcp_fx *fx)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;
	u32 acked = seq_min(seg->ack, tcb->snd.nxt) - tcb->snd.una;
	u32 packets = DIV_ROUND_UP(acked, tcb->cc.mss);
	u8 ace = ace_of(seg->ctl);
	u32 marked, ceb;
	bool told;

	if (acc->ignore || !is_news(tcb, seg))
		return;
	if (!acc->tested && !ace) {
		believe_nothing(tcb);
		return;
	}
	acc->tested = 1;
	told = read_option(tcb, &seg->opt, &ceb);
	marked = packets_marked(tcb, ace, packets, told, ceb);
	acc->s.cep += marked;
	if (told)
		compare(tcb, ceb, packets);
	else				/* A.3: as if all were full */
		ceb = min_t(u64, (u64)marked * tcb->cc.mss, U32_MAX);
	if (marked || ceb)
		atcp_ecn_respond(tcb, seg->ack, ceb, now, fx);
}

/* ---- what arrives is counted: 3.2, 3.2.2.5.1 ---- */

/*
 * An ACK now: where marks begin, and after the second; after the third where nothing
 * waits to be acknowledged, if the peer can tell such an ACK from a duplicate.
 * [R9768-CHANGE] [R9768-INCREMENT]
 */
static bool calls_for_ack(const struct atcp_tcb *tcb, const struct atcp_seg *seg, bool was_ce)
{
	u8 pending = tcb->ecn.acc.pending;

	if (seg->text && !was_ce)
		return true;
	if (seg->text || tcb->rcv.unacked)
		return pending >= 2;
	return pending >= 3 && tcb->opts_on & ATCP_OPT_SACK_PERM;
}

/**
 * atcp_accecn_in() - an acceptable segment, with text or without
 * @tcb:	the connection
 * @seg:	the segment
 *
 * An aggregate counts for its pieces, which all came with the same field.
 * Source: RFC 9768, 3.2 and 3.2.2.5.1. [R9768-COUNT]
 */
void atcp_accecn_in(struct atcp_tcb *tcb, const struct atcp_seg *seg)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;
	u32 packets = seg->gso ? DIV_ROUND_UP(seg->text, seg->gso) : 1;
	bool ce = seg->ecn == ATCP_CE;
	bool was_ce = acc->was_ce;

	if (tcb->ecn.mode != ATCP_ECN_ACCECN)
		return;
	acc->was_ce = ce;
	if (seg->ecn != ATCP_NOT_ECT)
		tcb->ecn.seen = 1;
	if (seg->text) {
		count_text(acc, seg->ecn, seg->text);
		acc->repeats = 0;
	}
	if (!ce)
		return;
	acc->r.cep += packets;
	acc->pending = min_t(u32, acc->pending + packets, U8_MAX);
	if (calls_for_ack(tcb, seg, was_ce))
		atcp_ack_now(tcb);
}

/**
 * atcp_accecn_repeated() - text came that was acknowledged before
 * @tcb:	the connection
 *
 * Again and again, and each ACK had an option: perhaps those do not pass.
 * Source: RFC 9768, 3.2.3.2.2. [R9768-OPTLOSS]
 */
void atcp_accecn_repeated(struct atcp_tcb *tcb)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;

	if (acc->had_option && ++acc->repeats >= REPEATS_MAX)
		acc->no_option = 1;
}

/* ---- and told: 3.2.2, 3.2.3.3 ---- */

static u32 untold(const struct atcp_accecn *acc)
{
	return acc->r.e0b - acc->told.e0b + acc->r.ceb - acc->told.ceb +
	       acc->r.e1b - acc->told.e1b;
}

/* So often a round trip, where there is something to tell at all. */
static bool beacon_due(const struct atcp_tcb *tcb, u64 now)
{
	return tcb->p.ecn_beacon &&
	       (now - tcb->ecn.acc.told_at) * tcb->p.ecn_beacon >= tcb->rtt.srtt;
}

/* [R9768-WHEN] */
static bool wants_option(const struct atcp_tcb *tcb, u64 now)
{
	const struct atcp_accecn *acc = &tcb->ecn.acc;

	if (!sends_options(tcb) || !acc->counted)
		return false;
	if (tcb->p.ecn_option != ATCP_ACCECN_OPTION_SPARE)
		return true;
	return untold(acc) && (acc->demand || untold(acc) >= UNTOLD_MAX ||
			       beacon_due(tcb, now));
}

/* The fields of counts that have ever moved, those that have not at the end left out. */
static struct atcp_accecn_opt needed_fields(const struct atcp_accecn *acc)
{
	bool e0 = acc->counted & 1 << ATCP_ECT_0;
	bool e1 = acc->counted & 1 << ATCP_ECT_1;
	bool ce = acc->counted & 1 << ATCP_CE;
	struct atcp_accecn_opt opt = {
		.order = e1 && !e0,
		.n = e0 && e1 ? 3 : ce ? 2 : 1,
	};

	opt.field[0] = (opt.order ? acc->r.e1b : acc->r.e0b) & FIELD_MASK;
	opt.field[1] = acc->r.ceb & FIELD_MASK;
	opt.field[2] = (opt.order ? acc->r.e0b : acc->r.e1b) & FIELD_MASK;
	return opt;
}

/**
 * atcp_accecn_option() - add an AccECN option to those of a segment with ACK
 * @tcb:	the connection
 * @now:	microseconds
 * @opt:	the options, all others in place
 *
 * Two SACK blocks come before it, and the rest of them behind it.
 * Source: RFC 9768, 3.2.3.3. [R9768-FIELDS] [R9768-SACK]
 */
void atcp_accecn_option(const struct atcp_tcb *tcb, u64 now, struct atcp_opts *opt)
{
	const struct atcp_accecn *acc = &tcb->ecn.acc;
	u8 n_sack = opt->n_sack;

	if (tcb->ecn.mode != ATCP_ECN_ACCECN)
		return;
	if ((acc->encode || acc->first) && sends_options(tcb)) {
		full_option(acc, opt);
		return;
	}
	if (!wants_option(tcb, now))
		return;
	opt->have |= ATCP_OPT_ACCECN;
	opt->accecn = needed_fields(acc);
	if (atcp_wire_opt_len(opt) > OPTIONS_MAX)
		opt->n_sack = min_t(u8, n_sack, 2);
	if (atcp_wire_opt_len(opt) <= OPTIONS_MAX)
		return;
	opt->have &= ~ATCP_OPT_ACCECN;
	opt->n_sack = n_sack;
}

/**
 * atcp_accecn_out() - a segment with ACK is being made
 * @tcb:	the connection, in AccECN mode
 * @out:	the segment, complete but for the three flags
 * @now:	microseconds
 *
 * Source: RFC 9768, 3.2.2.1 and 3.2.2.2. [R9768-ACEOUT] [R9768-ENCODE] [R9768-NOCWR]
 */
void atcp_accecn_out(struct atcp_tcb *tcb, struct atcp_out *out, u64 now)
{
	struct atcp_accecn *acc = &tcb->ecn.acc;
	bool pure = !out->text && !(out->ctl & ATCP_FIN) && !out->opt.n_sack;

	out->ctl |= flags_of(acc->encode && pure ? handshake[acc->syn_ecn] : acc->r.cep);
	acc->encode = 0;
	acc->pending = 0;
	acc->had_option = !!(out->opt.have & ATCP_OPT_ACCECN);
	if (acc->had_option) {
		acc->told = acc->r;
		acc->told_at = now;
		acc->demand -= !!acc->demand;
	}
	if (out->text && acc->first) {
		acc->first = 0;
		acc->tried = acc->had_option;
	}
}

/**
 * atcp_accecn_resends() - text is being sent again
 * @tcb:	the connection
 * @seq:	its first octet
 *
 * If the very first had an option, that may be why it was lost.
 * Source: RFC 9768, 3.2.3.2.2. [R9768-OPTLOSS]
 */
void atcp_accecn_resends(struct atcp_tcb *tcb, u32 seq)
{
	if (tcb->ecn.acc.tried && seq == tcb->snd.iss + 1)
		tcb->ecn.acc.no_option = 1;
}
