/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The headers of an ELF file of the kind that this program itself is.
 */
#ifndef TOOLS_NATIVE_ELF_H
#define TOOLS_NATIVE_ELF_H

#include <linux/elf.h>

#if __SIZEOF_POINTER__ == 8
#define native_hdr	elf64_hdr
#define native_phdr	elf64_phdr
#define native_note	elf64_note
#else
#define native_hdr	elf32_hdr
#define native_phdr	elf32_phdr
#define native_note	elf32_note
#endif

/* The start of this program's own file, as the linker names it. */
extern const struct native_hdr __ehdr_start __attribute__((visibility("hidden")));

#endif /* TOOLS_NATIVE_ELF_H */
