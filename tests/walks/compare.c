// SPDX-License-Identifier: GPL-2.0
/*
 * The difference between what two stacks did at one event.
 *
 * Numbers are told only as lower or higher, atcp's against Linux's: the trace of an
 * example has them.
 */

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "compare.h"

#define NAMES_SIZE	60

static void add(struct diffs *d, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct diffs *d, const char *format, ...)
{
	va_list args;

	if (d->n == MAX_DIFFS)
		return;
	va_start(args, format);
	vsnprintf(d->text[d->n++], DIFF_SIZE, format, args);
	va_end(args);
}

static const char *order(int64_t a, int64_t b)
{
	return b < a ? "lower" : "higher";
}

/* The control bits of all segments, runs of equal ones counted. */
static void out_names(const struct obs *obs, char *text)
{
	unsigned int i, run;
	size_t n = 0;

	strcpy(text, "nothing");
	for (i = 0; i < obs->n_out && n < NAMES_SIZE - 14; i += run) {
		uint8_t flags = obs->out[i].flags & ~PSH;

		for (run = 1; i + run < obs->n_out; run++)
			if ((obs->out[i + run].flags & ~PSH) != flags)
				break;
		n += sprintf(text + n, "%s%s", i ? "," : "", flag_names(flags));
		if (run > 1)
			n += sprintf(text + n, "*%u", run);
	}
}

static bool same_sack(const struct seen *a, const struct seen *b)
{
	return a->n_sack == b->n_sack &&
	       !memcmp(a->sack, b->sack, a->n_sack * sizeof(a->sack[0]));
}

static const char *ack_name(const struct seen *s)
{
	if (s->acks_all)
		return "all";
	return s->ack ? "part" : "nothing new";
}

static void compare_segment(const struct seen *a, const struct seen *b, bool elastic,
			    struct diffs *d)
{
	const char *name = flag_names(a->flags & ~PSH);

	if (a->seq != b->seq)
		add(d, "%s seq: %s", name, order(0, (int32_t)(b->seq - a->seq)));
	if (elastic ? strcmp(ack_name(a), ack_name(b)) :
		      a->ack != b->ack || a->acks_all != b->acks_all)
		add(d, "%s ack: %s / %s", name, ack_name(a), ack_name(b));
	if (a->len != b->len)
		add(d, "%s len: %s", name, order(a->len, b->len));
	if (a->shut != b->shut)
		add(d, "%s window: %s", name, a->shut ? "0 / open" : "open / 0");
	if ((a->flags ^ b->flags) & PSH)
		add(d, "%s push: %s", name, a->flags & PSH ? "yes / no" : "no / yes");
	if (a->up != b->up)
		add(d, "%s urgent pointer: %s", name, order(a->up, b->up));
	if (a->opts != b->opts || a->mss != b->mss)
		add(d, "%s options: %x / %x", name, a->opts, b->opts);
	else if (a->opts & OPT_TS && a->tsecr != b->tsecr)
		add(d, "%s echo: %s", name, order(0, (int32_t)(b->tsecr - a->tsecr)));
	if (!elastic && a->n_sack && b->n_sack && !same_sack(a, b))
		add(d, "%s sack", name);
	if (a->false_text != b->false_text)
		add(d, "%s text: %s", name, b->false_text ? "false" : "true");
	if (b->clock_back)
		add(d, "%s timestamp: goes back", name);
}

static void compare_out(const struct obs *a, const struct obs *b, struct diffs *d)
{
	char names_a[NAMES_SIZE], names_b[NAMES_SIZE];
	unsigned int i;

	out_names(a, names_a);
	out_names(b, names_b);
	if (strcmp(names_a, names_b)) {
		add(d, "out: %s / %s", names_a, names_b);
		return;
	}
	for (i = 0; i < a->n_out; i++)
		compare_segment(&a->out[i], &b->out[i], a->elastic || b->elastic, d);
}

static const char *result_name(int result, char *text)
{
	if (result >= 0)
		return result ? "octets" : "0";
	sprintf(text, "%s", strerrorname_np(-result));
	return text;
}

