// SPDX-License-Identifier: GPL-2.0
/* A statically linked program, which prints that it ran. */
#include <stdio.h>

int main(void)
{
	puts("static ran");
	return 0;
}
