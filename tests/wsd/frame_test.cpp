#include "wsd/frame.h"

#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

std::string HeaderOf(size_t payload_bytes) {
  const SharedFrame frame = EncodeTextFrame(std::string(payload_bytes, 'x'));
  EXPECT_TRUE(frame->ends_with(std::string(payload_bytes, 'x')));
  return frame->substr(0, frame->size() - payload_bytes);
}

TEST(FrameTest, LengthUpTo125TakesOneByte) {
  EXPECT_EQ(HeaderOf(0), std::string("\x81\x00", 2));
  EXPECT_EQ(HeaderOf(125), "\x81\x7d");
}

TEST(FrameTest, LengthUpTo65535TakesTwoMoreBytes) {
  EXPECT_EQ(HeaderOf(126), std::string("\x81\x7e\x00\x7e", 4));
  EXPECT_EQ(HeaderOf(65535), "\x81\x7e\xff\xff");
}

TEST(FrameTest, LongerLengthTakesEightMoreBytes) {
  EXPECT_EQ(HeaderOf(65536), std::string("\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10));
}

TEST(FrameTest, PingHasAPayloadForThePongToRepeat) { EXPECT_EQ(*EncodePingFrame(), "\x89\x01p"); }

TEST(FrameTest, CloseCarriesItsCodeInNetworkOrder) {
  EXPECT_EQ(*EncodeCloseFrame(4401), "\x88\x02\x11\x31");
}

}  // namespace
}  // namespace parlor::wsd
