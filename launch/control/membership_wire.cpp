#include "launch/control/membership_wire.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace tutti::control {
namespace {

namespace ms = membership;

[[noreturn]] void refuse(const char* field, int64_t value) {
  throw CommunicationError(fmt::format(
      "[control] a message says {} = {}, which nobody can mean; the two ends differ in version",
      field, value));
}

template <typename Number>
Number at_least(Number least, Number value, const char* field) {
  if (value < least) refuse(field, static_cast<int64_t>(value));
  return value;
}

int buffer_of(int value) {
  if (value != 0 && value != 1) refuse("buffer", value);
  return value;
}

wire::MemberId to_wire(const ms::MemberId& id) {
  wire::MemberId out;
  out.set_born(id.born);
  out.set_rank(id.rank);
  return out;
}
ms::MemberId from_wire(const wire::MemberId& id) {
  return {id.born(), at_least(0, id.rank(), "rank")};
}

wire::Place to_wire(const ms::Place& place) {
  wire::Place out;
  out.set_host(place.host);
  out.set_boot(place.boot);
  return out;
}
ms::Place from_wire(const wire::Place& place) { return {place.host(), place.boot()}; }

wire::Commit to_wire(const ms::Commit& commit) {
  wire::Commit out;
  out.set_generation(commit.generation);
  out.set_number(commit.number);
  out.set_step(commit.step);
  out.set_buffer(commit.buffer);
  for (const auto& share : commit.shares) {
    wire::Share& each = *out.add_shares();
    *each.mutable_home() = to_wire(share.home);
    *each.mutable_copy() = to_wire(share.copy);
  }
  return out;
}
ms::Commit from_wire(const wire::Commit& commit) {
  ms::Commit out{commit.generation(),
                 commit.number(),
                 at_least<int64_t>(0, commit.step(), "step"),
                 buffer_of(commit.buffer()),
                 {}};
  for (const auto& share : commit.shares())
    out.shares.push_back({from_wire(share.home()), from_wire(share.copy())});
  return out;
}

wire::Exit to_wire(const ms::Exit& exit) {
  wire::Exit out;
  out.set_by_signal(exit.by_signal);
  out.set_code(exit.code);
  out.set_out_of_memory(exit.out_of_memory);
  return out;
}
ms::Exit from_wire(const wire::Exit& exit) {
  return {exit.by_signal(), exit.code(), exit.out_of_memory()};
}

ms::Progress from_wire(const wire::Progress& progress) {
  return {progress.step(), progress.where(), progress.bytes(), progress.waiting()};
}
ms::CommitProgress from_wire(const wire::CommitProgress& commit) {
  return {commit.number(),  commit.step(),   buffer_of(commit.buffer()),
          commit.written(), commit.copied(), commit.failed()};
}

}  // namespace

wire::Directive to_wire(ms::Directive directive) {
  switch (directive) {
    case ms::Directive::train:
      return wire::TRAIN;
    case ms::Directive::finish:
      return wire::FINISH;
    case ms::Directive::stop:
      return wire::STOP;
    case ms::Directive::kill:
      return wire::KILL;
  }
  return wire::KILL;
}
ms::Directive from_wire(wire::Directive directive) {
  switch (directive) {
    case wire::TRAIN:
      return ms::Directive::train;
    case wire::FINISH:
      return ms::Directive::finish;
    case wire::STOP:
      return ms::Directive::stop;
    case wire::KILL:
      return ms::Directive::kill;
    default:
      refuse("directive", directive);
  }
}

wire::Decision to_wire(const ms::Decision& decision) {
  wire::Decision out;
  out.set_number(decision.number);
  out.set_complete(decision.complete);
  return out;
}
ms::Decision from_wire(const wire::Decision& decision) {
  return {decision.number(), decision.complete()};
}

