#include "launch/control/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/error.h"

namespace tutti::control {
namespace {

using testing::HasSubstr;

Digest digest_of(unsigned char byte, size_t count) {
  Digest digest{};
  std::fill_n(digest.begin(), count, byte);
  return digest;
}
Key key_of(unsigned char byte) { return Key(digest_of(byte, 32)); }

std::string why_refused(FrameReader& reader, std::string_view bytes) {
  try {
    reader.feed(bytes);
    while (reader.next()) {
    }
  } catch (const CommunicationError& error) {
    return error.what();
  }
  return "";
}

FrameReader sealed_reader() {
  FrameReader reader("control peer", 256);
  reader.expect_sealed(key_of(7));
  return reader;
}

TEST(Frame, SignsAsRfc4231Says) {  // its cases 1 and 2; a short key is one with zeros behind it
  const Digest first = Key(digest_of(0x0b, 20)).sign("Hi There");
  std::string hex;
  for (const unsigned char byte : first) hex += fmt::format("{:02x}", byte);
  EXPECT_EQ(hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  Digest jefe{'J', 'e', 'f', 'e'};
  const Key key(jefe);
  hex.clear();
  for (const unsigned char byte : key.sign("what do ya want for nothing?"))
    hex += fmt::format("{:02x}", byte);
  EXPECT_EQ(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_TRUE(key.signed_it("a", bytes_of(key.sign("a"))));
  EXPECT_FALSE(key.signed_it("a", bytes_of(key.sign("b"))));
  EXPECT_FALSE(key.signed_it("a", bytes_of(key.sign("a")).substr(1)));
}

TEST(Frame, ComesBackFromPiecesOfAnySize) {
  for (const size_t piece : {1, 2, 3, 7, 64, 100000}) {
    FrameSealer sealer(key_of(7));
    std::string wire = plain_frame("plain") + plain_frame("");
    std::vector<std::string> sent = {"", "a", std::string(3000, 'b'), "c"};
    for (const std::string& payload : sent) wire += sealer.frame(payload);
    FrameReader reader("control peer", 256);
    std::vector<std::string> got;
    for (size_t at = 0; at < wire.size(); at += piece) {
      reader.feed(std::string_view(wire).substr(at, piece));
      while (const auto payload = reader.next()) {
        got.push_back(*payload);
        if (got.size() == 2) reader.expect_sealed(key_of(7));
      }
    }
    EXPECT_THAT(got, testing::ElementsAre("plain", "", sent[0], sent[1], sent[2], sent[3]));
    EXPECT_EQ(reader.held(), 0u);
  }
}

TEST(Frame, RefusesALengthBeforeItIsThere) {
  for (const char* length : {"\xff\xff\xff\xff", "\x7f\xff\xff\xff", "\x80\x00\x00\x00"}) {
    FrameReader plain("control peer", 256), sealed = sealed_reader();
    const std::string_view bytes(length, 4);
    EXPECT_THAT(why_refused(plain, bytes), HasSubstr("[control peer] announces a frame of"));
    EXPECT_THAT(why_refused(sealed, bytes), HasSubstr("bytes, and 40 to 1048616 are allowed"));
    EXPECT_LE(plain.held() + sealed.held(), 8u);
  }
  FrameReader plain("control peer", 256), sealed = sealed_reader();
  EXPECT_THAT(why_refused(plain, plain_frame(std::string(257, 'x'))), HasSubstr("announces"));
  EXPECT_THAT(why_refused(sealed, plain_frame("short")), HasSubstr("announces a frame of 5 bytes"));
  EXPECT_THROW(FrameSealer(key_of(1)).frame(std::string(kMessageBytes + 1, 'x')), Error);
}

TEST(Frame, RefusesEveryFlippedBit) {
  const std::string wire = FrameSealer(key_of(7)).frame("step 12");
  for (size_t bit = 0; bit < 8 * wire.size(); ++bit) {
    std::string altered = wire;
    altered[bit / 8] = static_cast<char>(altered[bit / 8] ^ (1 << (bit % 8)));
    FrameReader reader = sealed_reader();
    reader.feed(altered);
    // A longer length is a frame that is not all there yet: fill it up.
    reader.feed(std::string(kMessageBytes + 64, '\0'));
    EXPECT_THROW(reader.next(), CommunicationError) << "bit " << bit;
  }
}

TEST(Frame, RefusesWhatIsRepeatedReorderedMissingOrOfTheOtherDirection) {
  FrameSealer sealer(key_of(7));
  const std::string a = sealer.frame("a"), b = sealer.frame("b"), c = sealer.frame("c");
  const auto refused = [](const std::string& wire) {
    FrameReader reader = sealed_reader();
    return why_refused(reader, wire);
  };
  EXPECT_EQ(refused(a + b + c), "");
  EXPECT_THAT(refused(a + a), HasSubstr("frame 0 came where 1 was due: frames were repeated"));
  EXPECT_THAT(refused(b + a), HasSubstr("frame 1 came where 0 was due"));
  EXPECT_THAT(refused(a + c), HasSubstr("frame 2 came where 1 was due"));
  EXPECT_THAT(refused(FrameSealer(key_of(8)).frame("a")), HasSubstr("was altered on its way"));
}

TEST(Frame, HoldsNoMoreThanCame) {
  FrameReader reader = sealed_reader();
  const std::string wire = FrameSealer(key_of(7)).frame(std::string(kMessageBytes, 'x'));
  reader.feed(std::string_view(wire).substr(0, 100));
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.held(), 100u);
  reader.feed(std::string_view(wire).substr(100));
  EXPECT_EQ(reader.next().value().size(), kMessageBytes);
  EXPECT_EQ(reader.held(), 0u);
}

}  // namespace
}  // namespace tutti::control
