// SPDX-License-Identifier: GPL-2.0
/*
 * A program with the note that Go's linker writes, behind another note, as it
 * lies in a Go program that was linked by the system's linker.
 */
__asm__(".pushsection .note.go.buildid, \"a\", @note\n"
	".balign 4\n"
	".long 4, 5, 4\n"
	".asciz \"Go\"\n"
	".byte 0\n"
	".ascii \"abcde\"\n"
	".balign 4\n"
	".popsection\n");

int main(void)
{
	return 0;
}
