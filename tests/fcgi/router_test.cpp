#include "fcgi/router.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>

#include "fcgi/routes.h"

namespace parlor::fcgi {
namespace {

// A path that fits the pattern.
std::string ExampleOf(std::string_view pattern) {
  std::string path(pattern);
  for (size_t open = 0; (open = path.find('{')) != std::string::npos;) {
    path.replace(open, path.find('}') - open + 1, "17");
  }
  return path;
}

TEST(RouterTest, EveryRowOfTheTableIsFoundByItsMethodAndPath) {
  for (const Route& route : Routes()) {
    const std::string path = ExampleOf(route.pattern);
    const Match match = FindRoute(Routes(), route.method, path);
    ASSERT_NE(match.route, nullptr) << path;
    EXPECT_EQ(match.route, &route) << path;
    EXPECT_EQ(match.pattern, route.pattern);
    EXPECT_NE(route.handler, nullptr) << path;
  }
}

TEST(RouterTest, APathIsAsPublicAsAllItsMethods) {
  for (const Route& route : Routes()) {
    const std::string path = ExampleOf(route.pattern);
    EXPECT_EQ(FindRoute(Routes(), route.method, path).access, route.access) << path;
  }
}

TEST(RouterTest, OnlyTheseAreAnsweredWithoutASession) {
  std::string open;
  for (const Route& route : Routes()) {
    if (route.access != Access::kSession) {
      open += std::string(MethodName(route.method)) + " " + std::string(route.pattern) + "\n";
    }
  }
  EXPECT_EQ(open,
            "POST /register\nGET /register/{token}\nPOST /register/{token}\nPOST /login\n"
            "GET /logout\nPOST /logout\nGET /health\n");
}

TEST(RouterTest, BracesGiveTheirSegment) {
  const Match match = FindRoute(Routes(), Method::kGet, "/chat_rooms/4711");
  ASSERT_EQ(match.parameters.size(), 1U);
  EXPECT_EQ(match.parameters[0], "4711");
}

TEST(RouterTest, AWordGoesBeforeBraces) {
  constexpr Route table[] = {{Method::kGet, "/users/profile"}, {Method::kGet, "/users/{id}"}};
  EXPECT_EQ(FindRoute(table, Method::kGet, "/users/profile").pattern, "/users/profile");
  EXPECT_EQ(FindRoute(table, Method::kGet, "/users/profil").pattern, "/users/{id}");
}

TEST(RouterTest, SeveralBracesGiveTheirSegmentsInOrder) {
  constexpr Route table[] = {{Method::kDelete, "/groups/{id}/members/{user}"}};
  const Match match = FindRoute(table, Method::kDelete, "/groups/3/members/5");
  ASSERT_EQ(match.parameters.size(), 2U);
  EXPECT_EQ(match.parameters[0], "3");
  EXPECT_EQ(match.parameters[1], "5");
}

TEST(RouterTest, TheTableIsPrintedOneRouteALine) {
  std::ostringstream out;
  PrintRoutes(out);
  const std::string text = out.str();
  EXPECT_EQ(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')), Routes().size());
  for (const char* line : {"POST /login public\n", "GET /logout token\n",
                           "DELETE /chat_groups/{id}/members/{user_id} session\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

TEST(RouterTest, HeadIsAnsweredWhereGetIs) {
  EXPECT_NE(FindRoute(Routes(), Method::kHead, "/users").route, nullptr);
  EXPECT_EQ(FindRoute(Routes(), Method::kHead, "/login").route, nullptr);
}

TEST(RouterTest, AnotherMethodLearnsWhatIsAllowed) {
  const Match match = FindRoute(Routes(), Method::kDelete, "/users/profile");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.pattern, "/users/profile");
  EXPECT_EQ(match.allow, "GET, HEAD, PUT");
}

TEST(RouterTest, UnknownMethodsAreNotAllowedAnywhere) {
  const Match match = FindRoute(Routes(), Method::kOther, "/login");
  EXPECT_EQ(match.route, nullptr);
  EXPECT_EQ(match.allow, "POST");
}

TEST(RouterTest, OtherPathsAreFoundNowhere) {
  for (const char* path : {"", "/", "//", "users", "/users/", "/Users", "/users/profile/x",
                           "/chat_rooms/", "/chat_rooms/1/2", "/register/", "/users%2Fprofile"}) {
    const Match match = FindRoute(Routes(), Method::kGet, path);
    EXPECT_EQ(match.route, nullptr) << path;
    EXPECT_TRUE(match.pattern.empty()) << path;
    EXPECT_EQ(match.access, Access::kSession) << path;
  }
}

}  // namespace
}  // namespace parlor::fcgi
