#include "io/event_log/event_writer.h"

#include <gmock/gmock.h>

#include <cmath>
#include <fstream>

#include "core/base/clock.h"
#include "core/base/filesystem.h"
#include "core/layers/dense.h"
#include "core/layers/input_layer.h"
#include "core/model/model.h"
#include "io/event_log/record_frame.h"

namespace tutti {
namespace {

class StandingClock final : public Clock {
 public:
  Duration now() override { return Duration(0); }
  std::chrono::milliseconds unix_time() override {
    return std::chrono::milliseconds(1'700'000'000'250);
  }
  void sleep_for(Duration) override {}
};

class EventLog : public testing::Test {
 protected:
  EventLog() {
    std::string name = (std::filesystem::temp_directory_path() / "tutti_events_XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~EventLog() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

// RFC 3720, appendix B.4.
TEST_F(EventLog, ChecksumsAreCastagnolis) {
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43u);
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  EXPECT_EQ(crc32c(rising), 0x46DD794Eu);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
}

// To the byte what tests/peers/goldens/event_goldens.py makes with TensorBoard's classes.
TEST_F(EventLog, BytesAreTensorBoards) {
  StandingClock clock;
  const Replace<Clock> replaced(clock);
  EventWriter writer(folder_ / "train");
  writer.scalar("epoch_loss", 0.125, 3);
  std::vector<double> numbers;
  for (int i = 0; i < 100; ++i) numbers.push_back((i * 37 % 101) / 8.0);
  writer.histogram("dense/kernel/histogram", Tensor::from(numbers, {10, 10}), 4);
  writer.image("dense/kernel/image",
               Tensor::from(std::vector{-1.f, .25f, 2.f, .5f, 0.f, 1.f}, {1, 2, 1, 3}), 5);
  writer.text("note", "*naïve*", 6);
  const Value input = Input({3}, "in");
  Dense hidden({.units = 4}, "hidden"), output({.units = 1}, "out");
  writer.graph(Model(input, output(hidden(input))));
  std::ifstream golden(TUTTI_SOURCE_DIR "/tests/io/event_log/golden.tfevents", std::ios::binary);
  const std::string expected((std::istreambuf_iterator<char>(golden)), {});
  const std::string written = FileSystem::current().read(writer.path());
  ASSERT_GT(expected.size(), 1000u);
  ASSERT_EQ(written.size(), expected.size());
  const auto [ours, theirs] = std::mismatch(written.begin(), written.end(), expected.begin());
  EXPECT_EQ(ours, written.end()) << "they differ at byte " << ours - written.begin();
  EXPECT_THAT(writer.path().filename().string(),
              testing::MatchesRegex("events.out.tfevents.1700000000.*v2"));
}

TEST_F(EventLog, HistogramsOfOneValueOrNoneAreWritten) {
  EventWriter writer(folder_);
  writer.histogram("same", Tensor::full({5}, 2), 0);
  writer.histogram("none", Tensor::full({5}, std::nan("")), 0);
  EXPECT_GT(std::filesystem::file_size(writer.path()), 1400u);
  EXPECT_ANY_THROW(writer.image("flat", Tensor::zeros({4}), 0));
}

TEST_F(EventLog, TwoWritersHaveTwoFiles) {
  EXPECT_NE(EventWriter(folder_).path(), EventWriter(folder_).path());
}

}  // namespace
}  // namespace tutti
