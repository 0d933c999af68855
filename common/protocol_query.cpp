// What a GET says: its query string and, where that is silent, a JSON body with the same names.
#include <algorithm>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>

#include "common/ascii.h"
#include "common/protocol.h"
#include "common/protocol_json.h"

namespace parlor {
namespace {

using json::Object;

// Query first, body second. An empty value in a query counts as not given; of several with one
// name, the last wins.
class Parameters {
 public:
  static Result<Parameters> From(const QueryPairs& query, std::string_view body) {
    Parameters parameters(query);
    if (!body.empty()) {
      PARLOR_ASSIGN_OR_RETURN(parameters.body_, Object::Parse(body));
    }
    return parameters;
  }

  Result<std::optional<ParsedTimestamp>> Timestamp(std::string_view name) const {
    const std::string* value = InQuery(name);
    if (value == nullptr || IsNothing(*value)) return body_.OptionalTimestamp(name);
    const std::optional<ParsedTimestamp> time = ParseTimestamp(*value);
    if (!time) return json::Invalid(name, "must be a time like 2026-11-22T17:04:12.123Z.");
    return time;
  }

  Result<bool> Flag(std::string_view name) const {
    const std::string* value = InQuery(name);
    if (value == nullptr) {
      PARLOR_ASSIGN_OR_RETURN(const std::optional<bool> flag, body_.OptionalFlag(name));
      return flag.value_or(false);
    }
    if (*value == "true" || *value == "True" || *value == "1") return true;
    if (*value == "false" || *value == "False" || *value == "0") return false;
    return json::Invalid(name, "must be true or false.");
  }

  Result<std::optional<uint64_t>> Integer(std::string_view name, uint64_t min, uint64_t max) const {
    const std::string* value = InQuery(name);
    if (value == nullptr) return body_.OptionalInteger(name, min, max);
    uint64_t number = 0;
    const char* const end = value->data() + value->size();
    const auto [stopped, error] = std::from_chars(value->data(), end, number);
    if (error != std::errc() || stopped != end || number < min || number > max) {
      return json::Invalid(name, "must be an integer from " + std::to_string(min) + " to " +
                                     std::to_string(max) + ".");
    }
    return std::optional<uint64_t>(number);
  }

  // The cursor of a list by id; 0: from the first.
  template <typename Id>
  Result<Id> After() const {
    PARLOR_ASSIGN_OR_RETURN(const std::optional<uint64_t> after,
                            Integer("after", 0, kMaxJsonInteger));
    return Id(after.value_or(0));
  }

  // What does not fit is as good as the largest number that does: of messages the store gives no
  // more than a page, and of users and groups there are fewer.
  Result<std::optional<uint32_t>> Limit() const {
    PARLOR_ASSIGN_OR_RETURN(const std::optional<uint64_t> limit,
                            Integer("limit", 1, kMaxJsonInteger));
    if (!limit) return std::optional<uint32_t>();
    constexpr uint64_t kMax = std::numeric_limits<uint32_t>::max();
    return std::optional<uint32_t>(static_cast<uint32_t>(std::min(*limit, kMax)));
  }

  Result<std::string> Text(std::string_view name) const {
    if (const std::string* value = InQuery(name)) return *value;
    PARLOR_ASSIGN_OR_RETURN(std::optional<std::string> text, body_.OptionalText(name));
    return std::move(text).value_or("");
  }

 private:
  // What JavaScript makes of a time it does not have (`?timestamp=${storage.getItem(…)}` on the
  // first visit). Not so for names: there are people called Null.
  static bool IsNothing(std::string_view time) { return time == "null" || time == "undefined"; }

  explicit Parameters(const QueryPairs& query) : query_(query) {}

  const std::string* InQuery(std::string_view name) const {
    const auto found = std::find_if(query_.rbegin(), query_.rend(), [&](const auto& pair) {
      return pair.first == name && !pair.second.empty();
    });
    return found == query_.rend() ? nullptr : &found->second;
  }

  const QueryPairs& query_;
  Object body_;
};

// What a name is searched for: nothing longer than the name can be found.
Result<std::string> SearchText(const Parameters& parameters, size_t max_characters) {
  PARLOR_ASSIGN_OR_RETURN(std::string text, parameters.Text("q"));
  if (CountCharacters(text) > max_characters) {
    return json::Invalid("q", "must be at most " + std::to_string(max_characters) + " characters.");
  }
  if (text.find('\0') != std::string::npos) return json::Invalid("q", "must not contain NUL.");
  return text;
}

}  // namespace

Result<QueryPairs> ParseQueryString(std::string_view query) {
  QueryPairs pairs;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.empty()) continue;
    const size_t equals = part.find('=');
    std::string name = PercentDecode(part.substr(0, equals), Plus::kIsSpace);
    std::string value = equals == std::string_view::npos
                            ? std::string()
                            : PercentDecode(part.substr(equals + 1), Plus::kIsSpace);
    if (!IsValidUtf8(name)) return json::Invalid("query", "must be valid UTF-8.");
    if (!IsValidUtf8(value)) return json::Invalid(name, "must be valid UTF-8.");
    pairs.emplace_back(std::move(name), std::move(value));
  }
  return pairs;
}

Result<PageRequest> ParsePageRequest(const QueryPairs& query, std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Parameters parameters, Parameters::From(query, body));
  PageRequest page;
  PARLOR_ASSIGN_OR_RETURN(page.timestamp, parameters.Timestamp("timestamp"));
  PARLOR_ASSIGN_OR_RETURN(page.before, parameters.Flag("before"));
  PARLOR_ASSIGN_OR_RETURN(page.limit, parameters.Limit());
  return page;
}

Result<UserQuery> ParseUserQuery(const QueryPairs& query, std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Parameters parameters, Parameters::From(query, body));
  UserQuery users;
  PARLOR_ASSIGN_OR_RETURN(users.after, parameters.After<UserId>());
  PARLOR_ASSIGN_OR_RETURN(users.limit, parameters.Limit());
  PARLOR_ASSIGN_OR_RETURN(users.online_only, parameters.Flag("online"));
  // "first last"
  PARLOR_ASSIGN_OR_RETURN(users.name, SearchText(parameters, 2 * kMaxPersonNameCharacters + 1));
  return users;
}

Result<GroupQuery> ParseGroupQuery(const QueryPairs& query, std::string_view body) {
  PARLOR_ASSIGN_OR_RETURN(const Parameters parameters, Parameters::From(query, body));
  GroupQuery groups;
  PARLOR_ASSIGN_OR_RETURN(groups.after, parameters.After<ConversationId>());
  PARLOR_ASSIGN_OR_RETURN(groups.limit, parameters.Limit());
  PARLOR_ASSIGN_OR_RETURN(groups.member_only, parameters.Flag("is_member"));
  PARLOR_ASSIGN_OR_RETURN(groups.name, SearchText(parameters, kMaxGroupNameCharacters));
  return groups;
}

}  // namespace parlor
