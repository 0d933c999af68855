// The reader and writer under the codec; the library itself is the judge of what the writer writes.
#include "common/protocol_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/protocol.h"

namespace parlor::json {
namespace {

using namespace std::string_literals;

std::string Written(std::string_view text) {
  std::string out;
  AppendString(out, text);
  return out;
}

bool Parses(std::string_view text) {
  const Result<Object> object = Object::Parse(text);
  if (!object.ok()) {
    EXPECT_EQ(object.status().code(), ErrorCode::kMalformedJson);
  }
  return object.ok();
}

std::string NestedArrays(int levels) {
  const auto count = static_cast<size_t>(levels);
  return "{\"x\":" + std::string(count, '[') + std::string(count, ']') + "}";
}

TEST(JsonWriterTest, EveryAsciiCharacterComesBack) {
  for (char c = 0;; ++c) {
    const std::string text = "a"s + c + "b";
    EXPECT_EQ(nlohmann::json::parse(Written(text)).get<std::string>(), text) << int{c};
    if (c == 0x7F) break;
  }
}

TEST(JsonWriterTest, WritesWhatTheLibraryWrites) {
  for (const std::string& text :
       {""s, "plain"s, "\"quoted\" \\ back / slash"s, "\b\f\n\r\t\x01\x1F\x7F"s, "nul\0inside"s,
        "Zoë 王 👩‍👩‍👧 😀"s, "\xE2\x80\xA8\xE2\x80\xA9"s, "\xF4\x8F\xBF\xBF"s}) {
    EXPECT_EQ(Written(text), nlohmann::json(text).dump());
  }
}

TEST(JsonWriterTest, BrokenUtf8BecomesReplacementCharacters) {
  EXPECT_EQ(Written("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  for (const std::string& text :
       {"\x80"s, "ab\xC3"s, "\xC3(x"s, "\xE2\x82"s, "\xE2\x82\"\n"s, "\xF0\x9F\x98"s,
        "\xED\xA0\x80"s, "\xC0\xAF"s, "\xF5\x80"s, "\xFE\xFF ok \xE2"s}) {
    const std::string expected =
        nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    EXPECT_EQ(Written(text), expected) << testing::PrintToString(text);
  }
}

TEST(JsonWriterTest, AnyBytesGiveValidJson) {
  uint32_t state = 1;  // a fixed sequence: the same bytes in every run
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 24; ++i) {
      state = state * 1664525U + 1013904223U;
      text += static_cast<char>(state >> 24U);
    }
    EXPECT_EQ(Written(text),
              nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

TEST(JsonWriterTest, NumbersKeepAll64Bits) {
  std::string out;
  AppendNumber(out, 0);
  out += ' ';
  AppendNumber(out, UINT64_MAX);
  EXPECT_EQ(out, "0 18446744073709551615");
}

TEST(JsonReaderTest, OnlyOneObjectIsAccepted) {
  EXPECT_TRUE(Parses("{}"));
  EXPECT_TRUE(Parses(" \r\n\t{\"a\":1} "));
  for (const std::string& text : {""s,
                                  " "s,
                                  "null"s,
                                  "5"s,
                                  "\"text\""s,
                                  "[]"s,
                                  "[{}]"s,
                                  "{"s,
                                  "{}{}"s,
                                  "{} x"s,
                                  "{\"a\"}"s,
                                  "{\"a\":}"s,
                                  "{\"a\":1,}"s,
                                  "{a:1}"s,
                                  "{'a':1}"s,
                                  "{\"a\":01}"s,
                                  "{\"a\":NaN}"s,
                                  "{\"a\":Infinity}"s,
                                  "{\"a\":+1}"s,
                                  "{/**/}"s,
                                  "{\"a\":\"\n\"}"s,
                                  "{\"a\":\"\\x\"}"s,
                                  "true"s}) {
    EXPECT_FALSE(Parses(text)) << text;
  }
}

TEST(JsonReaderTest, NulEndsNothing) {
  EXPECT_FALSE(Parses("{}\0"s));
  EXPECT_FALSE(Parses("{}\0garbage"s));
  EXPECT_FALSE(Parses("{\"a\":\"\0\"}"s));
}

TEST(JsonReaderTest, BrokenUtf8AndLoneSurrogatesAreMalformed) {
  EXPECT_FALSE(Parses("{\"a\":\"\xFF\"}"));
  EXPECT_FALSE(Parses("{\"\xC3\":1}"));
  EXPECT_FALSE(Parses("{\"a\":\"\xED\xA0\x80\"}"));
  EXPECT_FALSE(Parses("{\"a\":\"\\ud800\"}"));
  EXPECT_TRUE(Parses("{\"a\":\"\\ud83d\\ude00\"}"));
}

TEST(JsonReaderTest, DepthIsLimitedBeforeAnythingIsBuilt) {
  EXPECT_TRUE(Parses(NestedArrays(kMaxJsonDepth - 1)));  // the object itself is one level
  EXPECT_FALSE(Parses(NestedArrays(kMaxJsonDepth)));
  EXPECT_FALSE(Parses(NestedArrays(30000)));
  EXPECT_FALSE(Parses("{\"x\":" + std::string(60000, '[')));
  std::string objects;
  for (int i = 0; i < 10000; ++i) objects += "{\"a\":";
  EXPECT_FALSE(Parses(objects));
  EXPECT_EQ(Object::Parse(NestedArrays(30000)).status().message(),
            "The JSON is nested too deeply.");
}

TEST(JsonReaderTest, UnknownAndNestedFieldsAreWalkedOver) {
  const Result<Object> object =
      Object::Parse(R"({"x":{"a":9,"y":[{"a":8}]},"a":7,"z":[[],{}],"f":1.5e3})");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(*object->OptionalInteger("a", 0, 100), std::optional<uint64_t>(7));
  EXPECT_TRUE(object->Has("x"));
  EXPECT_FALSE(object->Text("x").ok());
}

TEST(JsonReaderTest, TheLastOfDuplicateNamesWins) {
  const Result<Object> object = Object::Parse(R"({"a":1,"a":"x","b":2,"b":null,"c":1,"c":{}})");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(*object->Text("a"), "x");
  EXPECT_FALSE(object->Has("b"));
  EXPECT_FALSE(object->OptionalInteger("c", 0, 9).ok());
}

TEST(JsonReaderTest, NullIsNotGiven) {
  const Result<Object> object = Object::Parse(R"({"a":null})");
  ASSERT_TRUE(object.ok());
  EXPECT_FALSE(object->Has("a"));
  EXPECT_FALSE((*object->OptionalText("a")).has_value());
  EXPECT_EQ(object->Text("a").status().message(), "a is missing.");
}

TEST(JsonReaderTest, IdentifiersAreIntegersUpTo2To53) {
  const auto id = [](const std::string& value) {
    const Result<Object> object = Object::Parse("{\"id\":" + value + "}");
    return object.ok() ? object->Identifier<UserId>("id") : Result<UserId>(object.status());
  };
  EXPECT_EQ(id("1")->value, 1U);
  EXPECT_EQ(id("9007199254740991")->value, 9007199254740991U);
  for (const char* value : {"0", "-0", "-1", "9007199254740992", "18446744073709551615",
                            "18446744073709551616", "99999999999999999999999999", "5.0", "5e0",
                            "1e3", "1e-999", "\"5\"", "true", "[5]", "{}"}) {
    const Result<UserId> result = id(value);
    ASSERT_FALSE(result.ok()) << value;
    EXPECT_EQ(result.status().code(), ErrorCode::kInvalidField) << value;
    EXPECT_EQ(result.status().field(), "id") << value;
  }
  EXPECT_EQ(id("1e999").status().code(), ErrorCode::kMalformedJson);  // no number at all
}

TEST(JsonReaderTest, FlagsAreRealBooleans) {
  const Result<Object> object = Object::Parse(R"({"t":true,"f":false,"n":0,"s":"true"})");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ(*object->OptionalFlag("t"), std::optional<bool>(true));
  EXPECT_EQ(*object->OptionalFlag("f"), std::optional<bool>(false));
  EXPECT_EQ(object->OptionalFlag("n").status().field(), "n");
  EXPECT_EQ(object->OptionalFlag("s").status().field(), "s");
}

TEST(JsonReaderTest, TimesAreTextOrMilliseconds) {
  const Result<Object> object = Object::Parse(
      R"({"text":"1970-01-01T00:00:01.500Z","ms":1500,"float":1500.0,"negative":-5,"word":"soon",
          "fine":"1970-01-01T00:00:01.5009Z","flag":true,"empty":""})");
  ASSERT_TRUE(object.ok());
  EXPECT_EQ((*object->OptionalTimestamp("text"))->floor, TimestampMs(1500));
  EXPECT_EQ((*object->OptionalTimestamp("ms"))->floor, TimestampMs(1500));
  EXPECT_TRUE((*object->OptionalTimestamp("fine"))->has_remainder);
  for (const char* name : {"float", "negative", "word", "flag", "empty"}) {
    EXPECT_EQ(object->OptionalTimestamp(name).status().field(), name);
  }
}

}  // namespace
}  // namespace parlor::json
