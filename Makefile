# SPDX-License-Identifier: GPL-2.0
#
# atcp: the targets that people type.  What belongs to the kernel's build is in
# Kbuild; guests, tests and checks are in scripts/.

# The kernel to build for: KDIR, or KERNEL_SRC, or the running one.
KERNEL_SRC ?= /lib/modules/$(shell uname -r)/build
KDIR ?= $(KERNEL_SRC)
GUEST ?= uml

all: modules

modules modules_install:
	@test -e $(KDIR)/Makefile || { \
		echo "No kernel headers in $(KDIR)."; \
		echo "Install them (Debian: apt-get install linux-headers-$$(uname -r)),"; \
		echo "or name others: make KDIR=/path/to/headers."; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) $@

install: modules_install
	depmod -a $(notdir $(patsubst %/build,%,$(KDIR)))
	$(MAKE) -C tools install

clean:
	rm -rf build
	find . \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o \
		-name '.*.cmd' -o -name 'modules.order' -o -name 'Module.symvers' \) \
		-not -path './.git/*' -type f -delete
	for d in tools tests scripts/host; do \
		test ! -e $$d/Makefile || $(MAKE) -C $$d clean || exit; done

tools:
	$(MAKE) -C tools

run:
	scripts/demo

test:
	scripts/need host guest stock kernel programs
	scripts/test

quick:
	scripts/need host guest kernel programs
	scripts/test --quick

host-test:
	scripts/need host
	$(MAKE) -C scripts/host test

fuzz:
	scripts/need host
	$(MAKE) -C scripts/host fuzz

mutate:
	scripts/need host
	nice scripts/mutate

walks:
	scripts/need host guest kernel
	scripts/walks

prove:
	scripts/need prove
	scripts/prove/prove

kunit:
	scripts/need guest kernel
	scripts/test --stage kunit

check:
	scripts/check

conformance:
	scripts/conformance

bench:
	scripts/need host guest stock programs
	scripts/bench

bench-loss:
	scripts/need host guest kernel programs plots
	scripts/bench-loss

bench-fair:
	scripts/need host guest kernel programs plots
	scripts/bench-fair

shell:
	scripts/need guest programs
	scripts/vm --kernel $(GUEST) --interactive --timeout 1000000 -- bash -i

help:
	@echo 'On this machine:'
	@echo '  make              the module, for the running kernel (KDIR= for another)'
	@echo '  make tools        atcp-run and its friends'
	@echo '  make install      both, as root'
	@echo '  make clean        remove what was built here'
	@echo 'In guests (GUEST=uml, uml-debug, kunit, debug, debian-6.12 or debian-6.1):'
	@echo '  make run          the demonstration: real programs, real traffic'
	@echo '  make shell        a shell in a guest with the module loaded'
	@echo '  make test         every test; make quick: those that need two minutes'
	@echo '  make bench        how fast, beside the kernel'"'"'s TCP in the same guest'
	@echo '  make bench-loss   the same over paths that lose, reorder and queue: a grid, in virtual time'
	@echo '  make bench-fair   how flows of both share one bottleneck, in virtual time'
	@echo 'For who changes the code:'
	@echo '  make host-test    the core and its suites in userspace, in seconds'
	@echo '  make fuzz         the fuzzers, until stopped'
	@echo '  make mutate       the core, broken in thousands of ways: do the suites find each?'
	@echo '  make walks        random walks over both stacks, compared: 100,000, in minutes'
	@echo '  make prove        models and bounded proofs, and that they see what is broken'
	@echo '  make kunit        the suites inside a kernel'
	@echo '  make check        coding style, sparse, cppcheck, warnings; tags of the conformance matrix'
	@echo '  make conformance  the matrix of requirements and rows, with the results of the last test'

.PHONY: all modules modules_install install clean tools run test quick host-test \
	fuzz mutate walks prove kunit check conformance bench bench-loss bench-fair \
	shell help
