/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Explicit Congestion Notification: what a connection knows of it, and where the
 * rest of the core asks.  RFC 3168, RFC 8311, RFC 8257 (ecn.c); RFC 9768 (accecn.c).
 */
#ifndef _ATCP_ECN_H
#define _ATCP_ECN_H

#include <linux/types.h>

struct atcp_fx;
struct atcp_opts;
struct atcp_out;
struct atcp_seg;
struct atcp_tcb;

/* The ECN field of the IP header: RFC 3168, section 5. */
enum atcp_ect {
	ATCP_NOT_ECT,
	ATCP_ECT_1,
	ATCP_ECT_0,
	ATCP_CE,
};

/* net.atcp.ecn, numbered as net.ipv4.tcp_ecn: what is asked for and agreed to. */
enum atcp_ecn_policy {
	ATCP_ECN_REFUSE,		/* neither */
	ATCP_ECN_ASK,			/* both */
	ATCP_ECN_ANSWER,		/* agreed to when the peer asks */
	ATCP_ACCECN_ASK,		/* AccECN: both, and RFC 3168 agreed to */
	ATCP_ACCECN_ECN_ASK,		/* RFC 3168 is asked for, both agreed to */
	ATCP_ACCECN_ANSWER,		/* both agreed to when the peer asks */
	ATCP_N_ECN_POLICIES,
};

/* net.atcp.ecn_option: when an AccECN option is sent. */
enum atcp_ecn_option {
	ATCP_ACCECN_OPTION_NEVER,
	ATCP_ACCECN_OPTION_SPARE,	/* where it says something new */
	ATCP_ACCECN_OPTION_ALWAYS,	/* where it fits, till it seems to be in the way */
	ATCP_ACCECN_OPTION_PERSIST,	/* and even then */
	ATCP_N_ACCECN_OPTIONS,
};

#define ATCP_MAX_BEACON		3	/* AccECN options a round trip, at least */

/* What the two ends have agreed on. */
enum atcp_ecn_mode {
	ATCP_ECN_NONE,
	ATCP_ECN_RFC3168,
	ATCP_ECN_ACCECN,
};

/* RFC 9768, 3.2: packets marked CE, and octets of text marked CE, ECT(0), ECT(1). */
struct atcp_accecn_counts {
	u32 cep;
	u32 ceb;
	u32 e0b;
	u32 e1b;
};

/**
 * struct atcp_accecn - more accurate feedback, RFC 9768
 * @asked:	a SYN with all three flags went out
 * @encode:	the next pure ACK tells how the SYN,ACK came
 * @first:	the first text is to have an option, to see if one passes
 * @tried:	and had one
 * @tested:	the first count after the handshake was looked at
 * @ignore:	the peer does not count: its feedback is not to be believed
 * @void_option: the options that come were zeroed on the way
 * @no_option:	those that we send do not seem to pass
 * @had_option:	our last segment with an ACK had one
 * @was_ce:	the last packet was marked CE
 * @syn_ecn:	enum atcp_ect that the peer's last SYN or SYN,ACK came with
 * @sent_ecn:	enum atcp_ect that our SYN or SYN,ACK went out with
 * @syn_acks:	SYN,ACKs that were sent
 * @repeats:	text in a row that came again though an ACK with an option went out
 * @pending:	packets marked CE since the last ACK
 * @counted:	bits 1 << enum atcp_ect: which of @r have moved
 * @last:	enum atcp_ect of the last text
 * @demand:	options still to be sent for a change of what comes
 * @tsval:	of the last feedback that was taken
 * @cep_then:	@s.cep when an option was last read
 * @r:		as Data Receiver
 * @s:		as Data Sender: the peer's, as far as it has told
 * @told:	@r when an option was last sent
 * @told_at:	when that was
 */
struct atcp_accecn {
	u8 asked:1;
	u8 encode:1;
	u8 first:1;
	u8 tried:1;
	u8 tested:1;
	u8 ignore:1;
	u8 void_option:1;
	u8 no_option:1;
	u8 had_option:1;
	u8 was_ce:1;
	u8 syn_ecn:2;
	u8 sent_ecn:2;
	u8 syn_acks;
	u8 repeats;
	u8 pending;
	u8 counted;
	u8 last;
	u8 demand;
	u32 tsval;
	u32 cep_then;
	struct atcp_accecn_counts r;
	struct atcp_accecn_counts s;
	struct atcp_accecn_counts told;
	u64 told_at;
};

