#include "launch/control/handshake.h"

#include "core/base/error.h"

namespace tutti::control {
namespace {

constexpr size_t kNonceBytes = 32, kInstanceBytes = 16, kJobBytes = 64;
constexpr std::string_view kJudgeProof = "tutti control: proof of the judge";
constexpr std::string_view kClientProof = "tutti control: proof of the client";
constexpr std::string_view kToJudge = "tutti control: key to the judge";
constexpr std::string_view kToClient = "tutti control: key to the client";

// Each field with its length, so that no two conversations give one text.
std::string conversation(std::string_view label, const Greeting& greeting,
                         std::string_view judge_nonce) {
  std::string text;
  const std::string numbers =
      fmt::format("{}.{}.{}.{}", greeting.version(), static_cast<int>(greeting.role()),
                  greeting.rank(), greeting.world());
  for (const std::string_view field :
       {label, std::string_view(numbers), std::string_view(greeting.job()),
        std::string_view(greeting.instance()), std::string_view(greeting.nonce()), judge_nonce})
    text.append(fmt::format("{}:", field.size())).append(field);
  return text;
}

SessionKeys session_keys(const Secret& secret, const Greeting& greeting,
                         std::string_view judge_nonce) {
  return {Key(secret.key().sign(conversation(kToJudge, greeting, judge_nonce))),
          Key(secret.key().sign(conversation(kToClient, greeting, judge_nonce)))};
}

[[noreturn]] void refuse(const std::string& where, const std::string& what) {
  throw CommunicationError(fmt::format("[{}] {}", where, what));
}

bool is_well_formed(const Greeting& greeting) {
  return greeting.instance().size() == kInstanceBytes && greeting.nonce().size() == kNonceBytes &&
         greeting.job().size() <= kJobBytes && Role_IsValid(greeting.role());
}

}  // namespace

std::string text_of(const Peer& peer) {
  if (peer.role == COMMAND) return "command";
  return fmt::format("{} {}", peer.role == WORKER ? "worker" : "rank", peer.rank);
}

ClientHandshake::ClientHandshake(std::shared_ptr<const Secret> secret, const Identity& identity)
    : secret_(std::move(secret)) {
  greeting_.set_version(kVersion);
  greeting_.set_job(identity.job);
  greeting_.set_role(identity.peer.role);
  greeting_.set_rank(static_cast<uint32_t>(identity.peer.rank));
  greeting_.set_world(identity.peer.world);
  greeting_.set_instance(identity.instance);
  greeting_.set_nonce(random_bytes(kNonceBytes));
  if (!is_well_formed(greeting_))
    fail(ExitCode::internal, "control", "the name of job '{}' has more than {} bytes: cut it",
         identity.job, kJobBytes);
}

std::string ClientHandshake::answer(std::string_view challenge, const std::string& where) {
  Challenge parsed;
  if (!parsed.ParseFromArray(challenge.data(), static_cast<int>(challenge.size())) ||
      parsed.nonce().size() != kNonceBytes)
    refuse(where,
           "answers a greeting with what is no challenge; check that the job's launcher "
           "listens there");
  judge_nonce_ = parsed.nonce();
  if (!secret_->key().signed_it(conversation(kJudgeProof, greeting_, judge_nonce_), parsed.proof()))
    refuse(where, "does not know the job's secret; check that the job's launcher listens there");
  Proof proof;
  proof.set_proof(std::string(
      bytes_of(secret_->key().sign(conversation(kClientProof, greeting_, judge_nonce_)))));
  return proof.SerializeAsString();
}

SessionKeys ClientHandshake::keys() const {
  return session_keys(*secret_, greeting_, judge_nonce_);
}

std::string JudgeHandshake::challenge(std::string_view greeting, const std::string& job, int ranks,
                                      const std::string& where) {
  if (!greeting_.ParseFromArray(greeting.data(), static_cast<int>(greeting.size())) ||
      !is_well_formed(greeting_))
    refuse(where, "begins with what is no greeting; check who connects to this port");
  if (greeting_.version() != kVersion)
    refuse(where, fmt::format("speaks version {} of the control channel, and this is {}; run one "
                              "version of Tutti on all hosts",
                              greeting_.version(), kVersion));
  if (greeting_.job() != job)
    refuse(where, "greets another job; check that it is of this run, or end it");
  const int places = greeting_.role() == COMMAND ? 1 : ranks;
  if (greeting_.rank() >= static_cast<uint32_t>(places))
    refuse(where, fmt::format("greets as rank {} of {}; check how many ranks were started",
                              greeting_.rank(), places));
  nonce_ = random_bytes(kNonceBytes);
  Challenge challenge;
  challenge.set_nonce(nonce_);
  challenge.set_proof(
      std::string(bytes_of(secret_->key().sign(conversation(kJudgeProof, greeting_, nonce_)))));
  return challenge.SerializeAsString();
}

void JudgeHandshake::check(std::string_view proof, const std::string& where) const {
  Proof parsed;
  if (!parsed.ParseFromArray(proof.data(), static_cast<int>(proof.size())) ||
      !secret_->key().signed_it(conversation(kClientProof, greeting_, nonce_), parsed.proof()))
    refuse(where, "does not know the job's secret; check who connects to this port");
}

Identity JudgeHandshake::identity() const {
  return {greeting_.job(),
          {greeting_.role(), static_cast<int>(greeting_.rank()), greeting_.world()},
          greeting_.instance()};
}

SessionKeys JudgeHandshake::keys() const { return session_keys(*secret_, greeting_, nonce_); }

}  // namespace tutti::control
