#include "wsd/bot/question_queue.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace parlor::wsd {

void QuestionQueue::Put(WaitingQuestion question) {
  const UserId user = question.ask.user;
  OfUser& of_user = users_[user];
  if (of_user.waiting.empty() && !of_user.in_work) ready_.push_back(user);
  of_user.waiting.push_back(std::move(question));
}

std::optional<WaitingQuestion> QuestionQueue::Take() {
  if (ready_.empty()) return std::nullopt;
  const UserId user = ready_.front();
  ready_.pop_front();
  return TakeOf(user);
}

std::optional<WaitingQuestion> QuestionQueue::TakeLate(int64_t now_ms) {
  const auto late = std::find_if(ready_.begin(), ready_.end(), [&](UserId user) {
    return users_.at(user).waiting.front().answer_by_ms <= now_ms;
  });
  if (late == ready_.end()) return std::nullopt;
  const UserId user = *late;
  ready_.erase(late);
  return TakeOf(user);
}

WaitingQuestion QuestionQueue::TakeOf(UserId user) {
  OfUser& of_user = users_.at(user);
  WaitingQuestion next = std::move(of_user.waiting.front());
  of_user.waiting.pop_front();
  of_user.in_work = true;
  return next;
}

void QuestionQueue::Done(UserId user) {
  const auto found = users_.find(user);
  PARLOR_CHECK(found != users_.end() && found->second.in_work);
  found->second.in_work = false;
  if (found->second.waiting.empty()) {
    users_.erase(found);
  } else {
    ready_.push_back(user);
  }
}

}  // namespace parlor::wsd