/**
 * struct atcp_ecn - ECN of one connection
 * @mode:	enum atcp_ecn_mode, once the peer's SYN was seen
 * @route:	the route has the feature: as if ATCP_ECN_ASK; set by the shell
 * @asked:	an ECN-setup SYN went out
 * @declined:	a SYN or SYN,ACK that is not ECN-setup went out or came: no text is
 *		sent ECT, but what comes marked is echoed
 * @plain:	the peer's last SYN was not ECN-setup: neither is our SYN,ACK
 * @seen:	ECT or CE arrived
 * @echo:	ECE until CWR comes
 * @cwr:	the window was reduced: CWR on the next new text
 * @syn_ce:	our SYN or SYN,ACK came marked: the first window is one segment
 * @ce_state:	DCTCP.CE: the last text was marked (RFC 8257, 3.2)
 * @ece:	the ACK being looked at echoes congestion
 * @reducing:	for ECE, and SND.UNA is not past @recover yet: once a window
 * @owed:	a mark of a window whose ACK ends the last reduction
 * @recover:	SND.NXT when it was reduced
 * @hold:	no new text before this time: ECE came at a cwnd of one segment
 * @ce:		octets that the ACK being looked at told to have been marked
 * @delivered_ce: the same, in all
 * @acc:	RFC 9768
 */
struct atcp_ecn {
	u8 mode;
	u8 route:1;
	u8 asked:1;
	u8 declined:1;
	u8 plain:1;
	u8 seen:1;
	u8 echo:1;
	u8 cwr:1;
	u8 syn_ce:1;
	u8 ce_state:1;
	u8 ece:1;
	u8 reducing:1;
	u8 owed:1;
	u32 recover;
	u64 hold;
	u32 ce;
	u32 delivered_ce;
	struct atcp_accecn acc;
};

void atcp_ecn_forget(struct atcp_tcb *tcb);
void atcp_ecn_syn_out(struct atcp_tcb *tcb, struct atcp_out *out);
void atcp_ecn_syn_in(struct atcp_tcb *tcb, const struct atcp_seg *seg);
bool atcp_ecn_syn_again(struct atcp_tcb *tcb, const struct atcp_seg *seg);
void atcp_ecn_out(struct atcp_tcb *tcb, struct atcp_out *out, u64 now);
u32 atcp_ecn_room(const struct atcp_tcb *tcb, u32 room, u32 mss);
void atcp_ecn_new_text(struct atcp_tcb *tcb, struct atcp_out *out);
void atcp_ecn_text_in(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		      struct atcp_fx *fx);
void atcp_ecn_ack_in(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
		     struct atcp_fx *fx);
void atcp_ecn_advanced(struct atcp_tcb *tcb);
void atcp_ecn_reduced(struct atcp_tcb *tcb);
u32 atcp_ecn_told(const struct atcp_tcb *tcb, u32 delivered);
void atcp_ecn_respond(struct atcp_tcb *tcb, u32 ack, u32 ce, u64 now, struct atcp_fx *fx);
void atcp_ecn_ack_done(struct atcp_tcb *tcb, struct atcp_fx *fx);

/* accecn.c */
bool atcp_accecn_asks(const struct atcp_tcb *tcb);
bool atcp_accecn_answers(const struct atcp_tcb *tcb, const struct atcp_seg *seg);
void atcp_accecn_syn_in(struct atcp_tcb *tcb, const struct atcp_seg *seg);
enum atcp_ecn_mode atcp_accecn_syn_ack_in(struct atcp_tcb *tcb, const struct atcp_seg *seg);
void atcp_accecn_syn_ack_out(struct atcp_tcb *tcb, struct atcp_out *out);
bool atcp_accecn_syn_again(struct atcp_tcb *tcb, const struct atcp_seg *seg);
void atcp_accecn_syn_ack_again(struct atcp_tcb *tcb, const struct atcp_seg *seg);
void atcp_accecn_first_ack(struct atcp_tcb *tcb, const struct atcp_seg *seg);
void atcp_accecn_ack_in(struct atcp_tcb *tcb, const struct atcp_seg *seg, u64 now,
			struct atcp_fx *fx);
void atcp_accecn_in(struct atcp_tcb *tcb, const struct atcp_seg *seg);
void atcp_accecn_repeated(struct atcp_tcb *tcb);
void atcp_accecn_option(const struct atcp_tcb *tcb, u64 now, struct atcp_opts *opt);
void atcp_accecn_out(struct atcp_tcb *tcb, struct atcp_out *out, u64 now);
void atcp_accecn_resends(struct atcp_tcb *tcb, u32 seq);

#endif /* _ATCP_ECN_H */
