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
#   make bench     loads a stack of its own and prints figures  PAIRS=200  SECONDS_EACH=10  ROUNDS=3  SOCKETS=1000  GROUP_SECONDS=30  MAX_P99_MS=0 (of the group; beyond it fails)
#   make lint      clang-format, clang-tidy, our own rules (scripts/lint.py), shellcheck, the interface documents   TIDY_TESTS=1: tests too
#   make format    rewrites our C++ as `make lint` wants it
#   make reference writes the options into docs/admin/configure.md, as the program prints them
#   make clean     removes build/ (var/ stays: it holds data)
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
FLAGS_release := -O2 -g -DNDEBUG
FLAGS_debug   := -O0 -g
# g++ 12 takes moved variants for uninitialized when it instruments; release builds keep that warning.
FLAGS_asan    := -Wno-maybe-uninitialized -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_tsan    := -Wno-maybe-uninitialized -O1 -g -fsanitize=thread
ifndef FLAGS_$(MODE)
$(error MODE=$(MODE) is none of release, debug, asan, tsan)
endif
CPPFLAGS += -I. -I$(BUILD)/generated -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL
CXXFLAGS += -std=c++20 $(WARNINGS) $(FLAGS_$(MODE)) -pthread -MMD -MP
LDFLAGS  += $(FLAGS_$(MODE)) -pthread

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
	@scripts/install.sh build run test
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=$(MODE) all $(BUILD)/unit-tests $(BUILD)/bench
	@scripts/test.sh unit contract itest web browser

itest: all $(BUILD)/bench
	scripts/test.sh itest

contract: all
	scripts/test.sh contract

webtest: all
	scripts/test.sh web browser

bench:
	@scripts/install.sh build run test
	@$(MAKE) --no-print-directory -j$(JOBS) MODE=$(MODE) all $(BUILD)/bench
	@tests/bench/bench.sh

lint:
	@scripts/install.sh build test lint
	@/usr/bin/python3 scripts/lint.py --jobs $(JOBS) $(if $(TIDY_TESTS),--tidy-tests) -- $(CPPFLAGS) -std=c++20

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
.PHONY: run test itest contract webtest bench lint format reference clean help
