#include "rtfq/train/text_config.h"

#include <algorithm>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/text_format.h"
#include "rtfq/core/check.h"
#include "rtfq/core/file.h"
#include "rtfq/core/nearest_names.h"
#include "rtfq/core/status_macros.h"

namespace rtfq {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::TextFormat;
using google::protobuf::io::ColumnNumber;
using google::protobuf::io::ErrorCollector;

std::string FieldsOf(const Descriptor& type, const std::string& wanted) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) {
    names.push_back(type.field(i)->name());
  }
  return NearestFirst(std::move(names), wanted);
}

std::string UnknownField(const Descriptor& type, const std::string& name) {
  return absl::StrCat("unknown field '", name, "'; fields of ", type.name(),
                      ": ", FieldsOf(type, name));
}

std::string ValuesOf(const EnumDescriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.value_count(); ++i) {
    names.push_back(type.value(i)->name());
  }
  return absl::StrJoin(names, ", ");
}

// What a field takes, for people.
std::string Wanted(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_INT64:
      return "an integer";
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return "an integer of at least 0";
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return absl::StrCat("one of ", ValuesOf(*field.enum_type()));
    case FieldDescriptor::CPPTYPE_STRING:
      return "quoted text";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return "a group { ... }";
}

// The key before `column` of a line such as "  steps: many" or "f: [1, x".
std::string KeyBefore(std::string_view line, size_t column) {
  line = line.substr(0, std::min(column, line.size()));
  const size_t colon = line.find_last_of(":{");
  if (colon == std::string_view::npos) return "";
  size_t end = colon;
  while (end > 0 && line[end - 1] == ' ') --end;
  size_t begin = end;
  while (begin > 0 &&
         (absl::ascii_isalnum(line[begin - 1]) || line[begin - 1] == '_')) {
    --begin;
  }
  return std::string(line.substr(begin, end - begin));
}

// Keeps the first error: those that follow are its consequences.
class FirstError : public ErrorCollector {
 public:
  FirstError(const std::string& text, const std::string& name,
             const Descriptor& root)
      : lines_(absl::StrSplit(text, '\n')), name_(name), root_(root) {}

  void AddError(int line, ColumnNumber column,
                const std::string& message) override {
    if (!text_.empty()) return;
    // Both count from 0; -1 means the file as a whole.
    const std::string where =
        line < 0 ? name_ : absl::StrCat(name_, ":", line + 1, ":", column + 1);
    text_ = absl::StrCat(where, ": ", Explain(line, column, message));
  }
  void AddWarning(int, ColumnNumber, const std::string&) override {}

  const std::string& text() const { return text_; }

 private:
  std::string Explain(int line, int column, const std::string& message) const {
    if (message.find("has no field named") != std::string::npos) {
      // Message type "a.B" has no field named "c".
      const std::vector<std::string> parts = absl::StrSplit(message, '"');
      const Descriptor* type =
          parts.size() < 4
              ? nullptr
              : root_.file()->pool()->FindMessageTypeByName(parts[1]);
      if (type != nullptr) return UnknownField(*type, parts[3]);
    }
    std::string key;
    if (line >= 0 && static_cast<size_t>(line) < lines_.size() && column >= 0) {
      key = KeyBefore(lines_[static_cast<size_t>(line)],
                      static_cast<size_t>(column));
    }
    const FieldDescriptor* field = key.empty() ? nullptr : Find(root_, key, 0);
    if (field == nullptr) return message;
    return absl::StrCat("field '", key, "' takes ", Wanted(*field), ": ",
                        message);
  }

  // A field of that name in `type` or in a message inside it.
  static const FieldDescriptor* Find(const Descriptor& type,
                                     const std::string& key, int depth) {
    if (const FieldDescriptor* field = type.FindFieldByName(key)) return field;
    for (int i = 0; i < type.field_count() && depth < 8; ++i) {
      const Descriptor* inner = type.field(i)->message_type();
      if (inner == nullptr) continue;
      if (const FieldDescriptor* field = Find(*inner, key, depth + 1))
        return field;
    }
    return nullptr;
  }

  const std::vector<std::string> lines_;
  const std::string name_;
  const Descriptor& root_;
  std::string text_;
};

// Errors are told by the caller, who knows the key.
class Silent : public ErrorCollector {
 public:
  void AddError(int, ColumnNumber, const std::string&) override {}
};

