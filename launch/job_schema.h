// Between a Config and a protobuf message, by reflection: what a field is called, what it takes and
// which names are near is read from the schema alone (the rules are in job.proto).
#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <vector>

#include "core/base/config.h"
#include "launch/job.pb.h"

namespace tutti {

// Fills `message`. Throws with the place of the value that does not fit: what was expected, what
// stands there, and for an unknown key the nearest known one.
void read_message(const Config& config, google::protobuf::Message& message);

// Written as null: an output without a loss, without metrics.
inline bool is_none(const schema::Kind& kind) { return kind.name().empty(); }

// The set fields, in the schema's order; reads back equal.
Config write_message(const google::protobuf::Message& message);

// An open part of the schema as the registry takes it, with its places.
Config to_config(const schema::Argument& argument);
Config to_config(const schema::Kind& kind);  // {Name: {argument: value}}, or the name alone
Config to_config(const google::protobuf::RepeatedPtrField<schema::ArgumentEntry>& entries);

// True for a map that is one object: {Name: {...}} or {class_name, config}; false where the names
// are those of outputs or arguments.
bool looks_like_kind(const Config& config);

// The message that a field of `type` holds if it is a map of fields itself; null for what is open.
const google::protobuf::Descriptor* record_of_field(const google::protobuf::Descriptor& type,
                                                    const std::string& field);

std::vector<std::string> field_names(const google::protobuf::Descriptor& type);

}  // namespace tutti
