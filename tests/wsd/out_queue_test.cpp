#include "wsd/out_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace parlor::wsd {
namespace {

SharedFrame Bytes(const std::string& text) { return std::make_shared<const std::string>(text); }

TEST(OutQueueTest, JoinsWholeFramesInOrderUpToTheLimit) {
  OutQueue queue(100);
  for (const char* text : {"one", "two", "three"}) ASSERT_TRUE(queue.Push(Bytes(text)));
  std::string out;
  EXPECT_EQ(queue.TakeInto(out, 8), 2U);
  EXPECT_EQ(out, "onetwo");
  out.clear();
  EXPECT_EQ(queue.TakeInto(out, 8), 1U);
  EXPECT_EQ(out, "three");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(OutQueueTest, FrameLongerThanAWriteGoesAlone) {
  OutQueue queue(100);
  ASSERT_TRUE(queue.Push(Bytes("0123456789")));
  ASSERT_TRUE(queue.Push(Bytes("x")));
  std::string out;
  EXPECT_EQ(queue.TakeInto(out, 4), 1U);
  EXPECT_EQ(out, "0123456789");
}

TEST(OutQueueTest, RefusesWhatDoesNotFitAndChangesNothing) {
  OutQueue queue(10);
  ASSERT_TRUE(queue.Push(Bytes("12345678")));
  EXPECT_FALSE(queue.Push(Bytes("abc")));
  EXPECT_EQ(queue.bytes(), 8U);
  EXPECT_TRUE(queue.Push(Bytes("ab")));
}

TEST(OutQueueTest, CloseFrameGoesInEvenWhenFull) {
  OutQueue queue(3);
  ASSERT_TRUE(queue.Push(Bytes("123")));
  queue.PushLast(Bytes("bye"));
  std::string out;
  EXPECT_EQ(queue.TakeInto(out, 100), 2U);
  EXPECT_EQ(out, "123bye");
}

TEST(OutQueueTest, QueueThatIsNeverQuiteEmptyDoesNotGrow) {
  OutQueue queue(100);
  ASSERT_TRUE(queue.Push(Bytes("0")));
  std::string all;
  std::string expected = "0";
  for (int i = 1; i < 5000; ++i) {
    ASSERT_TRUE(queue.Push(Bytes(std::to_string(i))));
    expected += std::to_string(i);
    std::string out;
    ASSERT_EQ(queue.TakeInto(out, 1), 1U);
    all += out;
    ASSERT_LE(queue.slots(), 200U);
  }
  while (queue.TakeInto(all, SIZE_MAX) > 0) {
  }
  EXPECT_EQ(all, expected);
}

TEST(OutQueueTest, SharedFrameIsReleasedWhenItWasTaken) {
  OutQueue queue(100);
  SharedFrame frame = Bytes("x");
  queue.Push(frame);
  queue.Push(Bytes("y"));
  std::string out;
  queue.TakeInto(out, 1);
  EXPECT_EQ(frame.use_count(), 1);
}

}  // namespace
}  // namespace parlor::wsd
