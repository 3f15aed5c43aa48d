// Checkpoints on a real disk: what was written comes back on any number of ranks, what was damaged
// is named, what is old goes.
#include "io/checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include <numeric>
#include <random>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/model/world.h"
#include "io/checkpoint/checkpoint_name.h"
#include "io/checkpoint/checkpoint_writer.h"
#include "io/checkpoint/manifest.h"
#include "io/formats/safetensors.h"
#include "tests/io/checkpoint/on_ranks.h"
#include "tests/number_in_environment.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CheckpointFiles : public testing::Test {
 protected:
  CheckpointFiles() {
    std::string name = (fs::temp_directory_path() / "tutti_checkpoint_XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~CheckpointFiles() override { fs::remove_all(folder_); }
  fs::path folder_;
};

Tensor numbers(int64_t elements, double first, DType dtype = DType::f32) {
  Tensor tensor = Tensor::empty({elements}, DType::f64);
  std::iota(tensor.span<double>().begin(), tensor.span<double>().end(), first);
  return tensor.to(dtype);
}

// What a rank has of a state: weights of several dtypes, a slot in parts, something of rank 0's.
// slot: elements of what ranks have parts of. first: of the numbers in the weights.
TrainingState state_of(int rank, int ranks, int64_t slot = 300'000, double first = 1) {
  TrainingState state;
  const auto everywhere = [&](const char* name, const Tensor& tensor) {
    state.tensors.push_back({name, tensor, Held::everywhere, 0, tensor.shape()});
  };
  everywhere("dense/kernel", numbers(2 * slot, first).reshape({slot / 100, 200}));
  everywhere("step", Tensor::full({}, 7, DType::i64));
  everywhere("none", Tensor::empty({0, 3}));
  everywhere("half", numbers(1001, 0, DType::bf16));
  everywhere("flag", Tensor::full({}, 1, DType::bool_));
  const int64_t begin = slot * rank / ranks, end = slot * (rank + 1) / ranks;
  state.tensors.push_back({"optimizer/velocity",
                           numbers(end - begin, static_cast<double>(begin), DType::f64),
                           Held::in_parts, begin, Shape{slot}});
  if (rank == 0)
    state.tensors.push_back({"callbacks/EarlyStopping/0", numbers(5, 9), Held::here, 0, {5}});
  state.values = Config(Config::Map{{"epoch", 3},
                                    {"nan", std::nan("")},
                                    {"best", 0.1},
                                    {"off", false},
                                    {"none", Config()},
                                    {"words", Config(Config::List{"a", "b"})}});
  return state;
}

using StateOf = std::function<TrainingState(int rank)>;

void save_on(int ranks, const fs::path& folder, int64_t step, const StateOf& state) {
  test::on_ranks(ranks, [&](Communicator& communicator) {
    CheckpointWriter writer(folder, {.keep_last = 3});
    writer.save(state(communicator.rank()), step, Config(Config::Map{{"by", "a test"}}));
    writer.wait();
    EXPECT_EQ(writer.failure(), "");
  });
}
void save_on(int ranks, const fs::path& folder) {
  save_on(ranks, folder, 12, [&](int rank) { return state_of(rank, ranks); });
}

bool same(const Tensor& a, const Tensor& b) {
  return a.bytes() == b.bytes() && std::memcmp(a.raw(), b.raw(), a.bytes()) == 0;
}

TEST_F(CheckpointFiles, ComeBackOnAnyNumberOfRanks) {
  for (const int wrote : {1, 2, 3, 4}) {
    const fs::path folder = folder_ / std::to_string(wrote);
    save_on(wrote, folder);
    const auto checkpoint = newest_checkpoint(folder);
    ASSERT_TRUE(checkpoint);
    EXPECT_EQ(checkpoint->step(), 12);
    EXPECT_EQ(checkpoint->ranks(), wrote);
    EXPECT_EQ(checkpoint->about().find("by")->as_string(), "a test");
    EXPECT_TRUE(std::isnan(checkpoint->values().find("nan")->as_double()));
    EXPECT_TRUE(checkpoint->values().find("none")->is_null());
    for (const int reads : {1, 2, 3, 4})
      for (int rank = 0; rank < reads; ++rank)
        for (const auto& expected : state_of(rank, reads).tensors) {
          const auto entry = checkpoint->find(expected.name);
          ASSERT_TRUE(entry) << expected.name;
          EXPECT_EQ(entry->shape, expected.shape);
          const Tensor found = Tensor::empty(expected.value.shape(), entry->dtype);
          checkpoint->read(expected.name, expected.begin, found);
          EXPECT_TRUE(same(found, expected.value))
              << expected.name << " of " << wrote << " ranks on " << reads;
        }
    EXPECT_EQ(fs::exists(checkpoint->folder() / "shard-0.written"), false);
  }
}

// Each rank's file opens as safetensors, and no rank writes much more than another.
TEST_F(CheckpointFiles, AreSafetensorsOfEqualShares) {
  save_on(3, folder_);
  const fs::path folder = newest_checkpoint(folder_)->folder();
  std::vector<uintmax_t> sizes;
  for (int rank = 0; rank < 3; ++rank) {
    const fs::path file = folder / fmt::format("shard-{}.safetensors", rank);
    sizes.push_back(fs::file_size(file));
    const Safetensors read = read_safetensors(file);
    EXPECT_FALSE(read.tensors.empty());
    for (const auto& [name, tensor] : read.tensors)
      if (name == "step") {
        EXPECT_EQ(tensor.to_vector<int64_t>(), std::vector<int64_t>{7});
      }
  }
  EXPECT_LT(*std::ranges::max_element(sizes) - *std::ranges::min_element(sizes), 4096u);
}

std::string damage_of(const fs::path& folder) {
  try {
    Checkpoint(folder).verify();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::data);
    return error.what();
  }
  return "";
}

