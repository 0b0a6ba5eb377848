// SPDX-License-Identifier: GPL-2.0
/*
 * net.atcp.*: what new connections of a network namespace are made with, and
 * its limits.  Names and units are those of net.ipv4.tcp_* where there is one;
 * a time that the kernel has no name for tells its unit in its own.
 *
 * A value out of range gives EINVAL.  A connection keeps what it was made with.
 */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysctl.h>
#include <net/sock.h>
#include <atcp/cc.h>
#include <atcp/fastopen.h>
#include <atcp/net.h>
#include "compat.h"

/**
 * struct sysctl_item - one file with one number
 * @name:	of the file
 * @offset:	into struct atcp_net
 * @size:	of the field: of u8, u32 or unsigned long
 * @bit:	of the field of u32, when it holds switches, else 0
 * @scale:	the field is so many times the number
 * @min:	least
 * @max:	greatest
 */
struct sysctl_item {
	const char *name;
	unsigned short offset;
	u8 size;
	u32 bit;
	int scale;
	int min;
	int max;
};

#define NUMBER(_name, _field, _size, _scale, _min, _max) {		\
	.name = (_name), .offset = offsetof(struct atcp_net, _field),	\
	.size = (_size), .scale = (_scale), .min = (_min), .max = (_max) }
#define FIELD8(name, field, min, max)		NUMBER(name, field, 1, 1, min, max)
#define FIELD32(name, field, scale, min, max)	NUMBER(name, field, 4, scale, min, max)
#define FIELD_LONG(name, field, scale, min, max)	\
	NUMBER(name, field, sizeof(long), scale, min, max)
#define SWITCH(_name, _bit) {						\
	.name = (_name), .offset = offsetof(struct atcp_net, params.features), \
	.size = sizeof(u32), .bit = (_bit), .scale = 1, .min = 0, .max = 1 }

#define SECOND		1000		/* milliseconds */
#define DAY		(24 * 3600)	/* seconds */

