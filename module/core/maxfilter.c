// SPDX-License-Identifier: GPL-2.0
/*
 * The greatest value of late (draft-ietf-ccwg-bbr, 5.5.5, names the algorithm).
 *
 * A sample is of no use once a later one is as good: so three that fall, spread over
 * the window, serve for all of it. When the best grows too old the next takes its
 * place, and what it is worth was measured within the window.
 */

#include <atcp/maxfilter.h>

static void set(struct atcp_maxfilter *f, unsigned int first, u32 value, u8 now)
{
	unsigned int i;

	for (i = first; i < 3; i++) {
		f->value[i] = value;
		f->time[i] = now;
	}
}

static u8 age(const struct atcp_maxfilter *f, unsigned int i, u8 now)
{
	return now - f->time[i];
}

/* The best is too old: the others move up, and @value is the third. */
static void move_up(struct atcp_maxfilter *f, u32 value, u8 now)
{
	f->value[0] = f->value[1];
	f->time[0] = f->time[1];
	f->value[1] = f->value[2];
	f->time[1] = f->time[2];
	set(f, 2, value, now);
}

/*
 * Nothing better came for a quarter, or half, of the window: the second and the third
 * are to be later than the first, or there would be none to follow it.
 */
static void spread(struct atcp_maxfilter *f, u32 value, u8 now, u8 window)
{
	if (f->time[1] == f->time[0] && age(f, 0, now) > window / 4)
		set(f, 1, value, now);
	else if (f->time[2] == f->time[1] && age(f, 1, now) > window / 2)
		set(f, 2, value, now);
}

/**
 * atcp_maxfilter_update() - a sample came
 * @f:		the filter
 * @value:	the sample
 * @now:	its time; to be called at least once in 255 units
 * @window:	so many units back count, at most 127
 *
 * Return: the greatest of the window.
 */
u32 atcp_maxfilter_update(struct atcp_maxfilter *f, u32 value, u8 now, u8 window)
{
	if (value >= f->value[0] || age(f, 2, now) > window) {
		set(f, 0, value, now);
		return value;
	}
	if (value >= f->value[1])
		set(f, 1, value, now);
	else if (value >= f->value[2])
		set(f, 2, value, now);
	if (age(f, 0, now) <= window) {
		spread(f, value, now, window);
		return f->value[0];
	}
	move_up(f, value, now);
	if (age(f, 0, now) > window)
		move_up(f, value, now);
	return f->value[0];
}
