#include "launch/supervise/commit_lease.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <thread>

#include "core/base/error.h"

namespace tutti::supervise {
namespace {

using std::chrono::milliseconds, std::chrono::seconds;
namespace fs = std::filesystem;

class CommitLeases : public testing::Test {
 protected:
  CommitLeases() {
    std::string name = (fs::temp_directory_path() / "tutti_lease_XXXXXX").string();
    memory_ = mkdtemp(name.data());
    folder_ = memory_ / "tutti-1";
  }
  ~CommitLeases() override { fs::remove_all(memory_); }

  // A process that holds a lease until it is killed.
  pid_t holder(milliseconds lapse = milliseconds(400)) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(30);
      const CommitLease lease(folder_, lapse);
      fs::create_directory(folder_ / "host");
      std::ofstream(folder_ / "host" / "share-0") << "bytes";
      for (;;) ::pause();
    }
    EXPECT_TRUE(comes([&] { return fs::exists(folder_ / "host" / "share-0"); }));
    return child;
  }
  static void end(pid_t child) {
    ASSERT_GT(child, 0);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
  static bool comes(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + seconds(10);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(milliseconds(5));
    }
    return true;
  }

  fs::path memory_, folder_;
};

TEST_F(CommitLeases, WhatNobodyHoldsGoes) {
  end(holder());
  EXPECT_TRUE(fs::exists(folder_ / "host" / "share-0"));
  EXPECT_TRUE(comes([&] { return !fs::exists(folder_); }));
}

TEST_F(CommitLeases, OneThatLivesKeepsAll) {
  const pid_t first = holder(), second = holder();
  end(first);
  std::this_thread::sleep_for(milliseconds(1200));
  EXPECT_TRUE(fs::exists(folder_ / "host" / "share-0"));
  end(second);
  EXPECT_TRUE(comes([&] { return !fs::exists(folder_); }));
}

TEST_F(CommitLeases, WhoComesInTimeKeepsThem) {
  for (int round = 0; round < 3; ++round) {
    end(holder(milliseconds(2000)));
    std::this_thread::sleep_for(milliseconds(100));
    EXPECT_TRUE(fs::exists(folder_ / "host" / "share-0"));
  }
  EXPECT_TRUE(comes([&] { return !fs::exists(folder_); }));
}

TEST_F(CommitLeases, APlaceThatIsNoFolderIsRefused) {
  std::ofstream(folder_) << "a file";
  EXPECT_THROW(CommitLease{folder_}, Error);
  fs::remove(folder_);
  fs::create_directory_symlink(memory_, folder_);
  EXPECT_THROW(CommitLease{folder_}, Error);
}

}  // namespace
}  // namespace tutti::supervise
