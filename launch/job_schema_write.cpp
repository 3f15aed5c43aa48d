// The other direction of job_schema.h: messages as Configs.
#include <google/protobuf/message.h>

#include "launch/job_schema.h"

namespace tutti {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

Config placed(Config config, const std::string& place) {
  if (!place.empty()) config.at(place);
  return config;
}

Config write_one(const Message& message, const FieldDescriptor& field, int index) {
  const auto& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.GetBool(message, &field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection.GetInt64(message, &field);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return repeated ? reflection.GetRepeatedDouble(message, &field, index)
                      : reflection.GetDouble(message, &field);
    case FieldDescriptor::CPPTYPE_STRING:
      return repeated ? reflection.GetRepeatedString(message, &field, index)
                      : reflection.GetString(message, &field);
    default:
      return write_message(repeated ? reflection.GetRepeatedMessage(message, &field, index)
                                    : reflection.GetMessage(message, &field));
  }
}

void write_entry(const Message& entry, Config& map) {
  const Descriptor& type = *entry.GetDescriptor();
  const std::string key = entry.GetReflection()->GetString(entry, type.FindFieldByName("key"));
  map.set(key, write_one(entry, *type.FindFieldByName("value"), 0));
}

Config write_repeated(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  const int size = reflection.FieldSize(message, &field);
  if (field.message_type() && field.message_type()->FindFieldByName("key")) {
    Config map{Config::Map()};
    for (int i = 0; i < size; ++i)
      write_entry(reflection.GetRepeatedMessage(message, &field, i), map);
    return map;
  }
  Config::List list;
  for (int i = 0; i < size; ++i) list.push_back(write_one(message, field, i));
  return Config(std::move(list));
}

Config write_record(const Message& message) {
  const auto& reflection = *message.GetReflection();
  const Descriptor& type = *message.GetDescriptor();
  Config map{Config::Map()};
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool set = field.is_repeated() ? reflection.FieldSize(message, &field) > 0
                                         : reflection.HasField(message, &field);
    if (!set) continue;
    Config value =
        field.is_repeated() ? write_repeated(message, field) : write_one(message, field, 0);
    if (field.name() != "rest")
      map.set(field.name(), std::move(value));
    else
      for (auto& [key, item] : value.as_map()) map.set(key, std::move(item));
  }
  return map;
}

}  // namespace

Config to_config(const schema::Argument& argument) {
  switch (argument.value_case()) {
    case schema::Argument::kBoolean:
      return placed(argument.boolean(), argument.place());
    case schema::Argument::kInteger:
      return placed(int64_t{argument.integer()}, argument.place());
    case schema::Argument::kNumber:
      return placed(argument.number(), argument.place());
    case schema::Argument::kText:
      return placed(argument.text(), argument.place());
    case schema::Argument::kList: {
      Config::List list;
      for (const auto& item : argument.list().items()) list.push_back(to_config(item));
      return placed(std::move(list), argument.place());
    }
    case schema::Argument::kMap:
      return placed(to_config(argument.map().entries()), argument.place());
    case schema::Argument::VALUE_NOT_SET:
      return placed(Config(), argument.place());
  }
  return {};
}

Config to_config(const google::protobuf::RepeatedPtrField<schema::ArgumentEntry>& entries) {
  Config::Map map;
  for (const auto& entry : entries) map.emplace_back(entry.key(), to_config(entry.value()));
  return Config(std::move(map));
}

Config to_config(const schema::Kind& kind) {
  if (is_none(kind)) return placed(Config(), kind.place());
  if (kind.arguments().empty()) return placed(kind.name(), kind.place());
  Config arguments = placed(to_config(kind.arguments()), kind.place());
  return placed(Config::Map{{kind.name(), std::move(arguments)}}, kind.place());
}

Config write_message(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (&type == schema::Kind::descriptor())
    return to_config(static_cast<const schema::Kind&>(message));
  if (&type == schema::Argument::descriptor())
    return to_config(static_cast<const schema::Argument&>(message));
  if (type.oneof_decl_count() > 0 && type.oneof_decl(0)->name() == "form") {
    const auto* field =
        message.GetReflection()->GetOneofFieldDescriptor(message, type.oneof_decl(0));
    return field ? write_one(message, *field, 0) : Config();
  }
  if (type.field_count() == 1 && type.field(0)->is_repeated())
    return write_repeated(message, *type.field(0));
  return write_record(message);
}

}  // namespace tutti
