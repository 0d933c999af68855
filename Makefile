# Parlor. The two commands: `make run` and `make test`. `make help` lists the rest.
#
#   MODE=release (default) | asan | tsan | debug      VAR=./var  PORT=8080  JOBS=2
#
# One Makefile, not recursive. Objects go to build/MODE/, with dependency files made by the compiler.
MODE ?= release
JOBS ?= $(shell nproc)
BUILD := build/$(MODE)
CXX := $(if $(shell command -v ccache),ccache )g++

WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Werror
FLAGS_release := -O2 -g -DNDEBUG
FLAGS_debug   := -O0 -g
FLAGS_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=undefined
FLAGS_tsan    := -O1 -g -fsanitize=thread
CPPFLAGS += -I. -I$(BUILD)/generated -DSPDLOG_COMPILED_LIB -DSPDLOG_FMT_EXTERNAL
CXXFLAGS += -std=c++20 $(WARNINGS) $(FLAGS_$(MODE)) -pthread -MMD -MP
LDFLAGS  += $(FLAGS_$(MODE)) -pthread

LIBS_common := -lmysqlcppconn -lsodium -lcrypto -lzmq -lspdlog -lfmt
LIBS_fcgi   := -lfcgi
LIBS_wsd    := -lwebsockets -luv -lcurl

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
	$(BUILD)/unit-tests
.PHONY: unit