wire::World to_wire(const ms::World& world) {
  wire::World out;
  out.set_generation(world.generation);
  for (const auto& seat : world.seats) {
    wire::Seat& each = *out.add_seats();
    *each.mutable_member() = to_wire(seat.member);
    each.set_host(seat.host);
  }
  if (world.commit) *out.mutable_commit() = to_wire(*world.commit);
  for (const auto& host : world.read_at) out.add_read_at(host);
  return out;
}
ms::World from_wire(const wire::World& world) {
  ms::World out;
  out.generation = at_least<uint64_t>(1, world.generation(), "generation");
  if (world.seats().empty()) refuse("seats", 0);
  for (const auto& seat : world.seats())
    out.seats.push_back({from_wire(seat.member()), seat.host()});
  if (world.has_commit()) out.commit = from_wire(world.commit());
  const size_t shares = out.commit ? out.commit->shares.size() : 0;
  if (static_cast<size_t>(world.read_at_size()) != shares) refuse("read_at", world.read_at_size());
  out.read_at.assign(world.read_at().begin(), world.read_at().end());
  return out;
}

wire::RankState to_wire(const ms::RankState& rank) {
  wire::RankState out;
  out.set_generation(rank.generation);
  out.set_ready(rank.ready);
  wire::Progress& progress = *out.mutable_progress();
  progress.set_step(rank.progress.step);
  progress.set_where(rank.progress.where);
  progress.set_bytes(rank.progress.bytes);
  progress.set_waiting(rank.progress.waiting);
  wire::CommitProgress& commit = *out.mutable_commit();
  commit.set_number(rank.commit.number);
  commit.set_step(rank.commit.step);
  commit.set_buffer(rank.commit.buffer);
  commit.set_written(rank.commit.written);
  commit.set_copied(rank.commit.copied);
  commit.set_failed(rank.commit.failed);
  out.set_corrupt(rank.corrupt);
  if (rank.final_state) out.set_final_state(*rank.final_state);
  wire::Pace& pace = *out.mutable_pace();
  for (const double seconds : rank.pace.seconds) pace.add_seconds(seconds);
  pace.set_waited(rank.pace.waited);
  pace.set_awaited(rank.pace.awaited);
  pace.set_bytes(rank.pace.bytes);
  return out;
}
ms::RankState from_wire(const wire::RankState& rank) {
  ms::RankState out{rank.generation(),        rank.ready(),   from_wire(rank.progress()),
                    from_wire(rank.commit()), rank.corrupt(), {}};
  if (rank.has_final_state()) out.final_state = rank.final_state();
  if (rank.has_pace()) {
    const auto& seconds = rank.pace().seconds();
    if (static_cast<size_t>(seconds.size()) != out.pace.seconds.size())
      refuse("seconds", seconds.size());
    std::ranges::copy(seconds, out.pace.seconds.begin());
    out.pace.waited = rank.pace().waited();
    out.pace.awaited = rank.pace().awaited();
    out.pace.bytes = rank.pace().bytes();
  }
  return out;
}

wire::Report to_wire(const ms::Report& report) {
  wire::Report out;
  out.set_job(report.job);
  *out.mutable_member() = to_wire(report.member);
  out.set_number(report.number);
  out.set_boot(report.boot);
  out.set_silent(report.silent.count());
  *out.mutable_rank() = to_wire(report.rank);
  if (report.exit) *out.mutable_exit() = to_wire(*report.exit);
  return out;
}
ms::Report from_wire(const wire::Report& report) {
  ms::Report out;
  out.job = report.job();
  out.member = from_wire(report.member());
  out.number = report.number();
  out.boot = report.boot();
  out.silent = ms::Duration(at_least<int64_t>(0, report.silent(), "silent"));
  out.rank = from_wire(report.rank());
  if (report.has_exit()) out.exit = from_wire(report.exit());
  return out;
}

wire::Order to_wire(const ms::Order& order) {
  wire::Order out;
  out.set_job(order.job);
  *out.mutable_member() = to_wire(order.member);
  out.set_number(order.number);
  out.set_acknowledged(order.acknowledged);
  out.set_directive(to_wire(order.directive));
  if (order.world) *out.mutable_world() = to_wire(*order.world);
  *out.mutable_decision() = to_wire(order.decision);
  return out;
}
ms::Order from_wire(const wire::Order& order) {
  ms::Order out;
  out.job = order.job();
  out.member = from_wire(order.member());
  out.number = order.number();
  out.acknowledged = order.acknowledged();
  out.directive = from_wire(order.directive());
  if (order.has_world()) out.world = std::make_shared<const ms::World>(from_wire(order.world()));
  out.decision = from_wire(order.decision());
  return out;
}

}  // namespace tutti::control
