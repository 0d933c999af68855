#include "common/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "common/config_table.h"

namespace parlor {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Environment = std::map<std::string, std::string>;

// Everything in a Config as "key=value" lines, by the table: equal dumps are equal configurations.
std::string Dump(Config config) {
  struct Value {
    Config& config;
    std::string operator()(TextAccessor place) const { return "text " + place(config); }
    std::string operator()(NumberAccessor place) const { return std::to_string(place(config)); }
    std::string operator()(ListAccessor place) const {
      std::string joined = "list";
      for (const std::string& item : place(config)) joined += " [" + item + "]";
      return joined;
    }
  };
  std::string dump;
  for (const Option& option : ConfigOptions()) {
    dump += OptionKey(option) + "=" + std::visit(Value{config}, option.place) + "\n";
  }
  return dump;
}

std::string Reference() {
  std::ostringstream out;
  PrintConfigReference(out);
  return out.str();
}

class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern =
        (std::filesystem::temp_directory_path() / "parlor-config-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    path_ = (folder_ / "parlor.toml").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Result<Config> Load(const std::string& toml, const Environment& environment = {}) {
    std::ofstream(path_) << toml;
    return LoadConfig(path_, environment);
  }
  // The sentence with which this file is refused; empty if it is not.
  std::string Refusal(const std::string& toml) {
    const Result<Config> loaded = Load(toml);
    return loaded.ok() ? "" : loaded.status().message();
  }
  static std::string EnvironmentRefusal(const std::string& variable, const std::string& text) {
    const Result<Config> loaded = LoadConfig("", {{variable, text}});
    return loaded.ok() ? "" : loaded.status().message();
  }

  std::filesystem::path folder_;
  std::string path_;
};

// ---- The table

TEST(ConfigTableTest, EveryOptionIsExplainedAndStandsInAKnownSection) {
  std::set<std::string_view> sections;
  for (const Section& section : ConfigSections()) {
    EXPECT_GT(section.help.size(), 10U) << section.name;
    EXPECT_TRUE(sections.insert(section.name).second);
  }
  for (const Option& option : ConfigOptions()) {
    EXPECT_TRUE(sections.contains(option.section)) << option.section;
    EXPECT_GT(option.help.size(), 12U) << OptionKey(option);
    EXPECT_TRUE(option.help.ends_with('.')) << OptionKey(option);
    EXPECT_EQ(option.accepts == nullptr, option.allowed.empty()) << OptionKey(option);
  }
}

TEST(ConfigTableTest, EveryOptionHasAPlaceAKeyAndAVariableOfItsOwn) {
  std::set<std::string> keys;
  std::set<std::string> variables;
  std::set<const void*> places;
  Config config;
  for (const Option& option : ConfigOptions()) {
    EXPECT_TRUE(keys.insert(OptionKey(option)).second) << OptionKey(option);
    EXPECT_TRUE(variables.insert(OptionVariable(option)).second) << OptionVariable(option);
    const void* place =
        std::visit([&](auto at) { return static_cast<const void*>(&at(config)); }, option.place);
    EXPECT_TRUE(places.insert(place).second) << OptionKey(option);
  }
}

TEST(ConfigTableTest, KnowsEveryMemberOfConfig) {
  // Every member's size is a multiple of eight bytes, so there is no padding: the members that the
  // table knows fill the struct, or one was forgotten.
  size_t bytes = sizeof(Config::file);  // the one that is no option
  Config config;
  for (const Option& option : ConfigOptions()) {
    bytes += std::visit([&](auto at) { return sizeof(at(config)); }, option.place);
  }
  EXPECT_EQ(bytes, sizeof(Config));
}

