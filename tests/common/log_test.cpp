#include "common/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <string>

#include "tests/support/fake_clock.h"

namespace parlor::log {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

class LogTest : public ::testing::Test {
 protected:
  void SetUp() override { Init("parlor-test", Level::kInfo); }
  void TearDown() override { Init("parlor", Level::kInfo); }

  static std::string Written(const std::function<void()>& body) {
    ::testing::internal::CaptureStderr();
    body();
    return ::testing::internal::GetCapturedStderr();
  }
  // What a field with this value looks like in the record, after "key=".
  static std::string Shown(std::string_view value) {
    const std::string line = Written([&] { Info("testing", {{"key", value}}); });
    const size_t start = line.find("key=");
    EXPECT_NE(start, std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), line.size() - 1) << line;
    return line.substr(start + 4, line.size() - start - 5);
  }
};

TEST_F(LogTest, RecordIsOneLineWithTimeLevelProgramAndFields) {
  const std::string line = Written([] {
    Warning("committing a batch",
            {{"conversation", ConversationId(5)}, {"messages", 17}, {"who", "writer"}});
  });
  EXPECT_THAT(line, MatchesRegex("[0-9]+-[0-9][0-9]-[0-9][0-9]T[0-9:]+\\.[0-9][0-9][0-9]Z warning "
                                 "parlor-test committing a batch conversation=5 messages=17 "
                                 "who=writer\n"));
  EXPECT_TRUE(ParseTimestamp(line.substr(0, 24)).has_value()) << line;
}

TEST_F(LogTest, LevelsBelowTheThresholdAreNotWritten) {
  EXPECT_EQ(Written([] { Debug("testing"); }), "");
  EXPECT_THAT(Written([] { Info("testing"); }), EndsWith(" info parlor-test testing\n"));
  EXPECT_THAT(Written([] { Error("testing"); }), EndsWith(" error parlor-test testing\n"));
  Init("parlor-test", Level::kError);
  EXPECT_EQ(Written([] { Warning("testing"); }), "");
  Init("parlor-test", Level::kDebug);
  EXPECT_THAT(Written([] { Debug("testing"); }), EndsWith(" debug parlor-test testing\n"));
}

// A file stands for the journal: the variable names what standard error is.
TEST_F(LogTest, RecordsForTheJournalBeginWithTheirLevel) {
  const std::string others = Written([] {
    setenv("JOURNAL_STREAM", "1:2", 1);
    Init("parlor-test", Level::kDebug);
    Info("testing");
  });
  EXPECT_EQ(others.front(), '2') << "standard error leads elsewhere: " << others;
  const std::string lines = Written([] {
    struct stat about {};
    fstat(STDERR_FILENO, &about);
    const std::string stream = std::to_string(about.st_dev) + ":" + std::to_string(about.st_ino);
    setenv("JOURNAL_STREAM", stream.c_str(), 1);
    Init("parlor-test", Level::kDebug);
    Debug("testing");
    Info("testing");
    Warning("testing");
    Error("testing");
  });
  unsetenv("JOURNAL_STREAM");
  EXPECT_THAT(lines, MatchesRegex("<7>2[^\n]*\n<6>2[^\n]*\n<4>2[^\n]*\n<3>2[^\n]*\n"));
}

TEST_F(LogTest, LevelsHaveNames) {
  EXPECT_EQ(ParseLevel("debug"), Level::kDebug);
  EXPECT_EQ(ParseLevel("info"), Level::kInfo);
  EXPECT_EQ(ParseLevel("warning"), Level::kWarning);
  EXPECT_EQ(ParseLevel("error"), Level::kError);
}

TEST_F(LogTest, PlainValuesStandAsTheyAre) {
  EXPECT_EQ(Shown("127.0.0.1"), "127.0.0.1");
  EXPECT_EQ(Shown("/run/parlor/wsd.sock"), "/run/parlor/wsd.sock");
}

TEST_F(LogTest, OtherValuesAreQuoted) {
  EXPECT_EQ(Shown(""), R"("")");
  EXPECT_EQ(Shown("two words"), R"("two words")");
  EXPECT_EQ(Shown("a=b"), R"("a=b")");
  EXPECT_EQ(Shown(R"(say "hi")"), R"("say \"hi\"")");
  EXPECT_EQ(Shown(R"(C:\x)"), R"("C:\\x")");
}

TEST_F(LogTest, ValuesCannotForgeARecord) {
  EXPECT_EQ(Shown("x\n2026-11-22T17:04:12.123Z error"), R"("x\n2026-11-22T17:04:12.123Z error")");
  EXPECT_EQ(Shown("a\r\x1b[2Jb"), R"("a\x0d\x1b[2Jb")");
  EXPECT_EQ(Shown(std::string_view("a\0b", 3)), R"("a\x00b")");
  EXPECT_EQ(Shown("\x7f"), R"("\x7f")");
  EXPECT_EQ(Shown("\xc2\x9b"), R"("\xc2\x9b")");  // a terminal's control character beyond ASCII
  EXPECT_EQ(Shown("\xff"), R"("\xff")");
  EXPECT_EQ(Shown("{} {0} %s %n"), R"("{} {0} %s %n")");
}

TEST_F(LogTest, LongValuesAreCut) {
  const std::string shown = Shown(std::string(100'000, 'a'));
  EXPECT_EQ(shown, '"' + std::string(1000, 'a') + "...\"");
  EXPECT_EQ(Shown(std::string(1000, 'a')), std::string(1000, 'a'));
}

TEST_F(LogTest, StatusShowsCodeAndMessage) {
  const auto shown = [](const Status& status) {
    return Written([&] { Error("testing", {{"error", status}}); });
  };
  EXPECT_THAT(shown(Status(ErrorCode::kUnavailable, "gone away")),
              HasSubstr(R"(error="unavailable: gone away")"));
  EXPECT_THAT(shown(Status(ErrorCode::kInDoubt, "lost")), HasSubstr(R"(error="in_doubt: lost")"));
  EXPECT_THAT(shown(Ok()), HasSubstr("error=ok\n"));
}

TEST_F(LogTest, EveryWritesTheFirstAndCountsTheRest) {
  FakeClock clock;
  Every every(clock, 1000);
  const auto write = [&] { every.Write(Level::kWarning, "accepting", {{"error", "EMFILE"}}); };
  EXPECT_THAT(Written(write), EndsWith("accepting error=EMFILE\n"));
  for (int i = 0; i < 41; ++i) EXPECT_EQ(Written(write), "");
  clock.Advance(999);
  EXPECT_EQ(Written(write), "");
  clock.Advance(1);
  EXPECT_THAT(Written(write), EndsWith("accepting error=EMFILE suppressed=42\n"));
  clock.Advance(1000);
  EXPECT_THAT(Written(write), EndsWith("accepting error=EMFILE\n"));
}

TEST_F(LogTest, EveryMayAllowSeveralAnInterval) {
  FakeClock clock;
  Every every(clock, 1000, 3);
  int written = 0;
  for (int i = 0; i < 10; ++i) {
    if (!Written([&] { every.Write(Level::kInfo, "testing"); }).empty()) ++written;
  }
  EXPECT_EQ(written, 3);
}

}  // namespace
}  // namespace parlor::log