static const struct sysctl_item sysctl_items[] = {
	/* Milliseconds. */
	FIELD32("msl_ms", params.msl_ms, 1, 1, 600000),
	FIELD32("rto_min_ms", params.rto_min_ms, 1, 1, 60000),
	FIELD32("rto_max_ms", params.rto_max_ms, 1, 1000, 3600000),
	FIELD32("delack_ms", params.delack_ms, 1, 0, 499),
	FIELD32("user_timeout_ms", params.user_timeout_ms, 1, 0, INT_MAX),
	/* Seconds. */
	FIELD32("fin_timeout", params.fin_wait_ms, SECOND, 0, DAY),
	FIELD32("keepalive_time", params.keep_idle_ms, SECOND, 1, 24 * DAY),
	FIELD32("keepalive_intvl", params.keep_intvl_ms, SECOND, 1, 32767),
	/* Segments. */
	FIELD8("keepalive_probes", params.keep_probes, 1, 127),
	FIELD8("syn_retries", params.syn_retries, 1, 127),
	FIELD8("synack_retries", params.synack_retries, 0, 127),
	FIELD8("retries1", params.r1, 1, 255),
	FIELD8("retries2", params.r2, 1, 255),
	FIELD8("recovery", params.recovery, 0, 7),
	FIELD8("early_retrans", params.early_retrans, 0, 4),
	FIELD8("frto", params.frto, 0, 2),
	FIELD8("challenge_ack_limit", params.challenge_max, 1, 255),
	/* Path MTU probing: octets, and seconds. */
	FIELD32("mtu_probing", params.mtu.mode, 1, ATCP_MTU_NEVER, ATCP_MTU_ALWAYS),
	FIELD32("base_mss", params.mtu.base_mss, 1, ATCP_MIN_MSS, U16_MAX),
	FIELD32("min_snd_mss", params.mtu.min_snd_mss, 1, ATCP_MIN_MSS, U16_MAX),
	FIELD32("mtu_probe_floor", params.mtu.floor, 1, ATCP_MIN_MSS, U16_MAX),
	FIELD32("probe_threshold", params.mtu.threshold, 1, 1, U16_MAX),
	FIELD32("probe_interval", params.mtu.interval_s, 1, 1, DAY),
	/* The user timeout option: seconds. */
	FIELD32("user_timeout_option", params.uto.enabled, 1, 0, 1),
	FIELD32("user_timeout_lower", params.uto.lower_s, 1, 1, INT_MAX / SECOND),
	FIELD32("user_timeout_upper", params.uto.upper_s, 1, 1, INT_MAX / SECOND),
	/* As net.ipv4.tcp_ecn numbers them. */
	FIELD8("ecn", params.ecn, 0, ATCP_N_ECN_POLICIES - 1),
	FIELD8("ecn_option", params.ecn_option, 0, ATCP_N_ACCECN_OPTIONS - 1),
	FIELD8("ecn_option_beacon", params.ecn_beacon, 0, ATCP_MAX_BEACON),
	/* What is offered to the peer, and how it is taken. */
	SWITCH("timestamps", ATCP_F_TIMESTAMPS),
	SWITCH("window_scaling", ATCP_F_WSCALE),
	SWITCH("sack", ATCP_F_SACK),
	SWITCH("dsack", ATCP_F_DSACK),
	SWITCH("rfc1337", ATCP_F_RFC1337),
	SWITCH("tw_reuse", ATCP_F_TW_REUSE),
	SWITCH("moderate_rcvbuf", ATCP_F_AUTOTUNE),
	SWITCH("ecn_fallback", ATCP_F_ECN_FALLBACK),
	/* Limits: connections, and KiB of those that have no socket. */
	FIELD32("max_orphans", max_orphans, 1, 0, INT_MAX),
	FIELD32("max_tw_buckets", max_tw, 1, 0, INT_MAX),
	FIELD32("max_syn_backlog", max_half_open, 1, 1, INT_MAX),
	FIELD32("abort_on_overflow", abort_on_overflow, 1, 0, 1),
	/* Percent. */
	FIELD32("pacing_ss_ratio", pacing_ss_ratio, 1, 0, 1000),
	FIELD32("pacing_ca_ratio", pacing_ca_ratio, 1, 0, 1000),
	FIELD32("no_metrics_save", no_metrics_save, 1, 0, 1),
	FIELD32("no_ssthresh_metrics_save", no_ssthresh_metrics_save, 1, 0, 1),
	FIELD32("fastopen", fastopen, 1, 0, INT_MAX),
	FIELD32("fastopen_blackhole_timeout_sec", fastopen_blackhole_sec, 1, 0, INT_MAX),
	FIELD32("syncookies", syncookies, 1, 0, ATCP_SYNCOOKIES_ALWAYS),
	FIELD_LONG("mem_kb", max_mem, 1024, 64, INT_MAX),
};

/* Two writers of different switches in one field must not lose either. */
static DEFINE_MUTEX(sysctl_mutex);

/* ---- numbers ---- */

static int item_read(const struct atcp_net *an, const struct sysctl_item *item)
{
	const void *field = (const char *)an + item->offset;
	u64 value;

	switch (item->size) {
	case sizeof(u8):
		value = READ_ONCE(*(const u8 *)field);
		break;
	case sizeof(u32):
		value = READ_ONCE(*(const u32 *)field);
		break;
	default:
		value = READ_ONCE(*(const unsigned long *)field);
		break;
	}
	if (item->bit)
		return !!(value & item->bit);
	return div_u64(value, item->scale);
}

static void item_write(struct atcp_net *an, const struct sysctl_item *item, int number)
{
	void *field = (char *)an + item->offset;
	u32 *bits = field;

	if (item->bit)
		WRITE_ONCE(*bits, number ? *bits | item->bit : *bits & ~item->bit);
	else if (item->size == sizeof(u8))
		WRITE_ONCE(*(u8 *)field, number);
	else if (item->size == sizeof(u32))
		WRITE_ONCE(*(u32 *)field, (u32)number * item->scale);
	else
		WRITE_ONCE(*(unsigned long *)field, (unsigned long)number * item->scale);
}