// The files of a checkpoint, which can be damaged and mended again.
class FilesOf {
 public:
  explicit FilesOf(const fs::path& folder) : folder_(folder) {
    for (const auto& name : FileSystem::current().list(folder))
      good_[name] = FileSystem::current().read(folder / name);
  }
  const std::map<std::string, std::string>& good() const { return good_; }
  const std::string& name(uint64_t number) const {
    return std::next(good_.begin(), static_cast<ptrdiff_t>(number % good_.size()))->first;
  }
  // A new file: some file systems wait for the disk when an old one is cut and written.
  void write(const std::string& name, const std::string& bytes) const {
    fs::remove(folder_ / name);
    std::ofstream(folder_ / name, std::ios::binary) << bytes;
  }

 private:
  fs::path folder_;
  std::map<std::string, std::string> good_;
};

// Of 27: 20 flipped bits, 5 cuts, 2 shards in place of others, of this checkpoint and of the one
// before. The file's name, and what it holds then.
std::pair<std::string, std::string> damaged(const FilesOf& files, const FilesOf& before,
                                            uint64_t number, std::mt19937_64& chance) {
  const uint64_t kind = number % 27;
  if (kind >= 25) {
    const uint64_t shard = chance() % 2;
    const auto name = [](uint64_t rank) { return fmt::format("shard-{}.safetensors", rank); };
    return {name(shard),
            kind == 25 ? files.good().at(name(1 - shard)) : before.good().at(name(shard))};
  }
  const std::string& name = files.name(chance());
  std::string bytes = files.good().at(name);
  if (kind >= 20)
    bytes.resize(chance() % bytes.size());
  else
    bytes[chance() % bytes.size()] ^= static_cast<char>(1 << chance() % 8);
  return {name, bytes};
}

std::unique_ptr<Checkpoint> served(const fs::path& folder) {
  testing::internal::CaptureStderr();
  auto checkpoint = newest_checkpoint(folder);
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("use an older"));
  return checkpoint;
}

