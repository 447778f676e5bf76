#include "rtfq/eval/report_json.h"

#include <utility>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace rtfq {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using Json = nlohmann::ordered_json;

Json MessageJson(const Message& message);

// Protobuf's own JSON prints 64-bit integers as strings, which no plotting tool
// adds up; hence this walk over the fields. `index` is -1 for a single field.
Json FieldJson(const Message& message, const FieldDescriptor& field,
               int index) {
  const Reflection& reflection = *message.GetReflection();
  const bool repeated = index >= 0;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageJson(
          repeated ? reflection.GetRepeatedMessage(message, &field, index)
                   : reflection.GetMessage(message, &field));
    case FieldDescriptor::CPPTYPE_STRING:
      return repeated ? reflection.GetRepeatedString(message, &field, index)
                      : reflection.GetString(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return repeated ? reflection.GetRepeatedInt64(message, &field, index)
                      : reflection.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_INT32:
      return repeated ? reflection.GetRepeatedInt32(message, &field, index)
                      : reflection.GetInt32(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return repeated ? reflection.GetRepeatedDouble(message, &field, index)
                      : reflection.GetDouble(message, &field);
    default:
      return nullptr;  // report.proto has no other type
  }
}

Json MessageJson(const Message& message) {
  Json json = Json::object();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(i);
    if (field.is_repeated()) {
      Json list = Json::array();
      for (int k = 0; k < reflection.FieldSize(message, &field); ++k) {
        list.push_back(FieldJson(message, field, k));
      }
      json[field.name()] = std::move(list);
    } else if (reflection.HasField(message, &field)) {
      json[field.name()] = FieldJson(message, field, -1);
    }
  }
  return json;
}

}  // namespace

std::string ToJson(const EvaluationReport& report) {
  return MessageJson(report).dump(1, ' ', false,
                                  Json::error_handler_t::replace) +
         "\n";
}

}  // namespace rtfq
