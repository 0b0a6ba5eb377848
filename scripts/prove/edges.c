// SPDX-License-Identifier: GPL-2.0
/*
 * edges: writes atcp_edges[] as Promela, or as a list.
 *
 * The table is compiled in from the module's own file, so that the model has the
 * states and edges that the code has, and no others.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../module/core/fsm.c"

void host_warn(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: %s\n", file, line, what);
	exit(1);
}

/* SYN-SENT is SYN_SENT where names are identifiers. */
static const char *identifier(enum atcp_state state)
{
	static char name[ATCP_N_STATES][32];
	char *c;

	strscpy(name[state], atcp_state_name(state), sizeof(name[state]));
	for (c = name[state]; *c; c++)
		if (*c == '-')
			*c = '_';
	return name[state];
}

static void names(void)
{
	unsigned int i;

	for (i = 1; i < ATCP_N_STATES; i++)
		printf("#define %s %u\n", identifier(i), i);
	printf("#define BY_SEGMENT %u\n#define BY_CALL %u\n#define BY_TIMER %u\n",
	       (unsigned int)ATCP_BY_SEGMENT, (unsigned int)ATCP_BY_CALL,
	       (unsigned int)ATCP_BY_TIMER);
}

static void legal(void)
{
	unsigned int i;

	printf("#define LEGAL(from, to, why) ( \\\n");
	for (i = 0; i < atcp_n_edges; i++)
		printf("\t(from == %s && to == %s && (%u & (1 << why))) || \\\n",
		       identifier(atcp_edges[i].from), identifier(atcp_edges[i].to),
		       atcp_edges[i].causes);
	printf("\tfalse)\n");
}

/* What the verifier keeps beside the model's state, and says when it ends. */
static void coverage(void)
{
	unsigned int n = ATCP_N_STATES;

	printf("c_decl {\n"
	       "\tunsigned char edge_seen[%u][%u];\n"
	       "\tunsigned long n_full;\n"
	       "\tvoid report_edges(void)\n"
	       "\t{\n"
	       "\t\tint from, to;\n"
	       "\t\tfor (from = 0; from < %u; from++)\n"
	       "\t\t\tfor (to = 0; to < %u; to++)\n"
	       "\t\t\t\tif (edge_seen[from][to])\n"
	       "\t\t\t\t\tprintf(\"edge %%d %%d %%d\\n\", from, to,\n"
	       "\t\t\t\t\t       edge_seen[from][to]);\n"
	       "\t\tprintf(\"full %%lu\\n\", n_full);\n"
	       "\t}\n"
	       "};\n", n, n, n, n);
}

static void list(void)
{
	unsigned int i;

	for (i = 0; i < atcp_n_edges; i++)
		printf("%u %u %u %s %s\n", atcp_edges[i].from, atcp_edges[i].to,
		       atcp_edges[i].causes, atcp_state_name(atcp_edges[i].from),
		       atcp_state_name(atcp_edges[i].to));
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		list();
		return 0;
	}
	printf("/* Made from module/core/fsm.c. */\n");
	names();
	legal();
	coverage();
	return 0;
}
