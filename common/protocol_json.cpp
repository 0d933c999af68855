// Reading JSON, and the fields that HTTP and socket share.
#include "common/protocol_json.h"

#include <nlohmann/json.hpp>

#include "common/protocol.h"

namespace parlor::json {

static_assert(Object::kMaxInteger == kMaxJsonInteger);

// The events of nlohmann's parser. `false` stops it.
class Reader {
 public:
  explicit Reader(Object& object) : object_(object) {}

  // What the library calls; its names.
  bool null() { return Scalar(Null{}); }
  bool boolean(bool value) { return Scalar(value); }
  bool number_integer(int64_t value) { return Scalar(value); }
  bool number_unsigned(uint64_t value) { return Scalar(value); }
  bool number_float(double value, const std::string& /*source*/) { return Scalar(value); }
  bool string(std::string& value) { return Scalar(std::move(value)); }
  bool binary(nlohmann::json::binary_t& /*value*/) { return false; }
  bool start_object(size_t /*elements*/) { return Enter(true); }
  bool start_array(size_t /*elements*/) { return Enter(false); }
  bool end_object() { return Leave(); }
  bool end_array() { return Leave(); }
  bool key(std::string& name) {
    if (depth_ == 1) object_.fields_.emplace_back(std::move(name), Null{});
    return true;
  }
  bool parse_error(size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) {
    return false;
  }

  const char* problem() const { return problem_; }

 private:
  bool Scalar(Value value) {
    if (depth_ == 0) return Refuse("The JSON must be an object.");
    if (depth_ == 1) object_.fields_.back().second = std::move(value);
    return true;
  }
  bool Enter(bool is_object) {
    if (depth_ == 0 && !is_object) return Refuse("The JSON must be an object.");
    if (depth_ == 1) object_.fields_.back().second = Nested{};
    if (depth_ == 0) object_.fields_.reserve(8);  // most have fewer
    if (++depth_ > kMaxJsonDepth) return Refuse("The JSON is nested too deeply.");
    return true;
  }
  bool Leave() {
    --depth_;
    return true;
  }
  bool Refuse(const char* problem) {
    problem_ = problem;
    return false;
  }

