#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# guests: uml debian-6.12 debian-6.1
#
# The tools with the module loaded; see there.
exec sh "$(dirname "$0")/../tools/test/module.sh"