TEST(ConfigTableTest, FindsAndCopiesWhatAReloadHasChanged) {
  Config before;
  Config after;
  EXPECT_TRUE(ChangedOptions(before, after).empty());
  after.socket.allowed_origins = {"https://chat.example.org"};
  after.limits.message_burst = 7;
  after.log.level = "debug";
  after.database.name = "other";
  std::string changed;
  for (const Option* option : ChangedOptions(before, after)) {
    changed += OptionKey(*option) + (option->reload ? " " : "! ");
    CopyOption(*option, after, before);
  }
  EXPECT_EQ(changed, "database.name! socket.allowed_origins limits.message_burst log.level ");
  EXPECT_TRUE(ChangedOptions(before, after).empty());
}

TEST(ConfigTableTest, DefaultsAreWithinTheirBounds) {
  Config config;
  for (const Option& option : ConfigOptions()) {
    if (const auto* number = std::get_if<NumberAccessor>(&option.place)) {
      const int64_t value = (*number)(config);
      EXPECT_LT(option.min, option.max) << OptionKey(option);
      EXPECT_TRUE((value >= option.min && value <= option.max) ||
                  (value == 0 && !option.zero.empty()))
          << OptionKey(option);
    } else if (const auto* text = std::get_if<TextAccessor>(&option.place)) {
      EXPECT_TRUE(option.accepts == nullptr || option.accepts((*text)(config)))
          << OptionKey(option);
    }
  }
}

TEST(ConfigTableTest, PasswordsAreSecret) {
  for (const Option& option : ConfigOptions()) {
    const bool sounds_secret = option.name.ends_with("password") || option.name.ends_with("key");
    EXPECT_EQ(option.secret, sounds_secret) << OptionKey(option);
  }
}

// ---- The reference

TEST_F(ConfigTest, NothingGivenMeansTheDefaults) {
  const Result<Config> loaded = LoadConfig("", {});
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(Dump(*loaded), Dump(Config{}));
}

TEST_F(ConfigTest, ReferenceLoadsToExactlyTheDefaults) {
  const Result<Config> loaded = Load(Reference());
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(Dump(*loaded), Dump(Config{}));
}

TEST_F(ConfigTest, ReferenceShowsEveryOptionOnItsOwnLine) {
  const std::string reference = Reference();
  for (const Option& option : ConfigOptions()) {
    EXPECT_THAT(reference, HasSubstr("\n" + std::string(option.name) + " = "));
  }
  std::istringstream lines(reference);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
}

// ---- The file

TEST_F(ConfigTest, FileSetsEveryTypeOfOption) {
  const Result<Config> loaded = Load(R"(
[database]
name = "chat"
[limits]
messages_per_second = 7
[socket]
allowed_origins = ["https://a.example", "http://b.example:8080"]
)");
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(loaded->database.name, "chat");
  EXPECT_EQ(loaded->limits.messages_per_second, 7);
  EXPECT_THAT(loaded->socket.allowed_origins,
              ElementsAre("https://a.example", "http://b.example:8080"));
  EXPECT_EQ(loaded->limits.message_burst, Config{}.limits.message_burst);
}

TEST_F(ConfigTest, MissingFileIsRefusedByName) {
  const Result<Config> loaded = LoadConfig((folder_ / "none.toml").string(), {});
  ASSERT_FALSE(loaded.ok());
  EXPECT_THAT(loaded.status().message(), HasSubstr("none.toml: "));
}

TEST_F(ConfigTest, BrokenTomlIsRefusedWithItsLine) {
  EXPECT_THAT(Refusal("[database]\nport = = 3\n"), HasSubstr("parlor.toml, line 2: "));
  EXPECT_THAT(Refusal("[database]\nport = 1\nport = 2\n"), HasSubstr("line 3: "));
}

TEST_F(ConfigTest, UnknownKeyIsRefusedWithTheNearestOption) {
  EXPECT_THAT(Refusal("[database]\nsokcet = \"/x\"\n"),
              AllOf(HasSubstr("line 2: "), HasSubstr("\"database.sokcet\""),
                    HasSubstr("the nearest is \"database.socket\"")));
  EXPECT_THAT(Refusal("[limits.more]\nx = 1\n"), HasSubstr("\"limits.more\""));
}

