# shellcheck shell=bash
# Sourced by run.sh and test.sh: how builds with MODE=asan or MODE=tsan behave. What libraries that are
# not instrumented cause is suppressed by name, with the reason, in tests/sanitizers/.
#
#   REPORTS=/path    reports go to files /path.PID instead of standard error

sanitizer_options() {
  local folder=$1/tests/sanitizers to=${REPORTS:+:log_path=$REPORTS}
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:detect_stack_use_after_return=1$to}
  export LSAN_OPTIONS=${LSAN_OPTIONS:-suppressions=$folder/lsan.supp:print_suppressions=0}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1$to}
  export TSAN_OPTIONS=${TSAN_OPTIONS:-suppressions=$folder/tsan.supp:second_deadlock_stack=1$to}
}
