// A state that some ranks commit, any others read, from the memory of any hosts that hold all of
// it.
#include "launch/rank/commit_store.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <numeric>

#include "core/base/error.h"
#include "distributed/membership/commit.h"
#include "distributed/thread/thread_communicator.h"
#include "tests/distributed/hang_watchdog.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;
namespace ms = membership;

constexpr int64_t kShared = 1000, kParts = 3001;

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "tutti_commits_XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
  fs::path path;
};

Tensor counting(int64_t begin, int64_t count, float shift) {
  std::vector<float> values(static_cast<size_t>(count));
  std::iota(values.begin(), values.end(), static_cast<float>(begin) + shift);
  return Tensor::from(values, {count});
}

// What rank `rank` of `ranks` has of the state after so many steps.
TrainingState state_of(int rank, int ranks, int64_t step) {
  const auto shift = static_cast<float>(step);
  TrainingState state;
  state.tensors.push_back({"kernel", counting(0, kShared, shift), Held::everywhere, 0, {kShared}});
  const int64_t begin = kParts * rank / ranks, end = kParts * (rank + 1) / ranks;
  state.tensors.push_back(
      {"momentum", counting(begin, end - begin, shift), Held::in_parts, begin, {kParts}});
  if (rank == 0) state.tensors.push_back({"best", counting(5, 7, shift), Held::here, 0, {7}});
  state.values.set("step", step);
  return state;
}

void expect_state(const Checkpoint& saved, int64_t step) {
  const auto shift = static_cast<float>(step);
  const auto expect = [&](const char* name, int64_t begin, int64_t count) {
    const Tensor got = Tensor::empty({count}, DType::f32);
    saved.read(name, begin == 5 ? 0 : begin, got);
    EXPECT_EQ(got.to_vector<float>(), counting(begin, count, shift).to_vector<float>()) << name;
  };
  EXPECT_EQ(saved.step(), step);
  EXPECT_EQ(saved.values().find("step")->as_int(), step);
  expect("kernel", 0, kShared);
  expect("momentum", 0, kParts);
  expect("momentum", 1234, 900);
  expect("best", 5, 7);
}

using Hosts = std::vector<std::string>;

ms::World world_of(ms::Generation generation, const Hosts& hosts) {
  ms::World world;
  world.generation = generation;
  for (size_t r = 0; r < hosts.size(); ++r)
    world.seats.push_back({{generation, static_cast<int>(r)}, hosts[r]});
  return world;
}

// As ranks on these hosts do.
ms::Commit commit_on(const Folder& memory, const Hosts& hosts, const ms::CommitProgress& progress,
                     ms::Generation generation = 1) {
  const auto buddies = ms::buddies(hosts);
  run_ranks(static_cast<int>(hosts.size()), [&](Communicator& communicator) {
    const int rank = communicator.rank();
    CommitStore store(7, hosts[static_cast<size_t>(rank)], memory.path);
    store.write(generation, progress, state_of(rank, communicator.size(), progress.step), rank,
                communicator.size());
    store.copy(generation, progress, communicator, buddies);
  });
  ms::Commit commit{generation, progress.number, progress.step, progress.buffer, {}};
  for (size_t r = 0; r < hosts.size(); ++r)
    commit.shares.push_back({{hosts[r], 1}, {hosts[static_cast<size_t>(buddies[r])], 1}});
  return commit;
}

// Reads it on these hosts; the shares come from where the commit says that they are, if a rank
// lives there. False if nobody could.
bool read_on(const Folder& memory, const Hosts& hosts, const ms::Commit& commit,
             const Hosts& read_at) {
  ms::World world = world_of(9, hosts);
  world.commit = commit;
  world.read_at = read_at;
  std::atomic<int> read{0};
  run_ranks(static_cast<int>(hosts.size()), [&](Communicator& communicator) {
    CommitStore store(7, hosts[static_cast<size_t>(communicator.rank())], memory.path);
    const auto saved = store.read(world, communicator);
    if (!saved) return;
    ++read;
    expect_state(*saved, commit.step);
  });
  EXPECT_TRUE(read == 0 || read == static_cast<int>(hosts.size())) << read;
  return read > 0;
}

Hosts homes(const ms::Commit& commit) {
  Hosts hosts;
  for (const auto& share : commit.shares) hosts.push_back(share.home.host);
  return hosts;
}

TEST(CommitStore, AnyNumberOfRanksReadsWhatAnyWrote) {
  for (int wrote = 1; wrote <= 4; ++wrote)
    for (int reads = 1; reads <= 4; ++reads) {
      SCOPED_TRACE(fmt::format("{} wrote, {} read", wrote, reads));
      const Folder memory;
      const auto commit =
          commit_on(memory, Hosts(wrote, "one"), {.number = 3, .step = 40, .buffer = 1});
      EXPECT_TRUE(read_on(memory, Hosts(reads, "one"), commit, homes(commit)));
    }
}