// Sets a singular field, appends to a repeated one. `text` as in a text file.
bool SetValue(const FieldDescriptor& field, const std::string& text,
              Message& message) {
  Silent silent;
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&silent);
  return parser.ParseFieldValueFromString(text, &field, &message);
}

std::vector<std::string> ListItems(std::string text) {
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']') {
    text = text.substr(1, text.size() - 2);
  }
  absl::StripAsciiWhitespace(&text);
  if (text.empty()) return {};
  std::vector<std::string> items = absl::StrSplit(text, ',');
  for (std::string& item : items) absl::StripAsciiWhitespace(&item);
  return items;
}

struct Place {
  Message* message;
  const FieldDescriptor* field;
};

// The field a dotted key names, with the messages on the way made.
absl::StatusOr<Place> FindPlace(const std::string& key, Message& root) {
  const std::vector<std::string> names = absl::StrSplit(key, '.');
  Message* message = &root;
  for (size_t i = 0;; ++i) {
    const Descriptor& type = *message->GetDescriptor();
    const FieldDescriptor* field = type.FindFieldByName(names[i]);
    if (field == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(key, ": ", UnknownField(type, names[i])));
    }
    const bool last = i + 1 == names.size();
    const Descriptor* inner = field->message_type();
    if (last && inner == nullptr) return Place{message, field};
    if (last || inner == nullptr || field->is_repeated()) {
      return absl::InvalidArgumentError(absl::StrCat(
          key, ": '", names[i], "' ",
          inner == nullptr
              ? "has no fields of its own"
              : absl::StrCat("is a group; set one of its fields: ",
                             FieldsOf(*inner, last ? "" : names[i + 1]))));
    }
    message = message->GetReflection()->MutableMessage(message, field);
  }
}

}  // namespace

absl::Status ParseTextProto(const std::string& text, const std::string& name,
                            Message& message) {
  FirstError errors(text, name, *message.GetDescriptor());
  TextFormat::Parser parser;
  parser.RecordErrorsTo(&errors);
  const std::unique_ptr<Message> parsed(message.New());
  if (!parser.ParseFromString(text, parsed.get())) {
    return absl::InvalidArgumentError(errors.text().empty()
                                          ? absl::StrCat(name, ": not a config")
                                          : errors.text());
  }
  message.GetReflection()->Swap(&message, parsed.get());
  return absl::OkStatus();
}

absl::Status ReadTextProto(const std::string& path, Message& message) {
  RTFQ_ASSIGN_OR_RETURN(const std::string text,
                        ReadFile(path, kMaxConfigBytes));
  return ParseTextProto(text, path, message);
}

absl::Status ApplyOverride(const std::string& assignment, Message& message) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", assignment, "' is no override; wanted: name.of.field=value"));
  }
  std::string key = assignment.substr(0, equals);
  std::string value = assignment.substr(equals + 1);
  absl::StripAsciiWhitespace(&key);
  absl::StripAsciiWhitespace(&value);

  const std::unique_ptr<Message> changed(message.New());
  changed->CopyFrom(message);
  RTFQ_ASSIGN_OR_RETURN(const Place place, FindPlace(key, *changed));
  std::vector<std::string> values = {value};
  if (place.field->is_repeated()) {
    place.message->GetReflection()->ClearField(place.message, place.field);
    values = ListItems(value);
  }
  for (const std::string& item : values) {
    if (!item.empty() && SetValue(*place.field, item, *place.message)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(key, ": '", item, "' is not ", Wanted(*place.field)));
  }
  message.GetReflection()->Swap(&message, changed.get());
  return absl::OkStatus();
}

void FillDefaults(Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->is_repeated()) continue;
    if (field->message_type() != nullptr) {
      FillDefaults(*reflection.MutableMessage(&message, field));
      continue;
    }
    if (reflection.HasField(message, field)) continue;
    std::string text;  // of the default, which is what an absent field has
    TextFormat::PrintFieldValueToString(message, field, -1, &text);
    RTFQ_CHECK(SetValue(*field, text, message));
  }
}

std::string ToTextProto(const Message& message) {
  TextFormat::Printer printer;
  printer.SetUseShortRepeatedPrimitives(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

}  // namespace rtfq