TEST_F(ConfigTest, UnknownSectionIsRefusedWithTheNearestOne) {
  EXPECT_THAT(Refusal("[databse]\nport = 3306\n"),
              AllOf(HasSubstr("\"databse\""), HasSubstr("the nearest is [database]")));
  EXPECT_THAT(Refusal("[databse]\n"), HasSubstr("[database]"));
  EXPECT_THAT(Refusal("level = \"info\"\n"), HasSubstr("stands in a section"));
  EXPECT_THAT(Refusal("log = \"info\"\n"), HasSubstr("stands in a section"));
}

TEST_F(ConfigTest, WrongTypeIsRefusedWithWhatIsAllowed) {
  EXPECT_THAT(Refusal("[database]\nport = \"3306\"\n"),
              HasSubstr("line 2: database.port must be a whole number from 1 to 65535"));
  EXPECT_THAT(Refusal("[database]\nport = 3306.0\n"), HasSubstr("a whole number"));
  EXPECT_THAT(Refusal("[database]\nport = true\n"), HasSubstr("a whole number"));
  EXPECT_THAT(Refusal("[database]\nhost = 127\n"), HasSubstr("database.host must be text"));
  EXPECT_THAT(Refusal("[socket]\nallowed_origins = \"*\"\n"), HasSubstr("must be a list"));
  EXPECT_THAT(Refusal("[socket]\nallowed_origins = [\"*\", 1]\n"), HasSubstr("must be a list"));
  EXPECT_THAT(Refusal("[[database]]\nport = 1\n"), Not(IsEmpty()));
}

TEST_F(ConfigTest, NumbersStayWithinTheirBounds) {
  for (const Option& option : ConfigOptions()) {
    const auto* number = std::get_if<NumberAccessor>(&option.place);
    if (number == nullptr) continue;
    const auto refused = [&](int64_t value) {
      return EnvironmentRefusal(OptionVariable(option), std::to_string(value));
    };
    EXPECT_THAT(refused(option.max + 1), HasSubstr(std::to_string(option.max)))
        << OptionKey(option);
    EXPECT_THAT(refused(-1), HasSubstr(OptionVariable(option))) << OptionKey(option);
    EXPECT_EQ(refused(0).empty(), option.min == 0 || !option.zero.empty()) << OptionKey(option);
  }
  EXPECT_THAT(Refusal("[bus]\nsweep_ms = 5\n"),
              HasSubstr("bus.sweep_ms is 5; it must be a whole number from 10 to 1000"));
}