TEST_F(CheckpointFiles, EveryDamageIsSeenAndTheOneBeforeServes) {
  for (const int64_t step : {11, 12})
    save_on(2, folder_, step,
            [&](int rank) { return state_of(rank, 2, 3000, static_cast<double>(step)); });
  const fs::path newest = newest_checkpoint(folder_)->folder(), old = checkpoints_in(folder_)[0];
  const FilesOf files(newest), before(old);
  std::mt19937_64 chance(testing_support::fault_seed(11));
  const uint64_t count = testing_support::fault_count(2700);
  for (uint64_t i = 0; i < count; ++i) {
    const auto [name, bytes] = damaged(files, before, i, chance);
    files.write(name, bytes);
    EXPECT_THAT(damage_of(newest), HasSubstr(name)) << i;
    const auto checkpoint = served(folder_);
    ASSERT_TRUE(checkpoint && checkpoint->folder() == old) << i;
    files.write(name, files.good().at(name));
  }
  EXPECT_EQ(damage_of(newest), "");
  RecordProperty("faults", std::to_string(count));
  fs::remove(newest / files.name(1));
  EXPECT_THAT(damage_of(newest), HasSubstr("is missing"));
}

TEST_F(CheckpointFiles, NameTheTensorThatIsHurt) {
  save_on(1, folder_);
  const auto checkpoint = newest_checkpoint(folder_);
  const fs::path shard = checkpoint->folder() / "shard-0.safetensors";
  std::string bytes = FileSystem::current().read(shard);
  bytes[bytes.size() - 100'000] ^= 1;
  std::ofstream(shard, std::ios::binary) << bytes;
  EXPECT_THAT(damage_of(checkpoint->folder()), HasSubstr("where 'optimizer/velocity' is"));
}

TEST_F(CheckpointFiles, TheLastAndTheBestStay) {
  CheckpointWriter writer(folder_, {.keep_last = 2, .keep_best = 1, .best_is_highest = false});
  const double scores[] = {0.5, 0.2, 0.4, 0.3, 0.25};
  for (int64_t step = 1; step <= 5; ++step) {
    writer.save(state_of(0, 1), step, Config(), scores[step - 1]);
    writer.wait();
  }
  std::vector<int64_t> steps;
  for (const auto& path : checkpoints_in(folder_)) steps.push_back(Checkpoint(path).step());
  EXPECT_THAT(steps, ElementsAre(2, 4, 5));
}

TEST_F(CheckpointFiles, AStepSavedTwiceHasTwoNames) {
  save_on(1, folder_);
  save_on(1, folder_);
  EXPECT_THAT(FileSystem::current().list(folder_),
              ElementsAre("step-000000000012", "step-000000000012.2"));
  EXPECT_EQ(newest_checkpoint(folder_)->folder(), folder_ / "step-000000000012.2");
}

// A rank that never writes is named, and what there is goes.
TEST_F(CheckpointFiles, ARankThatDoesNotWriteIsNamed) {
  test::on_ranks(2, [&](Communicator& communicator) {
    CheckpointWriter writer(folder_, {.patience = std::chrono::milliseconds(200)});
    if (communicator.rank() == 0) {
      writer.save(state_of(0, 2), 5, Config());
      writer.wait();
      EXPECT_THAT(writer.failure(), HasSubstr("rank 1 did not write its part"));
    } else {
      int64_t attempt = 0;
      broadcast_bytes(current_world(), &attempt, sizeof attempt);  // save()'s only meeting
    }
  });
  EXPECT_EQ(newest_checkpoint(folder_), nullptr);
  EXPECT_TRUE(FileSystem::current().list(folder_).empty());
}

// As where training ends because that rank died: its peers go on elsewhere.
TEST_F(CheckpointFiles, ARankThatDoesNotWriteKeepsNobodyFromEnding) {
  test::on_ranks(2, [&](Communicator& communicator) {
    CheckpointWriter writer(folder_, {.patience = std::chrono::minutes(10)});
    int64_t attempt = 0;
    if (communicator.rank() == 0)
      writer.save(state_of(0, 2), 5, Config());
    else
      broadcast_bytes(current_world(), &attempt, sizeof attempt);
    writer.give_up();
  });
  EXPECT_TRUE(FileSystem::current().list(folder_).empty());
}

TEST(CheckpointName, IsReadAndWritten) {
  EXPECT_EQ((CheckpointName{1200, 1}.text()), "step-000000001200");
  EXPECT_EQ((CheckpointName{1200, 3}.text()), "step-000000001200.3");
  EXPECT_EQ(CheckpointName::parse("step-000000001200.3"), (CheckpointName{1200, 3}));
  for (const char* other : {"step-1200", "step-000000001200.tmp", "step-00000000120x", "step-",
                            "latest", "step--00000000001", "step-000000001200.1"})
    EXPECT_EQ(CheckpointName::parse(other), std::nullopt) << other;
}

// What is said of a manifest that fits its hash, once changed.
std::string refused(const std::function<void(checkpoint::Manifest&)>& change) {
  checkpoint::Manifest manifest;
  manifest.set_format(kManifestFormat);
  auto& file = *manifest.add_files();
  file.set_name("shard-0.safetensors");
  file.set_bytes(100);
  file.add_chunks(1);
  auto& part = *file.add_parts();
  part.set_name("w");
  part.set_dtype("float32");
  part.add_shape(5);
  part.set_elements(5);
  part.set_offset(80);
  change(manifest);
  try {
    parse_manifest(sealed(manifest), "m");
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::data) << error.what();
    return error.what();
  }
  return "accepted";
}

