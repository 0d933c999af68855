#include "common/completions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace parlor::completions {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

std::string Text(const Result<std::string>& answer) {
  return answer.ok() ? *answer : "failed: " + answer.status().message();
}

// ---- The request

TEST(CompletionsTest, RequestHasModelPromptAndConversation) {
  const std::vector<Turn> turns = {{true, "Hi"}, {false, "Hello!"}, {true, "\"Why\"?\n"}};
  const Json request = Json::parse(EncodeRequest("m-1", "Be kind.", turns));
  EXPECT_EQ(request, Json::parse(R"({
    "model": "m-1", "stream": false, "messages": [
      {"role": "system", "content": "Be kind."},
      {"role": "user", "content": "Hi"},
      {"role": "assistant", "content": "Hello!"},
      {"role": "user", "content": "\"Why\"?\n"}]})"));
}

TEST(CompletionsTest, EmptyPromptIsLeftOut) {
  const std::vector<Turn> turns = {{true, "Hi"}};
  const Json request = Json::parse(EncodeRequest("m", "", turns));
  EXPECT_EQ(request["messages"].size(), 1U);
}

TEST(CompletionsTest, BrokenUtf8IsRepaired) {
  const std::vector<Turn> turns = {{true, "a\xFFz"}};
  const Json request = Json::parse(EncodeRequest("m", "\xC0", turns));
  EXPECT_EQ(request["messages"][1]["content"], "a\xEF\xBF\xBDz");
}

// ---- One document

TEST(CompletionsTest, AnswerIsTheFirstChoicesText) {
  EXPECT_EQ(Text(DecodeAnswer(R"({"id":"x","choices":[
      {"index":0,"message":{"role":"assistant","content":" Ja, Zürich.\n"},"finish_reason":"stop"},
      {"index":1,"message":{"content":"second"}}]})")),
            "Ja, Zürich.");
}

TEST(CompletionsTest, TextInPartsIsJoined) {
  EXPECT_EQ(Text(DecodeAnswer(R"({"choices":[{"message":{"content":[
      {"type":"text","text":"One, "},{"type":"image"},7,{"type":"text","text":"two"}]}}]})")),
            "One, two");
}

TEST(CompletionsTest, ThoughtsAreNotTheAnswer) {
  const auto said = [](const std::string& content) {
    return Text(DecodeAnswer(Json{{"choices", {{{"message", {{"content", content}}}}}}}.dump()));
  };
  EXPECT_EQ(said("<think>Hm.</think>\n\nYes."), "Yes.");
  EXPECT_EQ(said("Write <think> and </think>."), "Write <think> and </think>.");
  EXPECT_EQ(said("<thinking>Hm.</thinking>Yes."), "Yes.");
  EXPECT_EQ(said("Hm. So\n</think>\n\nYes."), "Yes.");
  EXPECT_EQ(said("Hm.</thinking>Yes."), "Yes.");
  EXPECT_THAT(said("<thinking>Hm."), HasSubstr("thoughts only"));
  EXPECT_THAT(said("<think>Hm."), HasSubstr("thoughts only"));
  EXPECT_THAT(said("<think>Hm.</think> "), HasSubstr("no text"));
}

TEST(CompletionsTest, WhatIsNoAnswerSaysWhy) {
  const std::pair<std::string, const char*> broken[] = {
      {"", "is not JSON"},
      {"<html>", "is not JSON"},
      {R"({"choices":[{"message":{"content":"half)", "is not JSON"},
      {"{\"choices\":[{\"message\":{\"content\":\"\xFF\"}}]}", "is not JSON"},
      {"7", "has no choices"},
      {"[]", "has no choices"},
      {"{}", "has no choices"},
      {R"({"choices":null})", "has no choices"},
      {R"({"choices":{}})", "has no choices"},
      {R"({"choices":[]})", "has no choices"},
      {R"({"choices":[7]})", "has no text"},
      {R"({"choices":[{}]})", "has no text"},
      {R"({"choices":[{"message":"x"}]})", "has no text"},
      {R"({"choices":[{"message":{}}]})", "has no text"},
      {R"({"choices":[{"message":{"content":null}}]})", "has no text"},
      {R"({"choices":[{"message":{"content":7}}]})", "has no text"},
      {R"({"choices":[{"message":{"content":[]}}]})", "has no text"},
      {R"({"choices":[{"message":{"content":" \n"}}]})", "has no text"},
      {R"({"error":{"message":"sk-secret"}})", "is an error"},
  };
  for (const auto& [body, why] : broken) {
    EXPECT_THAT(Text(DecodeAnswer(body)), HasSubstr(why)) << body;
    EXPECT_THAT(Text(DecodeAnswer(body)), Not(HasSubstr("secret")));
  }
}

