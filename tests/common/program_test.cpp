#include "common/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/log.h"
#include "common/version.h"

namespace parlor {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr ProgramInfo kInfo{.name = "parlor-test", .purpose = "Is tested."};

class ProgramTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "parlor-program-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string File(const std::string& name, const std::string& text) const {
    const std::string path = (folder_ / name).string();
    std::ofstream(path) << text;
    return path;
  }
  // The exit code; -1 when the program goes on with config_.
  int Start(const std::vector<std::string>& arguments,
            const std::map<std::string, std::string>& environment = {}) {
    std::ostringstream out;
    std::ostringstream err;
    const ProgramStart start = StartProgram(kInfo, arguments, environment, out, err);
    out_ = out.str();
    err_ = err.str();
    if (const int* code = std::get_if<int>(&start)) return *code;
    config_ = std::get<Config>(start);
    return -1;
  }

  std::filesystem::path folder_;
  Config config_;
  std::string out_;
  std::string err_;
};

TEST_F(ProgramTest, FlagNamesTheConfigurationFile) {
  EXPECT_EQ(Start({"--config", File("a.toml", "[database]\nname = \"a\"\n")}), -1);
  EXPECT_EQ(config_.database.name, "a");
  EXPECT_EQ(out_ + err_, "");
}

TEST_F(ProgramTest, VariableNamesTheFileAndTheFlagWins) {
  const std::string a = File("a.toml", "[database]\nname = \"a\"\n");
  const std::string b = File("b.toml", "[database]\nname = \"b\"\n");
  EXPECT_EQ(Start({}, {{"PARLOR_CONFIG", a}}), -1);
  EXPECT_EQ(config_.database.name, "a");
  EXPECT_EQ(Start({"--config=" + b}, {{"PARLOR_CONFIG", a}}), -1);
  EXPECT_EQ(config_.database.name, "b");
}

TEST_F(ProgramTest, RefusedConfigurationIsOneSentenceAndItsOwnExitCode) {
  EXPECT_EQ(Start({"--config", (folder_ / "none.toml").string()}), kExitConfig);
  EXPECT_THAT(err_, AllOf(StartsWith("parlor-test: "), HasSubstr("none.toml")));
  EXPECT_EQ(std::count(err_.begin(), err_.end(), '\n'), 1);
  EXPECT_EQ(Start({}, {{"PARLOR_MAIL_POL_MS", "1"}}), kExitConfig);
  EXPECT_THAT(err_, HasSubstr("PARLOR_MAIL_POLL_MS"));
}

TEST_F(ProgramTest, CheckConfigSaysYesOrNo) {
  const std::string good = File("good.toml", "[log]\nlevel = \"debug\"\n");
  const std::string bad = File("bad.toml", "[log]\nlevel = \"loud\"\n");
  EXPECT_EQ(Start({"--check-config", "--config", good}), 0);
  EXPECT_THAT(out_, HasSubstr(good));
  EXPECT_EQ(Start({"--check-config", "--config", bad}), kExitConfig);
  EXPECT_THAT(err_, HasSubstr("log.level"));
}

TEST_F(ProgramTest, PrintedReferenceIsAnAcceptableFile) {
  EXPECT_EQ(Start({"--print-config"}), 0);
  EXPECT_EQ(Start({"--check-config", "--config", File("reference.toml", out_)}), 0);
}

TEST_F(ProgramTest, PrintConfigWorksWithoutAnAcceptableConfiguration) {
  EXPECT_EQ(Start({"--print-config"}, {{"PARLOR_CONFIG", "/nowhere"}}), 0);
  EXPECT_THAT(out_, HasSubstr("[database]"));
}

TEST_F(ProgramTest, VersionAndHelpEndWithSuccess) {
  EXPECT_EQ(Start({"--version"}), 0);
  EXPECT_EQ(out_, "parlor-test " PARLOR_VERSION "\n");
  EXPECT_EQ(Start({"--help"}), 0);
  EXPECT_THAT(out_, AllOf(HasSubstr("Is tested."), HasSubstr("--check-config")));
}

TEST_F(ProgramTest, TextFlagGetsTheConfigurationAndEnds) {
  constexpr ProgramInfo info{.name = "parlor-test",
                             .purpose = "Is tested.",
                             .text = {"--say", "Says it",
                                      [](const Config& config, const std::string& text,
                                         std::ostream& out, std::ostream& err) {
                                        out << config.database.name << " " << text;
                                        err << "so";
                                        return 7;
                                      }}};
  const std::string file = File("a.toml", "[database]\nname = \"a\"\n");
  std::ostringstream out;
  std::ostringstream err;
  const ProgramStart start = StartProgram(info, {"--say", "", "--config", file}, {}, out, err);
  EXPECT_EQ(std::get<int>(start), 7) << "an empty text is a text";
  EXPECT_EQ(out.str(), "a ");
  EXPECT_EQ(err.str(), "so");
  EXPECT_EQ(Start({"--say", "x"}), kExitUsage) << "a program without it does not know it";
}

TEST_F(ProgramTest, AProgramsOwnReportIsWrittenWithoutAConfiguration) {
  const ProgramInfo info{"parlor-test",
                         "Is tested.",
                         {"--print-tea", "Write tea", [](std::ostream& o) { o << "tea"; }}};
  std::ostringstream out;
  std::ostringstream err;
  const std::string none = (folder_ / "none.toml").string();
  const ProgramStart start = StartProgram(info, {"--print-tea", "--config", none}, {}, out, err);
  EXPECT_EQ(std::get<int>(start), EXIT_SUCCESS);
  EXPECT_EQ(out.str() + err.str(), "tea");
  EXPECT_EQ(Start({"--print-tea"}), kExitUsage);
}

TEST_F(ProgramTest, UnknownFlagsAreRefused) {
  EXPECT_EQ(Start({"--prnt-config"}), kExitUsage);
  EXPECT_THAT(err_, HasSubstr("--prnt-config"));
  EXPECT_EQ(Start({"stray"}), kExitUsage);
  EXPECT_EQ(Start({"--config"}), kExitUsage);
}

TEST_F(ProgramTest, CgiProgramIgnoresArgumentsFromTheQuery) {
  const std::string file = File("a.toml", "[database]\nname = \"a\"\n");
  ASSERT_EQ(setenv("PARLOR_CONFIG", file.c_str(), 1), 0);
  ASSERT_EQ(setenv("GATEWAY_INTERFACE", "CGI/1.1", 1), 0);
  const char* const argv[] = {"parlor-test", "--print-config"};
  const ProgramStart start = StartProgram(kInfo, 2, argv);
  unsetenv("GATEWAY_INTERFACE");
  unsetenv("PARLOR_CONFIG");
  log::Init("parlor", log::Level::kInfo);
  ASSERT_TRUE(std::holds_alternative<Config>(start));
  EXPECT_EQ(std::get<Config>(start).database.name, "a");
}

}  // namespace
}  // namespace parlor
