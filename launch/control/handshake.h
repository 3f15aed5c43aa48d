// How a client and the judge prove to each other that they know the job's secret, without a socket:
//   client  Greeting: who it is, and a nonce
//   judge   Challenge: its nonce, and its proof
//   client  Proof
// A proof is HMAC-SHA256 under the secret of a label (one for each side) and of all that was said:
// version, job, role, rank, world, instance and both nonces. So a proof is of no use a second time,
// for another rank, for another job, or turned round. The keys that seal the frames of either
// direction are the same function of two further labels. Everything thrown is a CommunicationError
// that begins with `where`, the peer.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <string_view>

#include "launch/control/control.pb.h"
#include "launch/control/secret.h"

namespace tutti::control {

inline constexpr uint32_t kVersion = 2;
inline constexpr size_t kGreetingBytes = 256;   // of a plain payload, at most
inline constexpr size_t kHandshakeBytes = 512;  // that are read of who has not proved itself

struct Peer {
  Role role = SUPERVISOR;
  int rank = 0;
  uint64_t world = 0;  // that its process was started for
  auto operator<=>(const Peer&) const = default;
};
std::string text_of(const Peer& peer);  // "rank 3", "command"

struct Identity {
  std::string job;  // at most 64 bytes
  Peer peer;
  std::string instance;  // 16 bytes
};

struct SessionKeys {
  Key to_judge, to_client;
};

class ClientHandshake {
 public:
  ClientHandshake(std::shared_ptr<const Secret> secret, const Identity& identity);
  std::string greeting() const { return greeting_.SerializeAsString(); }
  // The Proof, as a payload; throws if the judge's is wrong.
  std::string answer(std::string_view challenge, const std::string& where);
  SessionKeys keys() const;  // after that

 private:
  std::shared_ptr<const Secret> secret_;
  Greeting greeting_;
  std::string judge_nonce_;
};

class JudgeHandshake {
 public:
  explicit JudgeHandshake(std::shared_ptr<const Secret> secret) : secret_(std::move(secret)) {}
  // The Challenge, as a payload. Throws if what came is no greeting of `job` and of a rank below
  // `ranks`.
  std::string challenge(std::string_view greeting, const std::string& job, int ranks,
                        const std::string& where);
  void check(std::string_view proof, const std::string& where) const;  // throws if it is wrong
  Identity identity() const;                                           // of the greeting
  SessionKeys keys() const;

 private:
  std::shared_ptr<const Secret> secret_;
  Greeting greeting_;
  std::string nonce_;
};

}  // namespace tutti::control
