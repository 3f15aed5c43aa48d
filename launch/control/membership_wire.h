// The messages of distributed/membership as protobuf, and back. What comes back is checked: an
// unknown directive, a negative number or a world without seats throws CommunicationError naming
// the field, whoever sent it.
#pragma once

#include "distributed/membership/message.h"
#include "launch/control/membership.pb.h"

namespace tutti::control {

wire::Report to_wire(const membership::Report& report);
wire::Order to_wire(const membership::Order& order);
wire::World to_wire(const membership::World& world);
wire::RankState to_wire(const membership::RankState& rank);
wire::Decision to_wire(const membership::Decision& decision);

membership::Report from_wire(const wire::Report& report);
membership::Order from_wire(const wire::Order& order);
membership::World from_wire(const wire::World& world);
membership::RankState from_wire(const wire::RankState& rank);
membership::Decision from_wire(const wire::Decision& decision);

wire::Directive to_wire(membership::Directive directive);
membership::Directive from_wire(wire::Directive directive);

}  // namespace tutti::control