static void compare_calls(const struct obs *a, const struct obs *b, struct diffs *d)
{
	char text_a[24], text_b[24];
	const char *name_a = result_name(a->result, text_a);
	const char *name_b = result_name(b->result, text_b);

	if (strcmp(name_a, name_b))
		add(d, "result: %s / %s", name_a, name_b);
	else if (a->result != b->result && !(a->elastic || b->elastic))
		add(d, "result: %s", order(a->result, b->result));
	else if (a->result == b->result && a->text != b->text)
		add(d, "text received");
}

static void poll_names(short events, char *text)
{
	static const struct {
		short bit;
		const char *name;
	} names[] = {
		{ POLLIN, "IN" }, { POLLPRI, "PRI" }, { POLLOUT, "OUT" }, { POLLERR, "ERR" },
		{ POLLHUP, "HUP" }, { POLLRDHUP, "RDHUP" },
	};
	size_t i, n = 0;

	strcpy(text, "none");
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (events & names[i].bit)
			n += sprintf(text + n, "%s%s", n ? "+" : "", names[i].name);
}

static void compare_user(const struct obs *a, const struct obs *b, struct diffs *d)
{
	char names_a[NAMES_SIZE], names_b[NAMES_SIZE];

	if (a->poll != b->poll && a->state == b->state) {
		poll_names(a->poll, names_a);
		poll_names(b->poll, names_b);
		add(d, "poll: %s / %s", names_a, names_b);
	}
	if (a->unread != b->unread && (a->elastic || b->elastic))
		add(d, "window's worth kept: %s", order(a->unread, b->unread));
	else if (a->unread != b->unread)
		add(d, "unread: %s", order(a->unread, b->unread));
	if (a->waiting != b->waiting)
		add(d, "to be accepted: %s", a->waiting ? "yes / no" : "no / yes");
	if ((a->options ^ b->options) & 7)
		add(d, "TCP_INFO options: %x / %x", a->options & 7, b->options & 7);
}

/**
 * compare() - all differences of one step
 * @a:	what Linux did
 * @b:	what atcp did
 * @d:	filled in
 */
void compare(const struct obs *a, const struct obs *b, struct diffs *d)
{
	d->n = 0;
	if (a->state != b->state)
		add(d, "state: %s / %s", state_name(a->state), state_name(b->state));
	compare_out(a, b, d);
	if (a->incarnation != b->incarnation)
		add(d, "initial sequence numbers: %s", order(a->incarnation, b->incarnation));
	compare_calls(a, b, d);
	compare_user(a, b, d);
}

static void print_segment(const struct seen *s)
{
	uint8_t i;

	printf("      > %-4s seq=%d len=%u%s", flag_names(s->flags), (int32_t)s->seq, s->len,
	       s->shut ? " win=0" : "");
	if (s->acks_all)
		printf(" ack=all");
	else if (s->flags & ACK)
		printf(" ack=%+d", (int32_t)s->ack);
	if (s->up)
		printf(" up=%u", s->up);
	if (s->opts)
		printf(" opts=%x", s->opts);
	if (s->opts & OPT_MSS)
		printf(" mss=%u", s->mss);
	if (s->opts & OPT_TS)
		printf(" tsecr=%d", (int32_t)s->tsecr);
	for (i = 0; i < s->n_sack; i++)
		printf(" sack=%d-%d", (int32_t)s->sack[i].left, (int32_t)s->sack[i].right);
	printf("%s%s\n", s->false_text ? " FALSE TEXT" : "", s->clock_back ? " CLOCK BACK" : "");
}

/**
 * obs_print() - one line for the state, one for each segment
 * @who:	name of the stack
 * @obs:	what was seen
 */
void obs_print(const char *who, const struct obs *obs)
{
	char events[NAMES_SIZE], text[24];
	unsigned int i;

	poll_names(obs->poll, events);
	printf("    %-5s %s", who, state_name(obs->state));
	if (obs->result < 0)
		printf(" result=%s", result_name(obs->result, text));
	else if (obs->result)
		printf(" result=%d", obs->result);
	if (obs->unread > 0)
		printf(" unread=%d", obs->unread);
	printf("%s poll=%s", obs->waiting ? " waiting" : "", events);
	if (obs->took_ms)
		printf(" after=%lldms", (long long)obs->took_ms);
	printf("\n");
	for (i = 0; i < obs->n_out; i++)
		print_segment(&obs->out[i]);
}
