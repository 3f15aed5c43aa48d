#include "launch/control/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"

namespace tutti::control {
namespace {

using testing::HasSubstr;

std::shared_ptr<const Secret> new_secret() {
  return std::make_shared<const Secret>(Secret::draw());
}
Identity identity(int rank, const std::string& instance = random_bytes(16)) {
  return {"a job", {SUPERVISOR, rank}, instance};
}

template <typename Call>
std::string refusal_of(const Call& call) {
  try {
    call();
  } catch (const CommunicationError& error) {
    return error.what();
  }
  return "";
}

TEST(Handshake, GivesBothSidesTheSameKeys) {
  const auto secret = new_secret();
  ClientHandshake client(secret, identity(3));
  JudgeHandshake judge(secret);
  judge.check(client.answer(judge.challenge(client.greeting(), "a job", 4, "peer"), "judge"),
              "peer");
  EXPECT_EQ(judge.identity().peer, (Peer{SUPERVISOR, 3}));
  const SessionKeys of_client = client.keys(), of_judge = judge.keys();
  EXPECT_EQ(of_client.to_judge.sign("x"), of_judge.to_judge.sign("x"));
  EXPECT_EQ(of_client.to_client.sign("x"), of_judge.to_client.sign("x"));
  EXPECT_NE(of_client.to_client.sign("x"), of_judge.to_judge.sign("x"));

  ClientHandshake again(secret, identity(3));
  JudgeHandshake other(secret);
  again.answer(other.challenge(again.greeting(), "a job", 4, "peer"), "judge");
  EXPECT_NE(again.keys().to_judge.sign("x"), of_client.to_judge.sign("x"));
}

TEST(Handshake, AnotherSecretIsNoticedByBothSides) {
  ClientHandshake client(new_secret(), identity(0));
  JudgeHandshake judge(new_secret());
  const std::string challenge = judge.challenge(client.greeting(), "a job", 4, "control peer");
  EXPECT_THAT(refusal_of([&] { client.answer(challenge, "control judge"); }),
              HasSubstr("[control judge] does not know the job's secret"));
  EXPECT_THAT(refusal_of([&] { judge.check(challenge, "control peer"); }),
              HasSubstr("[control peer] does not know the job's secret"));
}

// What was seen of one conversation is of no use in another.
TEST(Handshake, AProofServesOnceForOneRankAndOneSide) {
  const auto secret = new_secret();
  ClientHandshake client(secret, identity(1));
  JudgeHandshake first(secret);
  const std::string challenge = first.challenge(client.greeting(), "a job", 4, "peer");
  const std::string proof = client.answer(challenge, "judge");

  JudgeHandshake replayed(secret);
  replayed.challenge(client.greeting(), "a job", 4, "peer");
  EXPECT_THROW(replayed.check(proof, "peer"), CommunicationError);

  Greeting other_rank;
  ASSERT_TRUE(other_rank.ParseFromString(client.greeting()));
  other_rank.set_rank(2);
  JudgeHandshake moved(secret);
  const std::string moved_challenge =
      moved.challenge(other_rank.SerializeAsString(), "a job", 4, "peer");
  EXPECT_THROW(moved.check(proof, "peer"), CommunicationError);
  EXPECT_THROW(client.answer(moved_challenge, "judge"), CommunicationError);

  Challenge parsed;
  ASSERT_TRUE(parsed.ParseFromString(challenge));
  Proof turned_round;
  turned_round.set_proof(parsed.proof());
  EXPECT_THROW(first.check(turned_round.SerializeAsString(), "peer"), CommunicationError);
  EXPECT_THROW(first.check("", "peer"), CommunicationError);
  EXPECT_NO_THROW(first.check(proof, "peer"));
}

TEST(Handshake, RefusesAGreetingByName) {
  const auto secret = new_secret();
  const auto refusal = [&](const auto& change) {
    Greeting greeting;
    greeting.ParseFromString(ClientHandshake(secret, identity(1)).greeting());
    change(greeting);
    return refusal_of([&] {
      JudgeHandshake(secret).challenge(greeting.SerializeAsString(), "a job", 4, "control peer");
    });
  };
  EXPECT_EQ(refusal([](Greeting&) {}), "");
  EXPECT_THAT(refusal([](Greeting& g) { g.set_version(9); }), HasSubstr("speaks version 9"));
  EXPECT_THAT(refusal([](Greeting& g) { g.set_job("b job"); }), HasSubstr("greets another job"));
  EXPECT_THAT(refusal([](Greeting& g) { g.set_rank(4); }), HasSubstr("greets as rank 4 of 4"));
  EXPECT_THAT(refusal([](Greeting& g) { g.set_rank(0xffffffff); }), HasSubstr("greets as rank"));
  EXPECT_THAT(refusal([](Greeting& g) { g.set_role(COMMAND); }), HasSubstr("rank 1 of 1"));
  EXPECT_THAT(refusal([](Greeting& g) { g.set_role(static_cast<Role>(17)); }),
              HasSubstr("no greeting"));
  EXPECT_THAT(refusal([](Greeting& g) { g.set_nonce("short"); }), HasSubstr("no greeting"));
  EXPECT_THAT(refusal([](Greeting& g) { g.set_instance(""); }), HasSubstr("no greeting"));
  EXPECT_THAT(refusal_of([&] {
                JudgeHandshake(secret).challenge("GET / HTTP/1.1", "a job", 4, "control peer");
              }),
              HasSubstr("[control peer] begins with what is no greeting"));
  EXPECT_THROW(ClientHandshake(secret, {std::string(65, 'j'), {}, random_bytes(16)}), Error);
}

}  // namespace
}  // namespace tutti::control