TEST_F(ConfigTest, TextsLookLikeWhatTheyAre) {
  const std::string long_path = "/" + std::string(120, 'x');
  const std::pair<const char*, std::string> bad[] = {
      {"PARLOR_DATABASE_SOCKET", "relative/path"},
      {"PARLOR_DATABASE_NAME", ""},
      {"PARLOR_DATABASE_NAME", "par`lor"},
      {"PARLOR_BUS_ENDPOINT", "tcp://0.0.0.0:5555"},
      {"PARLOR_BUS_ENDPOINT", "ipc://"},
      {"PARLOR_BUS_ENDPOINT", "ipc://" + long_path},
      {"PARLOR_HTTP_PUBLIC_URL", ""},
      {"PARLOR_HTTP_PUBLIC_URL", "chat.example.org"},
      {"PARLOR_HTTP_PUBLIC_URL", "https://chat.example.org/"},
      {"PARLOR_HTTP_PUBLIC_URL", "https://chat.example.org\r\nBcc: x"},
      {"PARLOR_HTTP_PUBLIC_URL", "https://"},
      {"PARLOR_SOCKET_LISTEN_PATH", long_path},
      {"PARLOR_SOCKET_LISTEN_OWNER", "www-data"},
      {"PARLOR_SOCKET_LISTEN_ADDRESS", "localhost"},
      {"PARLOR_SOCKET_ALLOWED_ORIGINS", "chat.example.org"},
      {"PARLOR_SOCKET_ALLOWED_ORIGINS", "https://chat.example.org/path"},
      {"PARLOR_PASSWORD_SLOTS_PATH", ""},
      {"PARLOR_MAIL_SMTP_URL", "http://mail.example.org"},
      {"PARLOR_MAIL_SMTP_TLS", "try"},
      {"PARLOR_MAIL_FROM", "Parlor <parlor@example.org>"},
      {"PARLOR_MAIL_FROM", "parlor@example.org\r\nBcc: x@example.org"},
      {"PARLOR_MAIL_HELO_NAME", "a b"},
      {"PARLOR_BOT_ENGINE", "gpt"},
      {"PARLOR_BOT_OPENAI_URL", "api.example.org/v1"},
      {"PARLOR_BOT_OPENAI_URL", "file:///etc/passwd"},
      {"PARLOR_BOT_OPENAI_URL", "https://"},
      {"PARLOR_BOT_OPENAI_URL", "https://user:pass@example.org/v1"},
      {"PARLOR_BOT_OPENAI_URL", "https://example.org/v1?key=1"},
      {"PARLOR_BOT_OPENAI_URL", "https://example.org/v 1"},
      {"PARLOR_BOT_OPENAI_KEY", "key\r\nX-More: x"},
      {"PARLOR_BOT_OPENAI_TLS", "try"},
      {"PARLOR_BOT_OPENAI_CA", "ca.pem"},
      {"PARLOR_LOG_LEVEL", "verbose"},
  };
  for (const auto& [variable, text] : bad) {
    EXPECT_THAT(EnvironmentRefusal(variable, text),
                AllOf(HasSubstr(variable), HasSubstr("must be")))
        << text;
  }
  const std::pair<const char*, std::string> good[] = {
      {"PARLOR_HTTP_PUBLIC_URL", "https://chat.example.org"},
      {"PARLOR_HTTP_PUBLIC_URL", "https://example.org:8443/chat"},
      {"PARLOR_SOCKET_LISTEN_OWNER", "parlor:www-data"},
      {"PARLOR_SOCKET_LISTEN_ADDRESS", "::1"},
      {"PARLOR_SOCKET_ALLOWED_ORIGINS", "*"},
      {"PARLOR_SOCKET_ALLOWED_ORIGINS", ""},
      {"PARLOR_MAIL_SMTP_URL", "smtps://mail.example.org:465"},
      {"PARLOR_MAIL_FOLDER", "/var/mail/parlor folder"},
      {"PARLOR_BOT_OPENAI_URL", "https://api.example.org:8443/v1/"},
      {"PARLOR_BOT_OPENAI_URL", "http://127.0.0.1:11434/v1"},
      {"PARLOR_BOT_OPENAI_URL", "http://[::1]:11434/v1"},
      {"PARLOR_BOT_OPENAI_KEY", "sk-Ab_9.~+/="},
  };
  for (const auto& [variable, text] : good)
    EXPECT_EQ(EnvironmentRefusal(variable, text), "") << text;
}

// ---- The environment

