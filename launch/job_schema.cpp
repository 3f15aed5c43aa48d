#include "launch/job_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/base/error.h"
#include "core/base/registry.h"

namespace tutti {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

namespace {

const FieldDescriptor* only_field(const Descriptor& type, const char* name) {
  return type.field_count() == 1 && type.field(0)->name() == name ? type.field(0) : nullptr;
}
bool is_kind(const Descriptor& type) { return &type == schema::Kind::descriptor(); }
bool is_argument(const Descriptor& type) { return &type == schema::Argument::descriptor(); }
bool is_entry(const Descriptor& type) { return &type == schema::ArgumentEntry::descriptor(); }

bool has_forms(const Descriptor& type) {
  return type.oneof_decl_count() > 0 && type.oneof_decl(0)->name() == "form";
}

std::string brief(const Config& config) {
  std::string text = to_string(config);
  return text.size() > 60 ? text.substr(0, 57) + "..." : text;
}

void read_argument(const Config& config, schema::Argument& out) {
  if (const std::string place = config.where(); !place.empty()) out.set_place(place);
  if (config.is_bool()) return out.set_boolean(config.as_bool());
  if (config.is_int()) return out.set_integer(config.as_int());
  if (config.is_number()) return out.set_number(config.as_double());
  if (config.is_string()) return out.set_text(config.as_string());
  if (config.is_list()) {
    auto& list = *out.mutable_list();
    for (const auto& item : config.as_list()) read_argument(item, *list.add_items());
  } else if (config.is_map()) {
    auto& map = *out.mutable_map();
    for (const auto& [key, value] : config.as_map()) {
      auto& entry = *map.add_entries();
      entry.set_key(key);
      read_argument(value, *entry.mutable_value());
    }
  }
}

void read_schema_kind(const Config& config, schema::Kind& out) {
  if (const std::string place = config.where(); !place.empty()) out.set_place(place);
  if (config.is_null()) return;  // none: whoever needs one says so
  const KindCall call = parse_kind("kind", config);
  out.set_name(call.name);
  if (call.arguments.is_null()) return;
  if (!call.arguments.is_map())
    fail(call.arguments.where_or(call.place),
         "expected the arguments of {} as {{argument: value}}, got {}; write Name or {{Name: "
         "{{argument: value}}}}",
         call.name, brief(call.arguments));
  for (const auto& [key, value] : call.arguments.as_map()) {
    auto& entry = *out.add_arguments();
    entry.set_key(key);
    read_argument(value, *entry.mutable_value());
  }
}

// What a field takes, for messages.
std::string expected(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_INT64:
      return "an integer";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a number";
    case FieldDescriptor::CPPTYPE_STRING:
      return "text";
    default:
      break;
  }
  const Descriptor& type = *field.message_type();
  if (is_kind(type)) return "Name or {Name: {argument: value}}";
  if (&type == schema::Argument::descriptor()) return "values";
  if (const auto* items = only_field(type, "items")) return "a list of " + expected(*items);
  if (const auto* entries = only_field(type, "entries"))
    return "{name: " + expected(*entries->message_type()->FindFieldByName("value")) + "}";
  return "a map of " + fmt::format("{}", fmt::join(field_names(type), ", "));
}

bool fits(const FieldDescriptor& field, const Config& config) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return config.is_bool();
    case FieldDescriptor::CPPTYPE_INT64:
      return config.is_int();
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return config.is_number();
    case FieldDescriptor::CPPTYPE_STRING:
      return config.is_string();
    default:
      break;
  }
  const Descriptor& type = *field.message_type();
  if (is_kind(type)) return config.is_string() || looks_like_kind(config);
  if (only_field(type, "items")) return config.is_list();
  return config.is_map();
}

void read_scalar(const Config& config, Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection.SetBool(&message, &field, config.as_bool());
    case FieldDescriptor::CPPTYPE_INT64:
      return repeated ? reflection.AddInt64(&message, &field, config.as_int())
                      : reflection.SetInt64(&message, &field, config.as_int());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return repeated ? reflection.AddDouble(&message, &field, config.as_double())
                      : reflection.SetDouble(&message, &field, config.as_double());
    default:
      return repeated ? reflection.AddString(&message, &field, config.as_string())
                      : reflection.SetString(&message, &field, config.as_string());
  }
}

