// SPDX-License-Identifier: GPL-2.0
/*
 * walks: seeded random walks over atcp and over the kernel's TCP, compared.
 *
 * A walk is drawn while the kernel's TCP, the reference, goes it; then atcp goes the
 * same.  Each step is an event (a segment of the scripted peer, a call of the user,
 * time) and what can be seen of it afterwards.  The first event at which the two
 * differ ends the walk, unless the table of known differences lets it go on.
 *
 * For User Mode Linux in virtual time, where hours pass at once; scripts/walks boots it.
 */

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "compare.h"
#include "report.h"

#define MAX_STEPS	24
#define MIN_STEPS	6
#define MOST_SHOWN	12
#define PROGRESS	10000
#define SMALL_WINDOW	3000	/* less than some segments */
#define LIMITED_WINDOW	5360	/* no more than the least initial cwnd, 10 segments of 536 */

static struct {
	uint64_t seed;
	unsigned long walks;
	const char *known;
	bool replay;
	bool matrix;
	enum tcp subject;
	unsigned int shown;
} opt = { .seed = 1, .walks = 1000, .subject = ATCP, .shown = MOST_SHOWN };

static struct {
	unsigned long walks;
	unsigned long steps;
	unsigned long known;		/* walks that a known difference ended */
	unsigned long undecided;
} count;

/* The reference's way, which the subject follows. */
struct way {
	struct setup setup;
	unsigned int steps;
	struct event ev[MAX_STEPS];
	struct obs obs[MAX_STEPS];
};

static int listener[N_STACKS][2];	/* of IPv4, and of IPv6 */
static uint32_t serial;

static void go_first(uint64_t seed, struct way *way)
{
	struct rng rng = { .state = seed };
	struct view view;
	struct end e;
	unsigned int i;

	draw_setup(&rng, &way->setup);
	way->steps = MIN_STEPS + rng_below(&rng, MAX_STEPS - MIN_STEPS + 1);
	end_begin(&e, LINUX, listener[LINUX][way->setup.six], &way->setup, serial);
	for (i = 0; i < way->steps; i++) {
		end_view(&e, i ? &way->obs[i - 1] : NULL, &view);
		view.step = i;
		draw_event(&rng, &view, &way->ev[i]);
		end_step(&e, &way->ev[i], &way->obs[i]);
	}
	end_finish(&e);
}

static void show_setup(const struct setup *s, uint64_t seed)
{
	printf("seed %llu: IPv%d, %s, peer's ISS %u, its SYN's options %x, ",
	       (unsigned long long)seed, s->six ? 6 : 4, s->active ? "active" : "passive",
	       s->iss, s->syn_opts);
	printf("mss %u, wscale %u%s%s%s%s\n",
	       s->mss, s->wscale, s->nodelay ? ", nodelay" : "",
	       s->keepalive ? ", keepalive" : "", s->inline_urg ? ", urgent text inline" : "",
	       s->user_timeout ? ", user time-out" : "");
}

/* Where the two stand; two names where they are known to differ. */
static void place_name(char *text, size_t size, int linux_state, int state)
{
	if (linux_state == state)
		snprintf(text, size, "%s", state_name(state));
	else
		snprintf(text, size, "%s/%s", state_name(linux_state), state_name(state));
}

struct past {
	bool times;			/* a time-out had something sent again */
	bool small;			/* the peer told of a small window */
	bool limited;			/* ... of one that cwnd may go beyond */
	bool crossed;			/* both ends sent a SYN */
	bool anew;			/* the socket connected a second time */
	bool shut_before;		/* ... after a shutdown */
	bool icmp;			/* ICMP told of a segment that was not in flight */
	bool sacked;			/* the peer has sent SACK blocks */
};

static bool sent_again(const struct event *ev, const struct obs *obs)
{
	unsigned int i;

	if (ev->kind != EV_TIMER && ev->kind != EV_LONG)
		return false;
	for (i = 0; i < obs->n_out; i++)
		if (obs->out[i].len || obs->out[i].flags & (SYN | FIN))
			return true;
	return false;
}

static bool false_icmp(const struct event *ev, const struct obs *before)
{
	return (ev->kind == EV_ICMP_SOFT || ev->kind == EV_ICMP_HARD) && before->idle;
}

