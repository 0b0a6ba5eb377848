// SPDX-License-Identifier: GPL-2.0
/*
 * The wheels: records of TIME-WAIT by the time that they end.
 *
 * Owns struct atcp_wheel.  Each wheel has a lock, which guards its records too, and
 * an hrtimer, which fires once the next slot that holds records is past.
 *
 * RFC 9293 section 3.10.8 (TIME-WAIT TIMEOUT).
 */

#include <linux/slab.h>
#include "compat.h"
#include "timewait.h"

#define WHEELS		8
#define SLOTS		ATCP_WHEEL_SLOTS
#define SLOT_SHIFT	6		/* of 64 ms: a turn takes 65 s */
#define TIMER_SLACK_NS	(10 * NSEC_PER_MSEC)

static struct atcp_wheel *wheels;

/**
 * atcp_wheel_of() - the wheel that a record hangs in
 * @node:	the record
 */
struct atcp_wheel *atcp_wheel_of(const struct atcp_node *node)
{
	return &wheels[(atcp_flow_hash(node->net, &node->flow) >> 16) % WHEELS];
}

static void arm(struct atcp_wheel *w, u64 ms)
{
	lockdep_assert_held(&w->lock);
	if (w->armed && w->armed <= ms)
		return;
	w->armed = ms;
	hrtimer_start_range_ns(&w->timer, ms_to_ktime(ms), TIMER_SLACK_NS,
			       HRTIMER_MODE_ABS_SOFT);
}

/**
 * atcp_wheel_hang() - a record is to end
 * @w:		its wheel, locked
 * @tw:		the record, in no slot
 * @deadline_us: when
 */
void atcp_wheel_hang(struct atcp_wheel *w, struct atcp_timewait *tw, u64 deadline_us)
{
	u64 ms = atcp_tw_ms(deadline_us + 999);
	u64 tick = max(ms >> SLOT_SHIFT, w->tick);

	lockdep_assert_held(&w->lock);
	WRITE_ONCE(tw->deadline, (u32)ms);
	hlist_add_head(&tw->link, &w->slot[tick % SLOTS]);
	__set_bit(tick % SLOTS, w->busy);
	arm(w, (tick + 1) << SLOT_SHIFT);
}

/**
 * atcp_wheel_take_out() - no segment finds a record any more
 * @w:		its wheel, locked
 * @tw:		the record, in the table; the caller then owns the table's reference
 */
void atcp_wheel_take_out(struct atcp_wheel *w, struct atcp_timewait *tw)
{
	lockdep_assert_held(&w->lock);
	hlist_del_init(&tw->link);
	atcp_table_remove(&tw->n);
}

static void collect_slot(struct atcp_wheel *w, unsigned int i, u64 now_ms, struct hlist_head *ended)
{
	struct atcp_timewait *tw;
	struct hlist_node *next;

	hlist_for_each_entry_safe(tw, next, &w->slot[i], link) {
		if ((s32)(tw->deadline - (u32)now_ms) > 0)
			continue;	/* of a later turn */
		atcp_wheel_take_out(w, tw);
		hlist_add_head(&tw->link, ended);
	}
	if (hlist_empty(&w->slot[i]))
		__clear_bit(i, w->busy);
}

static void arm_next(struct atcp_wheel *w)
{
	unsigned int from = w->tick % SLOTS;
	unsigned int i = find_next_bit(w->busy, SLOTS, from);

	if (i >= SLOTS)
		i = find_first_bit(w->busy, SLOTS);
	if (i < SLOTS)
		arm(w, (w->tick + (i + SLOTS - from) % SLOTS + 1) << SLOT_SHIFT);
}

static enum hrtimer_restart wheel_turns(struct hrtimer *timer)
{
	struct atcp_wheel *w = container_of(timer, struct atcp_wheel, timer);
	u64 now_ms = atcp_tw_ms(atcp_now());
	u64 tick = now_ms >> SLOT_SHIFT;
	struct atcp_timewait *tw;
	struct hlist_node *next;
	HLIST_HEAD(ended);

	spin_lock_bh(&w->lock);
	w->armed = 0;
	if (tick - w->tick > SLOTS)
		w->tick = tick - SLOTS;
	for (; w->tick < tick; w->tick++) {
		if (test_bit(w->tick % SLOTS, w->busy))
			collect_slot(w, w->tick % SLOTS, now_ms, &ended);
	}
	arm_next(w);
	spin_unlock_bh(&w->lock);

	hlist_for_each_entry_safe(tw, next, &ended, link) {
		atcp_mib_inc(atcp_net(tw->n.net), ATCP_MIB_TW_EXPIRED);
		atcp_count_edge(&tw->n, ATCP_TIME_WAIT, ATCP_CLOSED, ATCP_BY_TIMER);
		atcp_timewait_put(&tw->n);
	}
	return HRTIMER_NORESTART;
}

/**
 * atcp_wheels_init() - before the first record
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_wheels_init(void)
{
	unsigned int i, k;

	wheels = kvcalloc(WHEELS, sizeof(*wheels), GFP_KERNEL);
	if (!wheels)
		return -ENOMEM;
	for (i = 0; i < WHEELS; i++) {
		spin_lock_init(&wheels[i].lock);
		atcp_hrtimer_setup(&wheels[i].timer, wheel_turns);
		wheels[i].tick = atcp_tw_ms(atcp_now()) >> SLOT_SHIFT;
		for (k = 0; k < SLOTS; k++)
			INIT_HLIST_HEAD(&wheels[i].slot[k]);
	}
	return 0;
}

/**
 * atcp_wheels_exit() - after the last record
 *
 * Context: process, may sleep.
 */
void atcp_wheels_exit(void)
{
	unsigned int i;

	for (i = 0; i < WHEELS; i++)
		hrtimer_cancel(&wheels[i].timer);
	kvfree(wheels);
}