TEST(CompletionsTest, DeepNestingIsNoTrouble) {
  const std::string deep(200'000, '[');
  EXPECT_THAT(Text(DecodeAnswer(deep)), HasSubstr("is not JSON"));
  EXPECT_THAT(Text(DecodeAnswer(deep + std::string(200'000, ']'))), HasSubstr("has no choices"));
}

TEST(CompletionsTest, AnswerCutByTheModelsLimitIsMarked) {
  EXPECT_EQ(Text(DecodeAnswer(
                R"({"choices":[{"message":{"content":"Once upon "},"finish_reason":"length"}]})")),
            "Once upon …");
  EXPECT_EQ(
      Text(DecodeStream("data: {\"choices\":[{\"delta\":{\"content\":\"Once upon \"}}]}\n\n"
                        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"length\"}]}\n\n")),
      "Once upon …");
}

// ---- A stream of events

TEST(CompletionsTest, StreamIsPutTogether) {
  EXPECT_EQ(Text(DecodeStream(": keep-alive\r\n\r\n"
                              "event: message\r\n"
                              "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\r\n\r\n"
                              "data: {\"choices\":[{\"delta\":{\"content\":\"Good \"}}]}\r\n\r\n"
                              "data:{\"choices\":[{\"delta\":{\"content\":\"day\"}}]}\n\n"
                              "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                              "data: {\"choices\":[],\"usage\":{}}\n\n"
                              "data: [DONE]\n\ndata: rest\n\n")),
            "Good day");
}

TEST(CompletionsTest, StreamEndsWithDoneOrWithAReason) {
  const std::string said = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n";
  EXPECT_EQ(Text(DecodeStream(said + "data: [DONE]")), "x");
  EXPECT_EQ(Text(DecodeStream(said + "data: {\"choices\":[{\"finish_reason\":\"stop\"}]}\n\n")),
            "x");
  EXPECT_THAT(Text(DecodeStream(said)), HasSubstr("breaks off"));
}

TEST(CompletionsTest, BrokenStreamSaysWhy) {
  const std::string done = "data: [DONE]\n\n";
  EXPECT_THAT(Text(DecodeStream("")), HasSubstr("breaks off"));
  EXPECT_THAT(Text(DecodeStream(done)), HasSubstr("no text"));
  EXPECT_THAT(Text(DecodeStream("data: {\"choices\":\n\n" + done)), HasSubstr("not a JSON object"));
  EXPECT_THAT(Text(DecodeStream("data: 7\n\n" + done)), HasSubstr("not a JSON object"));
  EXPECT_THAT(Text(DecodeStream("data: {\"error\":{\"message\":\"secret\"}}\n\n" + done)),
              HasSubstr("is an error"));
}

TEST(CompletionsTest, EndOfAStreamIsSeenHoweverItIsCut) {
  const std::string stream =
      "data: {\"choices\":[{\"delta\":{\"content\":\"data: [DONE]\"}}]}\n\ndata: [DONE]\n\n";
  const size_t end = stream.rfind(']') + 1;
  for (size_t piece = 1; piece <= stream.size(); ++piece) {
    size_t seen = 0;
    size_t over_at = 0;
    for (size_t length = piece; over_at == 0 && length < stream.size() + piece; length += piece) {
      const std::string_view body(stream.data(), std::min(length, stream.size()));
      if (IsStreamOver(body, seen)) over_at = body.size();
      seen = body.size();
    }
    EXPECT_GE(over_at, end) << piece;
  }
  EXPECT_FALSE(IsStreamOver(stream.substr(0, end - 1), 0));
}

TEST(CompletionsTest, StreamIsOverWithItsFinishReason) {
  const std::string first =
      "data: {\"choices\":[{\"delta\":{\"content\":\"\\\"finish_reason\\\"\"},"
      "\"finish_reason\":null}]}\n\n";
  const std::string last = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}";
  const std::string stream = first + last + "\n\n";
  for (const size_t piece : {size_t{1}, size_t{7}, stream.size()}) {
    size_t over_at = 0;
    for (size_t seen = 0; seen < stream.size() && over_at == 0; seen += piece) {
      const std::string_view body(stream.data(), std::min(seen + piece, stream.size()));
      if (IsStreamOver(body, seen)) over_at = body.size();
    }
    EXPECT_GT(over_at, first.size() + last.size()) << piece;
  }
  EXPECT_FALSE(IsStreamOver(first + last, 0));
}

// ---- Refusals

TEST(CompletionsTest, RefusalIsOneOfTheKnownWords) {
  EXPECT_EQ(RefusalWord(R"({"error":{"message":"m","type":"t","code":"invalid_api_key"}})"),
            "invalid_api_key");
  EXPECT_EQ(RefusalWord(R"({"error":{"type":"insufficient_quota","code":null}})"),
            "insufficient_quota");
  for (const char* unknown : {R"({"error":{"code":"sk-secret"}})", R"({"error":"invalid_api_key"})",
                              R"({"error":{"code":7}})", "{}", "[", ""}) {
    EXPECT_EQ(RefusalWord(unknown), "") << unknown;
  }
}

}  // namespace
}  // namespace parlor::completions
