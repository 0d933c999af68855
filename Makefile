# Parlor. The two commands:
#
#   make run       builds and runs everything in the foreground until Ctrl-C    PORT=8080  VAR=./var
#   make test      every test there is: unit tests, the real stack, the web client; ends in `N passed, N failed`
#
# Both first install what Debian lacks (packages.txt). The rest:
#
#   make           builds both programs into build/MODE/
#   make unit      builds and runs the unit tests             FILTER='HubTest.*' picks some
#   make itest     runs tests/integration over the real stack FILTER='login' picks some
#   make contract  runs tests/contract: documents against the programs
#   make webtest   runs tests/web (the client module under Node), then tests/browser (the page in Chromium)
#   make packagetest  as root: installs, upgrades and removes the Debian package in a clean root (tests/package)
#   make bench     loads a stack of its own and prints figures  PAIRS=200  SECONDS_EACH=10  ROUNDS=3  SOCKETS=1000  GROUP_SECONDS=30  MAX_P99_MS=0 (of the group; beyond it fails)
#   make lint      clang-format, clang-tidy, our own rules (scripts/lint.py), shellcheck, the interface documents   TIDY_TESTS=1: tests too
#   make format    rewrites our C++ as `make lint` wants it
#   make reference writes the options into docs/admin/configure.md, as the program prints them
#   make clean     removes build/ (var/ stays: it holds data)
#   make install   DESTDIR=  PREFIX=/usr/local  SYSCONFDIR=/etc  UNITDIR=PREFIX/lib/systemd/system  STRIP= (1: without symbols)
#   make deb       build/deb/parlor_VERSION_ARCH.deb, without the network   VERSION= (of common/version.h)
#
#   MODE=release (default) | debug | asan (address and undefined behaviour) | tsan (threads)
#   JOBS=2         how many compilers at once
#
# docs/development.md tells more. One Makefile, not recursive. Objects go to build/MODE/, with dependency
# files made by the compiler.
MODE ?= release
JOBS ?= $(shell nproc)
BUILD := build/$(MODE)
CXX := $(if $(shell command -v ccache),ccache )g++

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Werror
# A release is hardened as Debian hardens its packages.
FLAGS_release := -O2 -g -DNDEBUG -fstack-protector-strong -fstack-clash-protection -fcf-protection -Wformat -D_FORTIFY_SOURCE=2
LDFLAGS_release := -pie -Wl,-z,relro -Wl,-z,now
FLAGS_debug   := -O0 -g
# g++ 12 takes moved variants for uninitialized when it instruments; release builds keep that warning.
FLAGS_asan    := -Wno-maybe-uninitialized -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_tsan    := -Wno-maybe-uninitialized -O1 -g -fsanitize=thread
ifndef FLAGS_$(MODE)
$(error MODE=$(MODE) is none of release, debug, asan, tsan)
endif
CPPFLAGS += -I. -I$(BUILD)/generated -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL
CXXFLAGS += -std=c++20 $(WARNINGS) $(FLAGS_$(MODE)) -pthread -MMD -MP
LDFLAGS  += $(FLAGS_$(MODE)) $(LDFLAGS_$(MODE)) -pthread

LIBS_common := -lmysqlcppconn -lsodium -lcrypto -lzmq -lspdlog -lfmt
LIBS_fcgi   := -lfcgi
LIBS_wsd    := -lwebsockets -luv -lcurl -lre2 -lsystemd -lprometheus-cpp-core -lcivetweb

