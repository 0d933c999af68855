#include "wsd/bot/question_queue.h"

#include <gtest/gtest.h>

#include <string>

namespace parlor::wsd {
namespace {

constexpr UserId kAda(1), kBob(2);

class QuestionQueueTest : public ::testing::Test {
 protected:
  void Put(UserId user, const std::string& text, int64_t answer_by_ms = 100) {
    queue_.Put({{user, ConversationId(1), {Seq(1), TimestampMs(1), user, text}}, answer_by_ms});
  }
  static std::string Text(const std::optional<WaitingQuestion>& taken) {
    return taken ? taken->ask.question.body : "nothing";
  }
  std::string Take() { return Text(queue_.Take()); }
  std::string TakeLate(int64_t now_ms) { return Text(queue_.TakeLate(now_ms)); }

  QuestionQueue queue_;
};

TEST_F(QuestionQueueTest, OneOfAUserIsInWorkAtATime) {
  Put(kAda, "a1");
  Put(kAda, "a2");
  Put(kBob, "b1");
  EXPECT_EQ(queue_.ready(), 2U);
  EXPECT_EQ(Take(), "a1");
  EXPECT_EQ(Take(), "b1");
  EXPECT_EQ(Take(), "nothing");
  queue_.Done(kAda);
  EXPECT_EQ(Take(), "a2");
  queue_.Done(kAda);
  queue_.Done(kBob);
  EXPECT_EQ(Take(), "nothing");
  EXPECT_EQ(queue_.ready(), 0U);
}

TEST_F(QuestionQueueTest, WhoHasManyQuestionsTakesTurnsWithOthers) {
  for (const char* text : {"a1", "a2", "a3"}) Put(kAda, text);
  Put(kBob, "b1");
  EXPECT_EQ(Take(), "a1");
  queue_.Done(kAda);
  EXPECT_EQ(Take(), "b1");
  EXPECT_EQ(Take(), "a2");
}

TEST_F(QuestionQueueTest, AskingWhileInWorkWaits) {
  Put(kAda, "a1");
  EXPECT_EQ(Take(), "a1");
  Put(kAda, "a2");
  EXPECT_EQ(Take(), "nothing");
  queue_.Done(kAda);
  EXPECT_EQ(Take(), "a2");
}

TEST_F(QuestionQueueTest, LateOnesAreThoseWhoseTimeIsOver) {
  Put(kAda, "a1", 200);
  Put(kBob, "b1", 100);
  EXPECT_EQ(TakeLate(99), "nothing");
  EXPECT_EQ(TakeLate(100), "b1");
  Put(kBob, "b2", 100);
  EXPECT_EQ(TakeLate(199), "nothing");  // behind one in work
  queue_.Done(kBob);
  EXPECT_EQ(TakeLate(199), "b2");
  EXPECT_EQ(Take(), "a1");
}

}  // namespace
}  // namespace parlor::wsd
