#include "wsd/hub.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <unordered_set>

#include "tests/wsd/recording_peer.h"

namespace parlor::wsd {
namespace {

class HubTest : public ::testing::Test {
 protected:
  Session& Connect(uint64_t user) {
    const ConnectionId id(++last_id_);
    auto session = std::make_unique<Session>(id, peer_, 1000, 0);
    session->login.user = UserId(user);
    sessions_.push_back(std::move(session));
    hub_.Add(*sessions_.back());
    return *sessions_.back();
  }
  std::multiset<uint64_t> Receivers(uint64_t sender, uint64_t other, const Session& from,
                                    bool echo) {
    std::multiset<uint64_t> ids;
    hub_.EachInRoom(UserId(sender), UserId(other), from.id, echo,
                    [&](Session& session) { ids.insert(session.id.value); });
    return ids;
  }

  RecordingPeer peer_;
  uint64_t last_id_ = 0;
  std::vector<std::unique_ptr<Session>> sessions_;
  Hub hub_;
};

TEST_F(HubTest, SenderDoesNotReceiveOwnMessage) {
  const Session& from = Connect(1);
  const Session& receiver = Connect(2);
  Connect(3);
  EXPECT_EQ(Receivers(1, 2, from, false), std::multiset<uint64_t>{receiver.id.value});
}

TEST_F(HubTest, AllTabsOfBothReceiveIt) {
  const Session& from = Connect(1);
  const Session& other_tab = Connect(1);
  const Session& receiver = Connect(2);
  const Session& receiver_tab = Connect(2);
  EXPECT_EQ(Receivers(1, 2, from, false),
            (std::multiset{other_tab.id.value, receiver.id.value, receiver_tab.id.value}));
  EXPECT_EQ(Receivers(1, 2, from, true).size(), 4U);
}

TEST_F(HubTest, EachConnectionOfEachOfTheUsersOnce) {
  const Session& ada = Connect(1);
  const Session& ada_tab = Connect(1);
  const Session& bob = Connect(2);
  Connect(3);
  EXPECT_EQ(hub_.users(), 3U);
  std::multiset<uint64_t> ids;
  const std::unordered_set<UserId> users{UserId(1), UserId(2), UserId(99)};
  hub_.EachOf(users, [&](Session& session) { ids.insert(session.id.value); });
  EXPECT_EQ(ids, (std::multiset{ada.id.value, ada_tab.id.value, bob.id.value}));
}

TEST_F(HubTest, TellsTheFirstAndTheLastConnectionOfAUser) {
  RecordingPeer peer;
  Session first(ConnectionId(100), peer, 1000, 0);
  Session second(ConnectionId(101), peer, 1000, 0);
  first.login.user = second.login.user = UserId(9);
  EXPECT_TRUE(hub_.Add(first));
  EXPECT_FALSE(hub_.Add(second));
  bool last = true;
  EXPECT_TRUE(hub_.Remove(first, &last));
  EXPECT_FALSE(last);
  EXPECT_TRUE(hub_.Remove(second, &last));
  EXPECT_TRUE(last);
  EXPECT_FALSE(hub_.Online(UserId(9)));
}

TEST_F(HubTest, RemovingWhatIsNotInChangesNothing) {
  Session& session = Connect(1);
  Connect(2);
  bool last = true;
  EXPECT_TRUE(hub_.Remove(session, &last));
  EXPECT_FALSE(hub_.Remove(session, &last));
  EXPECT_FALSE(last);
  EXPECT_EQ(hub_.All().size(), 1U);
}

TEST_F(HubTest, AgreesWithASimpleModelUnderRandomUse) {
  std::mt19937 random(11);
  std::map<uint64_t, std::set<const Session*>> model;
  std::vector<Session*> in;
  for (int step = 0; step < 3000; ++step) {
    if (in.empty() || random() % 5 < 3) {
      const uint64_t user = 1 + random() % 20;
      in.push_back(&Connect(user));
      model[user].insert(in.back());
    } else {
      const size_t at = random() % in.size();
      Session* session = in[at];
      model[session->login.user.value].erase(session);
      bool last = false;
      ASSERT_TRUE(hub_.Remove(*session, &last));
      ASSERT_EQ(last, model[session->login.user.value].empty());
      in.erase(in.begin() + static_cast<std::ptrdiff_t>(at));
    }
    const uint64_t user = 1 + random() % 20;
    const auto sockets = hub_.Of(UserId(user));
    ASSERT_EQ(std::set<const Session*>(sockets.begin(), sockets.end()), model[user]);
    ASSERT_EQ(hub_.All().size(), in.size());
  }
}

}  // namespace
}  // namespace parlor::wsd