static void look_back(const struct way *way, unsigned int step, struct past *past)
{
	bool connected = false, shut = false;
	unsigned int i;

	memset(past, 0, sizeof(*past));
	for (i = 0; i < step; i++) {
		const struct event *ev = &way->ev[i];

		past->times |= sent_again(ev, &way->obs[i]);
		past->icmp |= i && false_icmp(ev, &way->obs[i - 1]);
		past->small |= ev->kind == EV_SEGMENT && ev->wnd < SMALL_WINDOW;
		past->limited |= ev->kind == EV_SEGMENT && ev->wnd < LIMITED_WINDOW;
		past->sacked |= ev->kind == EV_SEGMENT && ev->sack == SACK_GOOD;
		past->crossed |= way->setup.active && way->obs[i].state == ST_SYN_RECEIVED;
		shut |= ev->kind >= EV_SHUT_RD && ev->kind <= EV_SHUT_BOTH;
		if (ev->kind != EV_CONNECT || way->obs[i].result != -EINPROGRESS)
			continue;
		past->anew |= connected;
		past->shut_before |= shut;
		past->crossed = false;
		connected = true;
	}
}

struct words {
	char *text;
	size_t size;
	size_t n;
};

static void add_word(struct words *w, bool holds, const char *word)
{
	if (holds && w->n < w->size)
		w->n += snprintf(w->text + w->n, w->size - w->n, " {%s}", word);
}

/*
 * The event, and what else matters, for the table of known differences. Capital
 * letters are for the control bits alone: patterns look for them.
 */
static void describe(const struct way *way, unsigned int step, bool shut, char *text, size_t size)
{
	const struct event *ev = &way->ev[step];
	const struct obs *before = step ? &way->obs[step - 1] : NULL;
	bool first_shut = before && before->shut;
	struct words w = { .text = text, .size = size };
	struct past past;

	look_back(way, step, &past);
	event_name(ev, text, size);
	w.n = strlen(text);
	if (ev->kind == EV_SEGMENT) {
		add_word(&w, first_shut && shut, "window shut");
		add_word(&w, first_shut != shut, "windows differ");
	}
	if (before) {
		add_word(&w, before->held, before->fin_held ? "fin held" : "text held");
		add_word(&w, before->syn_open, "our syn open");
		add_word(&w, before->gone, "socket closed");
	}
	add_word(&w, past.crossed, "both opened");
	add_word(&w, past.anew, "connected anew");
	add_word(&w, past.shut_before, "after a shutdown");
	add_word(&w, past.icmp, "false icmp");
	add_word(&w, past.small, "small window");
	add_word(&w, past.limited, "limited window");
	add_word(&w, past.times, "after a time-out");
	add_word(&w, past.sacked, "sacked");
	add_word(&w, way->setup.keepalive, "keep-alive");
	add_word(&w, way->setup.user_timeout, "user time-out");
}

/* Return: what is to be done about all differences of a step together. */
static enum verdict judge(const struct diffs *d, const char *place, const char *event,
			  const struct event *ev, uint64_t seed, unsigned int step, bool show)
{
	enum verdict all;
	unsigned int i;

	all = known_find(place, event, KNOWN_ANY);
	if (all == UNDECIDED)
		all = GO_ON;
	else if (show)
		printf("    known: such an event cannot be compared\n");
	if (all == END_WALK)
		return all;

	for (i = 0; i < d->n; i++) {
		enum verdict one = known_find(place, event, d->text[i]);

		if (show)
			printf("    %s: %s\n", one == UNDECIDED ? "UNDECIDED" : "known",
			       d->text[i]);
		else if (one == UNDECIDED && all != UNDECIDED)
			report_undecided(place, ev, d->text[i], seed, step + 1);
		if (one == UNDECIDED)
			all = UNDECIDED;
		else if (one == END_WALK && all == GO_ON)
			all = END_WALK;
	}
	if (all == GO_ON && known_find(place, event, KNOWN_LATER) == END_WALK)
		all = END_WALK;
	return all;
}

