// Ends the test program when one test takes too long, saying which: included by any file of a test
// program, it watches all of its tests.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

namespace tutti::testing_support {

class HangWatchdog : public testing::EmptyTestEventListener {
 public:
  static constexpr auto patience = std::chrono::seconds(100);

  void OnTestStart(const testing::TestInfo& test) override {
    ended_ = false;
    watcher_ = std::thread([this, &test] {
      std::unique_lock lock(mutex_);
      if (changed_.wait_for(lock, patience, [this] { return ended_; })) return;
      std::fprintf(stderr, "[watchdog] %s.%s hangs; ended after %d s\n", test.test_suite_name(),
                   test.name(), static_cast<int>(patience.count()));
      _exit(70);
    });
  }
  void OnTestEnd(const testing::TestInfo&) override {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    changed_.notify_one();
    watcher_.join();
  }

  static bool install() {
    testing::UnitTest::GetInstance()->listeners().Append(new HangWatchdog);
    return true;
  }

 private:
  std::thread watcher_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
};

inline const bool hang_watchdog_installed = HangWatchdog::install();

}  // namespace tutti::testing_support
