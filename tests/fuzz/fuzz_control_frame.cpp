// The control channel: frames plain and sealed, in two pieces; greetings, challenges and proofs of
// anybody; and messages of who knows the secret.
// Seeds: tests/fuzz/seeds/control_*
#include <cstdlib>

#include "launch/control/frame.h"
#include "launch/control/handshake.h"
#include "tests/fuzz/read_bytes.h"

namespace {

using namespace tutti::control;

template <typename Use>
void read_frames(FrameReader& reader, std::string_view bytes, const Use& use) {
  for (const std::string_view piece :
       {bytes.substr(0, bytes.size() / 3), bytes.substr(bytes.size() / 3)}) {
    reader.feed(piece);
    while (const auto payload = reader.next()) use(*payload);
    if (reader.held() > bytes.size()) std::abort();
  }
}

template <typename Call>
void refuse_or_take(const Call& call) {
  try {
    call();
  } catch (const tutti::CommunicationError&) {
  }
}

void read_wire(std::string_view bytes, const char* where) {
  static const auto secret = std::make_shared<const Secret>(Secret::draw());
  JudgeHandshake judge(secret);
  ClientHandshake client(secret, {"fuzz", {SUPERVISOR, 1}, std::string(16, 'i')});
  refuse_or_take([&] {
    FrameReader plain(where, kGreetingBytes);
    read_frames(plain, bytes, [&](const std::string& payload) {
      refuse_or_take([&] { judge.challenge(payload, "fuzz", 4, where); });
      refuse_or_take([&] {
        judge.check(payload, where);
        std::abort();  // a proof without the secret
      });
      refuse_or_take([&] {
        client.answer(payload, where);
        std::abort();
      });
    });
  });
  refuse_or_take([&] {
    FrameReader sealed(where, kGreetingBytes);
    sealed.expect_sealed(Key(secret->key().sign("to the judge")));
    read_frames(sealed, bytes, [](const std::string&) { std::abort(); });
  });
  FrameSealer sealer(Key(secret->key().sign("to the judge")));
  FrameReader opener(where, kGreetingBytes);
  opener.expect_sealed(Key(secret->key().sign("to the judge")));
  opener.feed(sealer.frame(bytes.substr(0, kMessageBytes)));
  const auto opened = opener.next();
  if (!opened || *opened != bytes.substr(0, kMessageBytes)) std::abort();
  SessionFrame frame;
  if (frame.ParseFromString(*opened)) frame.SerializeAsString();
}

}  // namespace

TUTTI_FUZZ_READER(read_wire)
