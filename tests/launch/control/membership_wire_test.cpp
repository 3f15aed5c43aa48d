#include "launch/control/membership_wire.h"

#include <gtest/gtest.h>

#include "core/base/error.h"

namespace tutti::control {
namespace {

namespace ms = membership;

ms::World a_world() {
  ms::World world;
  world.generation = 7;
  world.seats = {{{3, 0}, "alpha"}, {{7, 1}, "beta"}};
  world.commit =
      ms::Commit{5, 12, 340, 1, {{{"alpha", 1}, {"beta", 2}}, {{"beta", 2}, {"alpha", 1}}}};
  world.read_at = {"alpha", "beta"};
  return world;
}

ms::RankState a_state() {
  ms::RankState state;
  state.generation = 7;
  state.ready = true;
  state.progress = {341, "dense/matmul", 99, true};
  state.commit = {13, 350, 1, true, false, false};
  state.corrupt = "dense/kernel";
  state.final_state = 0xfedcba9876543210;
  state.pace = {{1, 2, 3.5, 4, 5}, 0.25, 3, 77};
  return state;
}

void expect_same(const ms::World& a, const ms::World& b) {
  EXPECT_EQ(a.generation, b.generation);
  EXPECT_EQ(a.seats, b.seats);
  EXPECT_EQ(a.commit, b.commit);
  EXPECT_EQ(a.read_at, b.read_at);
}

TEST(MembershipWire, ReportsComeBackAsTheyWere) {
  const ms::Report report{.job = 42,
                          .member = {3, 1},
                          .number = 9,
                          .boot = 77,
                          .silent = ms::Duration(1500),
                          .rank = a_state(),
                          .exit = ms::Exit{true, 9, true}};
  const ms::Report back = from_wire(to_wire(report));
  EXPECT_EQ(back.job, report.job);
  EXPECT_EQ(back.member, report.member);
  EXPECT_EQ(back.number, report.number);
  EXPECT_EQ(back.boot, report.boot);
  EXPECT_EQ(back.silent, report.silent);
  EXPECT_EQ(back.rank, report.rank);
  EXPECT_EQ(back.exit, report.exit);
}

TEST(MembershipWire, OrdersComeBackAsTheyWere) {
  for (const auto directive :
       {ms::Directive::train, ms::Directive::finish, ms::Directive::stop, ms::Directive::kill}) {
    const ms::Order order{.job = 42,
                          .member = {3, 1},
                          .number = 4,
                          .acknowledged = 8,
                          .directive = directive,
                          .world = std::make_shared<const ms::World>(a_world()),
                          .decision = {12, true}};
    const ms::Order back = from_wire(to_wire(order));
    EXPECT_EQ(back.job, order.job);
    EXPECT_EQ(back.member, order.member);
    EXPECT_EQ(back.number, order.number);
    EXPECT_EQ(back.acknowledged, order.acknowledged);
    EXPECT_EQ(back.directive, order.directive);
    EXPECT_EQ(back.decision, order.decision);
    expect_same(*back.world, *order.world);
  }
  EXPECT_EQ(from_wire(wire::Order()).world, nullptr);
}

TEST(MembershipWire, WhatNobodyCanMeanIsRefusedByName) {
  const auto refused = [](auto message, const char* field) {
    try {
      from_wire(message);
      ADD_FAILURE() << field << " was taken";
    } catch (const CommunicationError& error) {
      EXPECT_NE(std::string(error.what()).find(field), std::string::npos) << error.what();
    }
  };
  wire::Order order;
  order.set_directive(static_cast<wire::Directive>(9));
  refused(order, "directive");
  wire::Report report;
  report.set_silent(-1);
  refused(report, "silent");
  report.set_silent(0);
  report.mutable_member()->set_rank(-1);
  refused(report, "rank");
  wire::World world = to_wire(a_world());
  world.mutable_commit()->set_buffer(2);
  refused(world, "buffer");
  world = to_wire(a_world());
  world.add_read_at("gamma");
  refused(world, "read_at");
  world = to_wire(a_world());
  world.clear_seats();
  refused(world, "seats");
  world.set_generation(0);
  refused(world, "generation");
}

}  // namespace
}  // namespace tutti::control