TEST(CommitStore, AHostThatIsGoneIsReadFromItsBuddy) {
  const Folder memory;
  const Hosts hosts{"a", "a", "b", "b", "c"};
  const auto commit = commit_on(memory, hosts, {.number = 1, .step = 8, .buffer = 0});
  for (const std::string gone : {"a", "b", "c"}) {
    SCOPED_TRACE(gone + " is gone");
    Hosts left, at;
    for (const auto& host : hosts)
      if (host != gone) left.push_back(host);
    for (const auto& share : commit.shares)
      at.push_back(share.home.host == gone ? share.copy.host : share.home.host);
    const Folder remains;
    fs::copy(memory.path, remains.path, fs::copy_options::recursive);
    fs::remove_all(commits_of_job(7, remains.path) / gone);
    EXPECT_TRUE(read_on(remains, left, commit, at));
  }
}

TEST(CommitStore, HostsThatHoldNothingAreGivenAll) {
  const Folder memory;
  const auto commit = commit_on(memory, {"a", "a"}, {.number = 1, .step = 8, .buffer = 0});
  EXPECT_TRUE(read_on(memory, {"new", "a", "new", "other"}, commit, homes(commit)));
  EXPECT_FALSE(read_on(memory, {"new"}, commit, homes(commit)));  // nobody lives on a
}

TEST(CommitStore, TheOtherBufferStaysWhole) {
  const Folder memory;
  const Hosts hosts{"a", "b"};
  const auto first = commit_on(memory, hosts, {.number = 1, .step = 10, .buffer = 0});
  const auto second = commit_on(memory, hosts, {.number = 2, .step = 20, .buffer = 1});
  EXPECT_TRUE(read_on(memory, hosts, first, homes(first)));
  EXPECT_TRUE(read_on(memory, hosts, second, homes(second)));
  commit_on(memory, hosts, {.number = 3, .step = 30, .buffer = 0});
  EXPECT_TRUE(read_on(memory, hosts, second, homes(second)));
  EXPECT_FALSE(read_on(memory, hosts, first, homes(first)));  // written over
}

TEST(CommitStore, EveryChangedByteIsNoticed) {
  const Folder memory;
  const auto commit = commit_on(memory, {"a", "a"}, {.number = 1, .step = 10, .buffer = 0});
  const fs::path folder = commits_of_job(7, memory.path) / "a" / "g1-0";
  int tried = 0;
  for (const char* name : {"share-0", "share-1", "share-0.word", "share-1.word"}) {
    const auto size = fs::file_size(folder / name);
    for (uintmax_t at = 0; at < size; at += size / 23 + 1, ++tried) {
      std::fstream file(folder / name, std::ios::in | std::ios::out | std::ios::binary);
      const auto flip = [&] {
        file.seekg(static_cast<std::streamoff>(at));
        const char byte = static_cast<char>(file.get() ^ 0x10);
        file.seekp(static_cast<std::streamoff>(at));
        file.put(byte).flush();
      };
      flip();
      EXPECT_FALSE(read_on(memory, {"a", "a"}, commit, homes(commit))) << name << " at " << at;
      flip();
    }
  }
  EXPECT_GT(tried, 80);
  EXPECT_TRUE(read_on(memory, {"a", "a"}, commit, homes(commit)));
  fs::remove(folder / "share-1");
  EXPECT_FALSE(read_on(memory, {"a", "a"}, commit, homes(commit)));
}

TEST(CommitStore, WhatIsOldGoes) {
  const Folder memory;
  const auto kept = commit_on(memory, {"a"}, {.number = 1, .step = 10, .buffer = 0}, 1);
  commit_on(memory, {"a"}, {.number = 2, .step = 20, .buffer = 1}, 1);
  commit_on(memory, {"a"}, {.number = 1, .step = 30, .buffer = 0}, 2);
  const fs::path host = commits_of_job(7, memory.path) / "a";
  CommitStore store(7, "a", memory.path);
  store.forget(2, &kept);
  EXPECT_TRUE(fs::exists(host / "g1-0"));
  EXPECT_FALSE(fs::exists(host / "g1-1"));
  store.forget(2);
  EXPECT_FALSE(fs::exists(host / "g1-0"));
  EXPECT_TRUE(fs::exists(host / "g2-0"));
  remove_commits(7, memory.path);
  EXPECT_TRUE(fs::is_empty(memory.path));
}

TEST(CommitStore, WithoutRoomItSaysSo) {
  const Folder memory;
  std::ofstream(memory.path / "tutti-0000000000000007") << "no folder";
  CommitStore store(7, "a", memory.path);
  EXPECT_ANY_THROW(store.write(1, {.number = 1}, state_of(0, 1, 1), 0, 1));
}

}  // namespace
}  // namespace tutti
