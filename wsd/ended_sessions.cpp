#include "wsd/ended_sessions.h"

namespace parlor::wsd {

EndedSessions::Verdict EndedSessions::Judge(const sessions::Session& session,
                                            uint64_t stamp) const {
  if (EndedAfter({session.id, {}}, stamp) || EndedAfter({{}, session.user}, stamp)) {
    return Verdict::kEnded;
  }
  return stamp < ended_.forgotten() ? Verdict::kForgotten : Verdict::kLive;
}

void EndedSessions::Remember(const Thing& thing, int64_t now_ms) {
  ended_.Set(thing, Stamp(), now_ms);
}

// It was set with the stamp before it: whoever asked at that one or earlier asked before the end.
bool EndedSessions::EndedAfter(const Thing& thing, uint64_t stamp) const {
  const uint64_t* ended = ended_.Find(thing);
  return ended != nullptr && stamp <= *ended;
}

}  // namespace parlor::wsd