/* RTO is at least its minimum and at most its maximum. */
static bool item_consistent(const struct atcp_net *an, const struct sysctl_item *item, int number)
{
	switch (item->offset) {
	case offsetof(struct atcp_net, params.rto_min_ms):
		return number <= an->params.rto_max_ms;
	case offsetof(struct atcp_net, params.rto_max_ms):
		return number >= an->params.rto_min_ms;
	default:
		return true;
	}
}

static int sysctl_number(ATCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
			 size_t *len, loff_t *pos)
{
	const struct sysctl_item *item = table->extra1;
	struct atcp_net *an = table->extra2;
	int number, min = item->min, max = item->max;
	struct ctl_table copy = {
		.data = &number,
		.maxlen = sizeof(number),
		.mode = table->mode,
		.extra1 = &min,
		.extra2 = &max,
	};
	int err;

	mutex_lock(&sysctl_mutex);
	number = item_read(an, item);
	err = proc_dointvec_minmax(&copy, write, buffer, len, pos);
	if (!err && write) {
		if (item_consistent(an, item, number))
			item_write(an, item, number);
		else
			err = -EINVAL;
	}
	mutex_unlock(&sysctl_mutex);
	return err;
}

/* ---- buffers: least, initial, greatest octets ---- */

static int sysctl_buffer(ATCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
			 size_t *len, loff_t *pos)
{
	int *field = table->data;
	int size[3], min = SOCK_MIN_RCVBUF, max = S32_MAX / 2;
	struct ctl_table copy = {
		.data = size,
		.maxlen = sizeof(size),
		.mode = table->mode,
		.extra1 = &min,
		.extra2 = &max,
	};
	unsigned int i;
	int err;

	mutex_lock(&sysctl_mutex);
	memcpy(size, field, sizeof(size));
	err = proc_dointvec_minmax(&copy, write, buffer, len, pos);
	if (!err && write && (size[0] > size[1] || size[1] > size[2]))
		err = -EINVAL;
	for (i = 0; !err && write && i < ARRAY_SIZE(size); i++)
		WRITE_ONCE(field[i], size[i]);
	mutex_unlock(&sysctl_mutex);
	return err;
}

/* ---- congestion control ---- */

static int sysctl_congestion(ATCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
			     size_t *len, loff_t *pos)
{
	struct atcp_net *an = table->extra2;
	char name[ATCP_CC_NAME_MAX];
	struct ctl_table copy = {
		.data = name,
		.maxlen = sizeof(name),
		.mode = table->mode,
	};
	int err, algo;

	strscpy(name, atcp_cc_get(READ_ONCE(an->params.cc))->name, sizeof(name));
	err = proc_dostring(&copy, write, buffer, len, pos);
	if (err || !write)
		return err;
	algo = atcp_cc_find(name);
	if (algo < 0)
		return algo;
	WRITE_ONCE(an->params.cc, algo);
	return 0;
}

static int sysctl_congestions(ATCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
			      size_t *len, loff_t *pos)
{
	char names[ATCP_CC_NAME_MAX * 8] = "";
	const struct atcp_cc_ops *ops;
	struct ctl_table copy = {
		.data = names,
		.maxlen = sizeof(names),
		.mode = table->mode,
	};
	unsigned int i;

	for (i = 0; (ops = atcp_cc_get(i)); i++) {
		if (i)
			strlcat(names, " ", sizeof(names));
		strlcat(names, ops->name, sizeof(names));
	}
	return proc_dostring(&copy, write, buffer, len, pos);
}

/* ---- the key of Fast Open cookies, and perhaps the one before it ---- */

#define KEY_WORDS	(ATCP_FO_KEY_LEN / sizeof(u32))
#define KEY_TEXT	(ATCP_FO_KEYS * (2 * ATCP_FO_KEY_LEN + KEY_WORDS))

static void print_keys(char *text, size_t size, const u8 *octets, unsigned int n)
{
	unsigned int i, len = 0;

	for (i = 0; i < n * KEY_WORDS; i++)
		len += scnprintf(text + len, size - len, "%s%08x",
				 !i ? "" : i % KEY_WORDS ? "-" : ",",
				 get_unaligned_le32(octets + i * sizeof(u32)));
}