void read_alternative(const Config& config, Message& message) {
  const auto& form = *message.GetDescriptor()->oneof_decl(0);
  std::string wanted;
  for (int i = 0; i < form.field_count(); ++i) {
    const FieldDescriptor& field = *form.field(i);
    if (fits(field, config)) {
      if (field.message_type())
        return read_message(config, *message.GetReflection()->MutableMessage(&message, &field));
      return read_scalar(config, message, field);
    }
    wanted += (i == 0 ? "" : ", or ") + expected(field);
  }
  fail(config.where_or("job"), "expected {}, got {}", wanted, brief(config));
}

void read_entries(const Config& config, Message& message, const FieldDescriptor& entries) {
  if (!config.is_map())
    fail(config.where_or("job"), "expected a map of names to values, got {}", brief(config));
  for (const auto& [key, value] : config.as_map()) {
    Message& entry = *message.GetReflection()->AddMessage(&message, &entries);
    const Descriptor& type = *entry.GetDescriptor();
    entry.GetReflection()->SetString(&entry, type.FindFieldByName("key"), key);
    const FieldDescriptor& field = *type.FindFieldByName("value");
    if (field.message_type())
      read_message(value, *entry.GetReflection()->MutableMessage(&entry, &field));
    else
      read_scalar(value, entry, field);
  }
}

void read_field(const Config& config, Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (field.is_repeated() && field.message_type() && is_entry(*field.message_type()))
    return read_entries(config, message, field);
  if (field.is_repeated()) {
    const Config::List single{config};
    for (const auto& item : config.is_list() ? config.as_list() : single) {
      if (field.message_type())
        read_message(item, *reflection.AddMessage(&message, &field));
      else
        read_scalar(item, message, field);
    }
  } else if (field.message_type()) {
    read_message(config, *reflection.MutableMessage(&message, &field));
  } else {
    read_scalar(config, message, field);
  }
}

void read_record(const Config& config, Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const auto names = field_names(type);
  if (!config.is_map())
    fail(config.where_or("job"), "expected a map of {}, got {}", fmt::join(names, ", "),
         brief(config));
  const FieldDescriptor* rest = type.FindFieldByName("rest");
  for (const auto& [key, value] : config.as_map()) {
    const FieldDescriptor* field = key == "rest" ? nullptr : type.FindFieldByName(key);
    if (field) {
      if (!value.is_null()) read_field(value, message, *field);
    } else if (rest) {
      auto& entry =
          static_cast<schema::ArgumentEntry&>(*message.GetReflection()->AddMessage(&message, rest));
      entry.set_key(key);
      read_argument(value, *entry.mutable_value());
    } else {
      const std::string near = did_you_mean(key, names);
      fail(value.where_or("job"), "unknown key '{}'{}", key,
           near.empty() ? fmt::format("; the keys here are {}", fmt::join(names, ", ")) : near);
    }
  }
}

}  // namespace

bool looks_like_kind(const Config& config) {
  if (!config.is_map()) return false;
  if (config.find("class_name")) return true;
  const auto& map = config.as_map();
  if (map.size() != 1) return false;
  const Config& value = map[0].second;
  if (value.is_null()) return true;
  if (!value.is_map()) return false;
  // {out: {MeanSquaredError: {}}}: the inner key is the name of a class, the outer one that of an
  // output.
  const auto& inner = value.as_map();
  return inner.size() != 1 || !std::isupper(static_cast<unsigned char>(inner[0].first[0]));
}

std::vector<std::string> field_names(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i)
    if (type.field(i)->name() != "rest") names.push_back(type.field(i)->name());
  return names;
}

const Descriptor* record_of_field(const Descriptor& type, const std::string& name) {
  const FieldDescriptor* field = type.FindFieldByName(name);
  const Descriptor* held = field && !field->is_repeated() ? field->message_type() : nullptr;
  if (!held || is_kind(*held) || is_argument(*held) || has_forms(*held)) return nullptr;
  return only_field(*held, "items") || only_field(*held, "entries") ? nullptr : held;
}

void read_message(const Config& config, Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  if (is_kind(type)) return read_schema_kind(config, static_cast<schema::Kind&>(message));
  if (is_argument(type)) return read_argument(config, static_cast<schema::Argument&>(message));
  if (has_forms(type)) return read_alternative(config, message);
  if (const auto* items = only_field(type, "items")) return read_field(config, message, *items);
  if (const auto* entries = only_field(type, "entries"))
    return read_entries(config, message, *entries);
  read_record(config, message);
}

}  // namespace tutti