TEST(Manifest, IsHeldAgainstItself) {
  const auto part_of = [](checkpoint::Manifest& m) -> checkpoint::Part& {
    return *m.mutable_files(0)->mutable_parts(0);
  };
  EXPECT_EQ(refused([](auto&) {}), "accepted");
  EXPECT_THAT(refused([](auto& m) { m.set_format(2); }), HasSubstr("format 2"));
  for (const char* name : {"../x", "/etc/passwd", "a/b", "", "..", ".hidden"})
    EXPECT_THAT(refused([&](auto& m) { m.mutable_files(0)->set_name(name); }),
                HasSubstr("outside"));
  EXPECT_THAT(refused([](auto& m) { m.mutable_files(0)->set_bytes(uint64_t{1} << 63); }),
              HasSubstr("hashes"));
  EXPECT_THAT(refused([&](auto& m) { part_of(m).set_offset(~uint64_t{0}); }),
              HasSubstr("does not fit"));
  EXPECT_THAT(refused([&](auto& m) { part_of(m).set_elements(int64_t{1} << 62); }),
              HasSubstr("does not fit"));
  EXPECT_THAT(refused([&](auto& m) { part_of(m).set_elements(4); }), HasSubstr("not whole"));
  EXPECT_THAT(refused([&](auto& m) { part_of(m).set_begin(1); }), HasSubstr("not whole"));
  EXPECT_THAT(refused([&](auto& m) { part_of(m).set_begin(-1); }), HasSubstr("does not fit"));
  for (const char* dtype : {"float", "string", ""})
    EXPECT_THAT(refused([&](auto& m) { part_of(m).set_dtype(dtype); }), HasSubstr("dtype"));
  EXPECT_THAT(refused([&](auto& m) {
                part_of(m).add_shape(int64_t{1} << 62);
                part_of(m).add_shape(4);
              }),
              HasSubstr("no possible shape"));
  EXPECT_THAT(refused([&](auto& m) { *m.mutable_files(0)->add_parts() = part_of(m); }),
              HasSubstr("not whole"));
}

TEST(Manifest, AnyChangedByteIsSeen) {
  const std::string bytes = sealed(checkpoint::Manifest());
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string changed = bytes;
    changed[i] ^= 4;
    EXPECT_THROW(parse_manifest(changed, "m"), Error) << i;
    EXPECT_THROW(parse_manifest(bytes.substr(0, i), "m"), Error) << i;
  }
}

}  // namespace
}  // namespace tutti