/* Four words of hexadecimal, between dashes, and nothing else. */
static int scan_key(const char *text, u8 *octets)
{
	u32 word[KEY_WORDS];
	unsigned int i;
	char end;

	if (sscanf(text, "%x-%x-%x-%x%c", word, word + 1, word + 2, word + 3, &end) != KEY_WORDS)
		return -EINVAL;
	for (i = 0; i < KEY_WORDS; i++)
		put_unaligned_le32(word[i], octets + i * sizeof(u32));
	return 0;
}

static int scan_keys(struct atcp_net *an, char *text)
{
	u8 octets[ATCP_FO_KEYS * ATCP_FO_KEY_LEN];
	char *second = strchr(text, ',');
	int err;

	if (second)
		*second++ = '\0';
	err = scan_key(text, octets);
	if (!err && second)
		err = scan_key(second, octets + ATCP_FO_KEY_LEN);
	return err ?: atcp_fastopen_set_keys(an, NULL, octets, second ? 2 : 1);
}

static int sysctl_fastopen_key(ATCP_CTL_CONST struct ctl_table *table, int write, void *buffer,
			       size_t *len, loff_t *pos)
{
	u8 octets[ATCP_FO_KEYS * ATCP_FO_KEY_LEN] = { 0 };
	struct atcp_net *an = table->extra2;
	char text[KEY_TEXT];
	struct ctl_table copy = {
		.data = text,
		.maxlen = sizeof(text),
		.mode = table->mode,
	};
	unsigned int n;
	int err;

	/* Zeros, as of the kernel's, while there is none. */
	n = atcp_fastopen_get_keys(an, NULL, octets) ?: 1;
	print_keys(text, sizeof(text), octets, n);
	err = proc_dostring(&copy, write, buffer, len, pos);
	if (!err && write)
		err = scan_keys(an, strim(text));
	return err;
}

/* ---- per namespace ---- */

#define SYSCTL_OTHERS		5

static void sysctl_fill(struct atcp_net *an, struct ctl_table *table)
{
	const struct ctl_table others[SYSCTL_OTHERS] = {
		{ .procname = "rmem", .data = an->rmem, .mode = 0644,
		  .proc_handler = sysctl_buffer },
		{ .procname = "wmem", .data = an->wmem, .mode = 0644,
		  .proc_handler = sysctl_buffer },
		{ .procname = "congestion_control", .mode = 0644, .extra2 = an,
		  .proc_handler = sysctl_congestion },
		{ .procname = "available_congestion_control", .mode = 0444, .extra2 = an,
		  .proc_handler = sysctl_congestions },
		{ .procname = "fastopen_key", .mode = 0600, .extra2 = an,
		  .proc_handler = sysctl_fastopen_key },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sysctl_items); i++, table++) {
		table->procname = sysctl_items[i].name;
		table->mode = 0644;
		table->proc_handler = sysctl_number;
		table->extra1 = (void *)&sysctl_items[i];
		table->extra2 = an;
	}
	memcpy(table, others, sizeof(others));
}

/**
 * atcp_sysctl_net_init() - make net.atcp of a namespace
 * @an:		its struct, with its values set
 *
 * Return: 0 or -ENOMEM.
 */
int atcp_sysctl_net_init(struct atcp_net *an)
{
	const unsigned int n = ARRAY_SIZE(sysctl_items) + SYSCTL_OTHERS;

	/* One more, empty: that is how 6.1 sees the end. */
	an->sysctl_table = kcalloc(n + 1, sizeof(*an->sysctl_table), GFP_KERNEL);
	if (!an->sysctl_table)
		return -ENOMEM;
	sysctl_fill(an, an->sysctl_table);
	an->sysctl = atcp_register_sysctl(an->net, "net/atcp", an->sysctl_table, n);
	if (an->sysctl)
		return 0;
	kfree(an->sysctl_table);
	an->sysctl_table = NULL;
	return -ENOMEM;
}

/**
 * atcp_sysctl_net_exit() - remove net.atcp of a namespace
 * @an:		its struct
 */
void atcp_sysctl_net_exit(struct atcp_net *an)
{
	unregister_net_sysctl_table(an->sysctl);
	kfree(an->sysctl_table);
}