static enum verdict follow(uint64_t seed, const struct way *way, bool show)
{
	char place[40], event[320];
	enum verdict verdict = GO_ON;
	bool shut = false;
	int at_linux = ST_NONE, at = ST_NONE;
	struct diffs d;
	struct obs obs;
	struct end e;
	unsigned int i;

	end_begin(&e, opt.subject, listener[opt.subject][way->setup.six], &way->setup, serial);
	for (i = 0; i < way->steps && verdict == GO_ON; i++) {
		end_step(&e, &way->ev[i], &obs);
		compare(&way->obs[i], &obs, &d);
		place_name(place, sizeof(place), at_linux, at);
		describe(way, i, shut, event, sizeof(event));
		if (show) {
			printf("  %u. in %s: %s\n", i + 1, place, event);
			obs_print("linux", &way->obs[i]);
			obs_print(stack_name[opt.subject], &obs);
		} else {
			report_cell(at, &way->ev[i]);
			count.steps++;
		}
		verdict = judge(&d, place, event, &way->ev[i], seed, i, show);
		at_linux = way->obs[i].state;
		at = obs.state;
		shut = obs.shut;
	}
	end_finish(&e);
	return verdict;
}

static void walk(uint64_t seed, bool show)
{
	static struct way way;
	enum verdict verdict;

	go_first(seed, &way);
	serial++;
	if (show)
		show_setup(&way.setup, seed);
	verdict = follow(seed, &way, show);
	serial++;
	if (show)
		return;
	count.walks++;
	count.undecided += verdict == UNDECIDED;
	count.known += verdict == END_WALK;
}

static void usage(void)
{
	errx(2, "walks [--seed N] [--walks N] [--known FILE] [--replay] [--matrix]\n"
		"             [--shown N] [--subject linux|atcp]");
}

static void read_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "walks", required_argument, NULL, 'w' },
		{ "known", required_argument, NULL, 'k' },
		{ "shown", required_argument, NULL, 'n' },
		{ "subject", required_argument, NULL, 'j' },
		{ "replay", no_argument, NULL, 'r' },
		{ "matrix", no_argument, NULL, 'm' },
		{ }
	};
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (c == 's')
			opt.seed = strtoull(optarg, NULL, 10);
		else if (c == 'w')
			opt.walks = strtoul(optarg, NULL, 10);
		else if (c == 'k')
			opt.known = optarg;
		else if (c == 'n')
			opt.shown = strtoul(optarg, NULL, 10);
		else if (c == 'j')
			opt.subject = strcmp(optarg, "linux") ? ATCP : LINUX;
		else if (c == 'r')
			opt.replay = true;
		else if (c == 'm')
			opt.matrix = true;
		else
			usage();
	}
	if (optind != argc || opt.shown > MOST_SHOWN)
		usage();
}

/* Return: how many groups are undecided. */
static unsigned int report(void)
{
	uint64_t seeds[MOST_SHOWN];
	unsigned int groups, i;

	known_print();
	report_cells(opt.matrix);
	if (opt.subject == ATCP)
		report_transitions();
	groups = report_groups(seeds, MOST_SHOWN);
	for (i = 0; i < groups && i < opt.shown; i++)
		walk(seeds[i], true);
	printf("%lu walks, %lu steps: %lu undecided differences in %u groups, ",
	       count.walks, count.steps, count.undecided, groups);
	printf("%lu ended by known ones\n", count.known);
	return groups;
}

int main(int argc, char **argv)
{
	unsigned long i;

	read_options(argc, argv);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (opt.known)
		known_read(opt.known);
	net_open();
	for (i = 0; i < 2 * N_STACKS; i++)
		listener[i / 2][i % 2] = net_listener(i / 2, i % 2);
	if (opt.replay) {
		walk(opt.seed, true);
		return 0;
	}
	for (i = 0; i < opt.walks; i++) {
		walk(opt.seed + i, false);
		if (kernel_warned()) {
			walk(opt.seed + i, true);
			errx(1, "seed %llu: the kernel warned", (unsigned long long)opt.seed + i);
		}
		if (count.walks % PROGRESS == 0)
			printf("... %lu walks, %lu undecided\n", count.walks, count.undecided);
	}
	return report() ? 1 : 0;
}
