#include "wsd/refusal.h"

#include <gtest/gtest.h>

namespace parlor::wsd {
namespace {

TEST(RefusalTest, IsACompleteAnswerThatClosesTheConnection) {
  const std::string text = RefusalText(Refusal::kOrigin);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 403 Forbidden\r\n"));
  EXPECT_NE(text.find("Content-Type: application/problem+json\r\n"), std::string::npos);
  EXPECT_NE(text.find("Connection: close\r\n"), std::string::npos);
  const size_t body = text.find("\r\n\r\n") + 4;
  EXPECT_NE(text.find("Content-Length: " + std::to_string(text.size() - body) + "\r\n"),
            std::string::npos);
  EXPECT_NE(text.find("\"code\":\"forbidden\"", body), std::string::npos);
}

TEST(RefusalTest, SaysWhatWouldHaveBeenRight) {
  const std::string text = RefusalText(Refusal::kNoWebSocket);
  EXPECT_TRUE(text.starts_with("HTTP/1.1 426 Upgrade Required\r\n"));
  EXPECT_NE(text.find("Upgrade: websocket\r\n"), std::string::npos);
  EXPECT_NE(text.find("Sec-WebSocket-Version: 13\r\n"), std::string::npos);
  EXPECT_NE(RefusalText(Refusal::kEnding).find("Retry-After: "), std::string::npos);
  EXPECT_TRUE(RefusalText(Refusal::kWrongPath).starts_with("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace parlor::wsd
