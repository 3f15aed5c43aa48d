// Trainings that end early on all ranks, and folders of what they saved.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "io/checkpoint/checkpointing.h"
#include "tests/core/model/world_runner.h"

namespace tutti::test {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tutti_resume_XXXXXX").string();
    path = mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string& name) const { return (path / name).string(); }
  std::filesystem::path path;
};

struct Crash {};

// All ranks end at once after so many steps, or before that epoch ends.
class CrashAt final : public Callback {
 public:
  CrashAt(Boundary boundary, int64_t steps) : boundary_(boundary), steps_(steps) {}
  bool on_every_rank() const override { return true; }
  void on_boundary(Boundary boundary, int64_t steps) override {
    if (boundary == boundary_ && steps == steps_) throw Crash{};
    passed_ = steps;
  }
  std::optional<int64_t> next_boundary() const override {
    return passed_ < steps_ ? std::optional(steps_) : std::nullopt;
  }

 private:
  Boundary boundary_;
  int64_t steps_, passed_ = 0;
};

using Callbacks = std::vector<std::shared_ptr<Callback>>;
using Training = std::function<Record(const Callbacks& more)>;
using Saving = std::function<Callbacks()>;

// As run_on, but the training ends early on all ranks.
inline void crash_on(int world, const Training& training, const Saving& saving, Boundary boundary,
                     int64_t steps) {
  int crashes = 0;
  std::mutex mutex;
  run_on(world, 2, 4, [&] {
    Callbacks more = saving();
    more.push_back(std::make_shared<CrashAt>(boundary, steps));
    try {
      training(more);
    } catch (const Crash&) {
      const std::lock_guard lock(mutex);
      ++crashes;
    }
    return Record{{"crashed", {1}}};
  });
  EXPECT_EQ(crashes, world);
}

}  // namespace tutti::test
