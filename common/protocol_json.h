// JSON for protocol*.cpp (and the writer for completions.cpp): a reader of flat objects and a
// writer.
//
// Everything that clients send is one object of scalars, so the reader keeps the outermost object's
// scalars and only walks over what is nested: nothing recursive is ever built, and the depth limit
// acts before memory is spent. The writer appends to a string; a message frame costs well below a
// microsecond. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "common/clock.h"
#include "common/ids.h"
#include "common/status.h"

namespace parlor::json {

// ---- Reading

struct Null {};
struct Nested {};  // an array or object: no field of ours takes one
using Value = std::variant<Null, bool, int64_t, uint64_t, double, std::string, Nested>;

// The outermost object of a JSON text. Getters name the field in their kInvalidField; null means
// "not given". A name that comes twice: the last one wins, as in JavaScript.
class Object {
 public:
  // kMalformedJson unless `text` is one JSON object in UTF-8, at most kMaxJsonDepth levels deep.
  static Result<Object> Parse(std::string_view text);

  // nullptr when absent or null.
  const Value* Find(std::string_view name) const;
  bool Has(std::string_view name) const { return Find(name) != nullptr; }

  Result<std::optional<std::string>> OptionalText(std::string_view name) const;
  Result<std::string> Text(std::string_view name) const;
  // A text, or an integer as its decimal text.
  Result<std::optional<std::string>> OptionalTextOrNumber(std::string_view name) const;
  // Integers as JSON writes them: no fraction, no exponent, not in a string.
  Result<std::optional<uint64_t>> OptionalInteger(std::string_view name, uint64_t min,
                                                  uint64_t max) const;
  Result<uint64_t> Integer(std::string_view name, uint64_t min, uint64_t max) const;
  // 1 to 2^53 - 1.
  template <typename Id>
  Result<Id> Identifier(std::string_view name) const {
    PARLOR_ASSIGN_OR_RETURN(const uint64_t number, Integer(name, 1, kMaxInteger));
    return Id(number);
  }
  Result<std::optional<bool>> OptionalFlag(std::string_view name) const;
  // Text as in ParseTimestamp, or integer milliseconds.
  Result<std::optional<ParsedTimestamp>> OptionalTimestamp(std::string_view name) const;

  static constexpr uint64_t kMaxInteger = (uint64_t{1} << 53) - 1;

 private:
  friend class Reader;
  std::vector<std::pair<std::string, Value>> fields_;
};

Status Missing(std::string_view field);
Status Invalid(std::string_view field, std::string_view why);  // "<field> <why>"

// ---- Writing

// Appends `text` as a JSON string, with its quotes. What is not valid UTF-8 becomes U+FFFD.
void AppendString(std::string& out, std::string_view text);
void AppendNumber(std::string& out, uint64_t number);

// Appends one object to `out`: the constructor opens it, Close() closes it. Names are ours and need
// no escaping.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  ObjectWriter& Text(std::string_view name, std::string_view text);
  ObjectWriter& Number(std::string_view name, uint64_t number);
  ObjectWriter& Flag(std::string_view name, bool flag);
  ObjectWriter& Null(std::string_view name);
  ObjectWriter& Time(std::string_view name, TimestampMs time);
  template <typename Tag>
  ObjectWriter& Id(std::string_view name, StrongId<Tag> id) {
    return Number(name, id.value);
  }
  // Writes the name; the caller appends the value to `out`.
  ObjectWriter& Name(std::string_view name);
  void Close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

// "chat_room_id" or "chat_group_id"; empty for the bot, whose chat needs no id on the wire.
std::string_view ConversationField(ConversationKind kind);
// "room", "group", "bot" and back.
std::string_view ChatType(ConversationKind kind);
std::optional<ConversationKind> KindOfChatType(std::string_view chat_type);

// ---- Fields that HTTP and socket share
Result<std::string> MessageText(const Object& object);                     // `message`
Result<std::optional<std::string>> ClientMessageId(const Object& object);  // `client_msg_id`

}  // namespace parlor::json
