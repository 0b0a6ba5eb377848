/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The program that atcp-run is asked to run: where it is, and whether a
 * preloaded library reaches it.
 */
#ifndef TOOLS_TARGET_H
#define TOOLS_TARGET_H

#include <stdbool.h>
#include <stddef.h>

/**
 * target_find() - look a program up as execvp(3) will
 * @name: what the user typed
 * @path: receives the path
 * @size: bytes at @path
 *
 * Return: true if an executable file of that name was found.
 */
bool target_find(const char *name, char *path, size_t size);

/**
 * target_obstacle() - why a preloaded library does not reach a program
 * @path: the program's file; of a script, its interpreter is examined
 *
 * Return: the rest of a sentence that begins with the program's name, or NULL
 * if there is no known obstacle (which includes a file that may be executed
 * but not read).
 */
const char *target_obstacle(const char *path);

#endif /* TOOLS_TARGET_H */