TEST_F(ConfigTest, EnvironmentWinsOverTheFile) {
  const Result<Config> loaded = Load("[limits]\nmessages_per_second = 7\nmessage_burst = 70\n",
                                     {{"PARLOR_LIMITS_MESSAGES_PER_SECOND", "9"}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_EQ(loaded->limits.messages_per_second, 9);
  EXPECT_EQ(loaded->limits.message_burst, 70);
}

TEST_F(ConfigTest, EnvironmentListsAreSeparatedByCommas) {
  const Result<Config> loaded =
      LoadConfig("", {{"PARLOR_SOCKET_ALLOWED_ORIGINS", "https://a.example, https://b.example,"}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_THAT(loaded->socket.allowed_origins,
              ElementsAre("https://a.example", "https://b.example"));
}

TEST_F(ConfigTest, EmptyVariableEmptiesTheListOfTheFile) {
  const Result<Config> loaded =
      Load("[socket]\nallowed_origins = [\"*\"]\n", {{"PARLOR_SOCKET_ALLOWED_ORIGINS", ""}});
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_THAT(loaded->socket.allowed_origins, IsEmpty());
}

TEST_F(ConfigTest, EnvironmentNumbersAreWholeNumbers) {
  for (const std::string text :
       {"", "abc", "1.5", "10 ", " 10", "0x10", "1e3", "+10", "99999999999999999999999"}) {
    EXPECT_THAT(EnvironmentRefusal("PARLOR_LIMITS_MESSAGE_BURST", text),
                HasSubstr("it must be a whole number from 1 to"))
        << text;
  }
}

TEST_F(ConfigTest, UnknownVariableIsRefusedWithTheNearestOne) {
  EXPECT_THAT(EnvironmentRefusal("PARLOR_MAIL_POL_MS", "5"),
              AllOf(HasSubstr("PARLOR_MAIL_POL_MS"), HasSubstr("PARLOR_MAIL_POLL_MS")));
  EXPECT_THAT(EnvironmentRefusal("PARLOR_mail_poll_ms", "50"), Not(IsEmpty()));
}

TEST_F(ConfigTest, VariablesThatAreNoOptionsOnPurposeArePassedOver) {
  EXPECT_EQ(EnvironmentRefusal("PARLOR_CONFIG", "/etc/parlor/parlor.toml"), "");
  EXPECT_EQ(EnvironmentRefusal("PARLOR_TEST_SOCKET", "/x"), "");
}

TEST_F(ConfigTest, ParlorEnvironmentHasOurVariablesOnly) {
  ASSERT_EQ(setenv("PARLOR_LOG_LEVEL", "debug=really", 1), 0);
  const Environment variables = ParlorEnvironment();
  ASSERT_EQ(unsetenv("PARLOR_LOG_LEVEL"), 0);
  EXPECT_EQ(variables.at("PARLOR_LOG_LEVEL"), "debug=really");
  for (const auto& [name, text] : variables) EXPECT_TRUE(name.starts_with("PARLOR_")) << name;
}

TEST_F(ConfigTest, SecretsAreInNoSentence) {
  for (const Option& option : ConfigOptions()) {
    if (!option.secret) continue;
    const std::string toml =
        "[" + std::string(option.section) + "]\n" + std::string(option.name) + " = 31337\n";
    EXPECT_THAT(Refusal(toml), AllOf(HasSubstr(OptionKey(option)), Not(HasSubstr("31337"))));
  }
}

// ---- Options that depend on each other

TEST_F(ConfigTest, DatabaseIsReachedInExactlyOneWay) {
  EXPECT_THAT(Refusal("[database]\nhost = \"127.0.0.1\"\n"), HasSubstr("exactly one"));
  EXPECT_THAT(Refusal("[database]\nsocket = \"\"\n"), HasSubstr("exactly one"));
  EXPECT_EQ(Refusal("[database]\nsocket = \"\"\nhost = \"127.0.0.1\"\n"), "");
}

TEST_F(ConfigTest, DatabaseOnAnotherMachineNeedsTls) {
  const std::string remote = "[database]\nsocket = \"\"\nhost = \"db.example.org\"\n";
  EXPECT_THAT(Refusal(remote), HasSubstr("database.tls_ca"));
  EXPECT_EQ(Refusal(remote + "tls_ca = \"/etc/ssl/db.pem\"\n"), "");
}

TEST_F(ConfigTest, MailLeavesUnencryptedOnlyToARelayOnThisMachine) {
  EXPECT_THAT(Refusal("[mail]\nsmtp_url = \"smtp://mail.example.org:587\"\nsmtp_tls = \"none\"\n"),
              HasSubstr("mail.smtp_tls"));
  EXPECT_THAT(Refusal("[mail]\nsmtp_url = \"smtp://127.0.0.1.example.org\"\nsmtp_tls = \"none\"\n"),
              HasSubstr("mail.smtp_tls"));
  EXPECT_EQ(Refusal("[mail]\nsmtp_url = \"smtp://127.0.0.1:25\"\nsmtp_tls = \"none\"\n"), "");
  EXPECT_EQ(Refusal("[mail]\nsmtp_url = \"smtp://[::1]:25\"\nsmtp_tls = \"none\"\n"), "");
}

TEST_F(ConfigTest, ModelOnAnotherMachineIsAskedUnencryptedOnlyWhenThatIsSaid) {
  for (const std::string url : {"http://model.example.org/v1", "http://127.0.0.1.example.org/v1"}) {
    const std::string remote = "[bot]\nopenai_url = \"" + url + "\"\n";
    EXPECT_THAT(Refusal(remote), HasSubstr("bot.openai_url"));
    EXPECT_EQ(Refusal(remote + "openai_tls = \"none\"\n"), "");
  }
}

TEST_F(ConfigTest, ModelNeedsAnAddressAndAName) {
  const std::string openai = "[bot]\nengine = \"openai\"\n";
  EXPECT_THAT(Refusal(openai), HasSubstr("bot.openai_model"));
  EXPECT_THAT(Refusal(openai + "openai_url = \"http://localhost:1/v1\"\n"),
              HasSubstr("bot.openai_model"));
  EXPECT_THAT(Refusal(openai + "openai_model = \"m\"\n"), HasSubstr("bot.openai_url"));
  EXPECT_EQ(Refusal(openai + "openai_model = \"m\"\nopenai_url = \"http://localhost:1/v1\"\n"), "");
}

TEST_F(ConfigTest, MetricsAreForThisMachineUnlessThatIsSaid) {
  EXPECT_EQ(Refusal("[metrics]\nlisten = \"127.0.0.1:9464\"\n"), "");
  EXPECT_EQ(Refusal("[metrics]\nlisten = \"[::1]:9464\"\n"), "");
  for (const std::string address : {"0.0.0.0:9464", "[::]:9464", "10.0.0.7:9464"}) {
    const std::string remote = "[metrics]\nlisten = \"" + address + "\"\n";
    EXPECT_THAT(Refusal(remote), HasSubstr("metrics.reach"));
    EXPECT_EQ(Refusal(remote + "reach = \"network\"\n"), "");
  }
  for (const std::string wrong : {"9464", "localhost:9464", "127.0.0.1", "127.0.0.1:0", "::1:9464",
                                  "127.0.0.1:65536", "[127.0.0.1]:1", "127.0.0.1:9464,[::]:80"}) {
    EXPECT_THAT(Refusal("[metrics]\nlisten = \"" + wrong + "\"\n"), HasSubstr("metrics.listen"));
  }
}

TEST_F(ConfigTest, WrongKeyIsInNoSentence) {
  EXPECT_THAT(EnvironmentRefusal("PARLOR_BOT_OPENAI_KEY", "sk-31337 x"),
              AllOf(HasSubstr("PARLOR_BOT_OPENAI_KEY"), Not(HasSubstr("31337"))));
}

TEST_F(ConfigTest, SessionsDoNotIdleLongerThanTheyLive) {
  EXPECT_THAT(Refusal("[session]\nidle_days = 31\n"), HasSubstr("session.max_days"));
}

TEST_F(ConfigTest, DatabaseIsNotCalledAwayBetweenTwoLooks) {
  EXPECT_THAT(Refusal("[bus]\nsweep_ms = 600\n[metrics]\nstuck_after_ms = 1000\n"),
              HasSubstr("at least twice bus.sweep_ms"));
  EXPECT_EQ(Refusal("[bus]\nsweep_ms = 500\n[metrics]\nstuck_after_ms = 1000\n"), "");
}

TEST_F(ConfigTest, DaemonListensSomewhere) {
  EXPECT_THAT(Refusal("[socket]\nlisten_path = \"\"\n"), HasSubstr("socket.listen_port"));
  EXPECT_EQ(Refusal("[socket]\nlisten_path = \"\"\nlisten_port = 8081\n"), "");
}

}  // namespace
}  // namespace parlor