sources = $(filter-out %_test.cpp,$(wildcard $(addsuffix /*.cpp,$(1))))
objects = $(patsubst %.cpp,$(BUILD)/%.o,$(1))

COMMON_OBJ := $(call objects,$(call sources,common))
FCGI_OBJ   := $(call objects,$(filter-out fcgi/main.cpp,$(call sources,fcgi fcgi/handlers)))
WSD_OBJ    := $(call objects,$(filter-out wsd/main.cpp,$(call sources,wsd wsd/bot)))

all: $(BUILD)/parlor-fcgi $(BUILD)/parlor-wsd

$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(CPPFLAGS) $(CXXFLAGS) -c $< -o $@

$(BUILD)/libparlor_common.a: $(COMMON_OBJ)
	@rm -f $@; ar rcs $@ $^

$(BUILD)/parlor-fcgi: $(BUILD)/fcgi/main.o $(FCGI_OBJ) $(BUILD)/libparlor_common.a
	$(CXX) $(LDFLAGS) $^ -o $@ $(LIBS_fcgi) $(LIBS_common)

$(BUILD)/parlor-wsd: $(BUILD)/wsd/main.o $(WSD_OBJ) $(BUILD)/libparlor_common.a
	$(CXX) $(LDFLAGS) $^ -o $@ $(LIBS_wsd) $(LIBS_common)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all

# ---- unit tests: one binary, every tests/{common,fcgi,wsd,contract}/*_test.cpp and tests/support/*.cpp ------------------
TEST_OBJ := $(patsubst %.cpp,$(BUILD)/%.o,$(wildcard $(addsuffix /*.cpp,tests/common tests/fcgi tests/wsd tests/contract tests/support)))

$(BUILD)/unit-tests: $(TEST_OBJ) $(FCGI_OBJ) $(WSD_OBJ) $(BUILD)/libparlor_common.a
	$(CXX) $(LDFLAGS) $^ -o $@ -lgtest -lgmock -lgtest_main $(LIBS_fcgi) $(LIBS_wsd) $(LIBS_common)

unit: $(BUILD)/unit-tests
	scripts/test.sh unit
.PHONY: unit

# ---- benchmarks: one binary of tests/bench/*.cpp, which speaks to a running stack -------------------------------------------
BENCH_OBJ := $(call objects,$(wildcard tests/bench/*.cpp))

$(BUILD)/bench: $(BENCH_OBJ) $(BUILD)/libparlor_common.a
	$(CXX) $(LDFLAGS) $^ -o $@ $(LIBS_wsd) $(LIBS_common)

# ---- the commands. What is installed first may change what make sees (ccache), so the build is a make of its own. ---------
# setpriv: a make that is killed takes the stack with it.
run:
	@scripts/install.sh build run
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=$(MODE) all
	@exec setpriv --pdeathsig TERM scripts/run.sh

test:
	@scripts/install.sh build run test deb
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=$(MODE) all $(BUILD)/unit-tests $(BUILD)/bench
	@scripts/test.sh unit contract itest web browser package

itest: all $(BUILD)/bench
	scripts/test.sh itest

contract: all
	scripts/test.sh contract

webtest: all
	scripts/test.sh web browser

# As root: a clean Debian in a folder of /tmp, with the package installed, upgraded, removed in it.
packagetest:
	@scripts/install.sh build run test deb
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=$(MODE) all
	@scripts/test.sh package

bench:
	@scripts/install.sh build run test
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=$(MODE) all $(BUILD)/bench
	@tests/bench/bench.sh

lint:
	@scripts/install.sh build test lint
	@/usr/bin/python3 scripts/lint.py --jobs $(JOBS) $(if $(TIDY_TESTS),--tidy-tests) -- $(CPPFLAGS) -std=c++20

# ---- installing. docs/admin/install.md is the administrator's page. Nothing is built here but what is missing, nothing
# is started, and configuration that is there already is not touched.
PREFIX     ?= /usr/local
SYSCONFDIR ?= /etc
SBINDIR    ?= $(PREFIX)/sbin
DATADIR    ?= $(PREFIX)/share/parlor
UNITDIR    ?= $(PREFIX)/lib/systemd/system
SOURCE_VERSION := $(shell sed -n 's/^\#define PARLOR_VERSION "\(.*\)"/\1/p' common/version.h)
INSTALL_PROGRAM = install -m 0755 $(if $(STRIP),-s)
FILL_IN = sed -e 's|@SBINDIR@|$(SBINDIR)|g' -e 's|@SYSCONFDIR@|$(SYSCONFDIR)|g' -e 's|@DATADIR@|$(DATADIR)|g' \
  -e 's|@VERSION@|$(SOURCE_VERSION)|g'
D_SHARE = $(DESTDIR)$(DATADIR)
D_ETC   = $(DESTDIR)$(SYSCONFDIR)/parlor
D_MAN   = $(DESTDIR)$(PREFIX)/share/man/man8

install: all
	@case $(DATADIR) in */parlor) ;; *) echo "DATADIR=$(DATADIR): must end in /parlor, since what is in it is replaced." >&2; exit 1 ;; esac
	umask 022 && install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(UNITDIR) $(D_SHARE)/config $(D_ETC)/nginx $(D_MAN) \
	  $(DESTDIR)$(PREFIX)/lib/sysusers.d $(DESTDIR)$(PREFIX)/lib/tmpfiles.d
	$(INSTALL_PROGRAM) $(BUILD)/parlor-fcgi $(BUILD)/parlor-wsd $(DESTDIR)$(SBINDIR)
	$(FILL_IN) packaging/parlor-setup >$(DESTDIR)$(SBINDIR)/parlor-setup && chmod 0755 $(DESTDIR)$(SBINDIR)/parlor-setup
	for unit in parlor-wsd parlor-fcgi parlor-fcgi-auth; do \
	  $(FILL_IN) systemd/$$unit.service >$(DESTDIR)$(UNITDIR)/$$unit.service && chmod 0644 $(DESTDIR)$(UNITDIR)/$$unit.service || exit 1; done
	install -m 0644 systemd/sysusers.conf $(DESTDIR)$(PREFIX)/lib/sysusers.d/parlor.conf
	install -m 0644 systemd/tmpfiles.conf $(DESTDIR)$(PREFIX)/lib/tmpfiles.d/parlor.conf
	install -m 0644 packaging/setup-database.bash $(D_SHARE)
	install -m 0644 packaging/parlor-fcgi.toml packaging/parlor-wsd.toml $(D_SHARE)/config
	$(BUILD)/parlor-wsd --print-config >$(D_SHARE)/config/reference.toml && chmod 0644 $(D_SHARE)/config/reference.toml
	rm -rf $(D_SHARE)/sql $(D_SHARE)/web $(D_SHARE)/watch  # what this version has no more
	cp -R --no-preserve=mode,ownership sql web watch $(D_SHARE)/
	chmod -R u=rwX,go=rX $(D_SHARE) && chmod 0755 $$(find $(D_SHARE)/sql -name '*.sh')
	for file in packaging/workers nginx/parlor-http.conf nginx/parlor-locations.conf nginx/parlor-web.conf; do \
	  target=$(D_ETC)/$${file#packaging/}; [ ! -e $$target ] || continue; \
	  RUN_DIR=/run/parlor/front WEB_DIR=$(DATADIR)/web scripts/render.sh $$file >$$target.new && chmod 0644 $$target.new && \
	  mv $$target.new $$target || { rm -f $$target.new; exit 1; }; done
	for page in packaging/man/*.8; do $(FILL_IN) $$page >$(D_MAN)/$${page##*/} && chmod 0644 $(D_MAN)/$${page##*/} || exit 1; done

deb:
	@scripts/install.sh build deb
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=release all
	@scripts/deb.sh $(VERSION)

OUR_CPP = $(shell git ls-files --cached --others --exclude-standard '*.cpp' '*.h')
format:
	clang-format -i $(OUR_CPP)

reference: $(BUILD)/parlor-wsd
	/usr/bin/python3 scripts/reference.py $(BUILD)/parlor-wsd docs/admin/configure.md

clean:
	rm -rf build

help:
	@sed -n '/^#/!q;s/^# \{0,1\}//p' Makefile

export MODE PORT VAR FILTER
.PHONY: run test itest contract webtest packagetest bench lint install deb format reference clean help