  Object& object_;
  int depth_ = 0;
  const char* problem_ = "This is not valid JSON in UTF-8.";
};

Result<Object> Object::Parse(std::string_view text) {
  Object object;
  Reader reader(object);
  // The library takes a NUL byte for the end of the text, and would never see what follows it.
  const bool has_nul = text.find('\0') != std::string_view::npos;
  if (has_nul || !nlohmann::json::sax_parse(text, &reader)) {
    return Status(ErrorCode::kMalformedJson, reader.problem());
  }
  return object;
}

const Value* Object::Find(std::string_view name) const {
  for (auto field = fields_.rbegin(); field != fields_.rend(); ++field) {
    if (field->first != name) continue;
    return std::holds_alternative<Null>(field->second) ? nullptr : &field->second;
  }
  return nullptr;
}

Result<std::optional<std::string>> Object::OptionalText(std::string_view name) const {
  const Value* value = Find(name);
  if (value == nullptr) return std::optional<std::string>();
  const auto* text = std::get_if<std::string>(value);
  if (text == nullptr) return Invalid(name, "must be a string.");
  return std::optional<std::string>(*text);
}

Result<std::string> Object::Text(std::string_view name) const {
  PARLOR_ASSIGN_OR_RETURN(std::optional<std::string> text, OptionalText(name));
  if (!text) return Missing(name);
  return *std::move(text);
}

Result<std::optional<std::string>> Object::OptionalTextOrNumber(std::string_view name) const {
  const Value* value = Find(name);
  if (value == nullptr) return std::optional<std::string>();
  if (const auto* number = std::get_if<uint64_t>(value)) {
    return std::optional<std::string>(std::to_string(*number));
  }
  if (const auto* number = std::get_if<int64_t>(value)) {
    return std::optional<std::string>(std::to_string(*number));
  }
  if (!std::holds_alternative<std::string>(*value)) {
    return Invalid(name, "must be a string or an integer.");
  }
  return OptionalText(name);
}

Result<std::optional<uint64_t>> Object::OptionalInteger(std::string_view name, uint64_t min,
                                                        uint64_t max) const {
  const Value* value = Find(name);
  if (value == nullptr) return std::optional<uint64_t>();
  // Negative numbers arrive as int64_t: out of bounds for every field of ours.
  const auto* number = std::get_if<uint64_t>(value);
  if (number == nullptr || *number < min || *number > max) {
    return Invalid(name, "must be an integer from " + std::to_string(min) + " to " +
                             std::to_string(max) + ".");
  }
  return std::optional<uint64_t>(*number);
}

Result<uint64_t> Object::Integer(std::string_view name, uint64_t min, uint64_t max) const {
  PARLOR_ASSIGN_OR_RETURN(const std::optional<uint64_t> number, OptionalInteger(name, min, max));
  if (!number) return Missing(name);
  return *number;
}

Result<std::optional<bool>> Object::OptionalFlag(std::string_view name) const {
  const Value* value = Find(name);
  if (value == nullptr) return std::optional<bool>();
  const bool* flag = std::get_if<bool>(value);
  if (flag == nullptr) return Invalid(name, "must be true or false.");
  return std::optional<bool>(*flag);
}

Result<std::optional<ParsedTimestamp>> Object::OptionalTimestamp(std::string_view name) const {
  const Value* value = Find(name);
  if (value == nullptr) return std::optional<ParsedTimestamp>();
  std::optional<ParsedTimestamp> time;
  if (const auto* text = std::get_if<std::string>(value)) {
    time = ParseTimestamp(*text);
  } else if (const auto* number = std::get_if<uint64_t>(value)) {
    time = ParseTimestamp(std::to_string(*number));
  }
  if (!time) return Invalid(name, "must be a time like 2026-11-22T17:04:12.123Z.");
  return time;
}

Status Missing(std::string_view field) { return Invalid(field, "is missing."); }

Status Invalid(std::string_view field, std::string_view why) {
  return Status::InvalidField(std::string(field), std::string(field) + " " + std::string(why));
}

std::string_view ConversationField(ConversationKind kind) {
  switch (kind) {
    case ConversationKind::kRoom:
      return "chat_room_id";
    case ConversationKind::kGroup:
      return "chat_group_id";
    case ConversationKind::kBot:
      break;
  }
  return {};
}

std::string_view ChatType(ConversationKind kind) {
  switch (kind) {
    case ConversationKind::kRoom:
      return "room";
    case ConversationKind::kGroup:
      return "group";
    case ConversationKind::kBot:
      break;
  }
  return "bot";
}

std::optional<ConversationKind> KindOfChatType(std::string_view chat_type) {
  if (chat_type == "room") return ConversationKind::kRoom;
  if (chat_type == "group") return ConversationKind::kGroup;
  if (chat_type == "bot") return ConversationKind::kBot;
  return std::nullopt;
}

Result<std::string> MessageText(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(std::string message, object.Text("message"));
  if (message.empty() || message.size() > kMaxMessageBytes) {
    return Invalid("message", "must be 1 to 16000 bytes long.");
  }
  if (message.find('\0') != std::string::npos) return Invalid("message", "must not contain NUL.");
  return message;
}

Result<std::optional<std::string>> ClientMessageId(const Object& object) {
  PARLOR_ASSIGN_OR_RETURN(std::optional<std::string> id, object.OptionalText("client_msg_id"));
  if (!id) return id;
  if (id->empty() || id->size() > kMaxClientMsgIdBytes) {
    return Invalid("client_msg_id", "must be 1 to 64 bytes long.");
  }
  if (id->find('\0') != std::string::npos) {
    return Invalid("client_msg_id", "must not contain NUL.");
  }
  return id;
}

}  // namespace parlor::json
