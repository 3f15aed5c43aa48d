// DirectoryLease: who holds a directory, on one machine or on several that share it. A kernel lock
// says so where it can; a lease beside it does where it cannot (a filesystem without locks, locks
// that do not reach other machines, a lock that a server keeps for a dead one): a file that names
// its owner, who renews it every few seconds. Its age is by the clock of the files' own server.
//
//   kernel lock   owner named               outcome
//   given         none, or of this boot     taken: its process is dead
//   given         of another boot           taken once not renewed for `lapse`; refused if it is
//   refused       of this boot              refused: it lives, or what it started does
//   refused       of another boot           taken, with a warning, once not renewed for `lapse`
//   refused       none                      refused
//   none here     none                      taken
//   none here     any                       refused if it lives here or renews; else taken
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/filesystem.h"

namespace tutti {

struct LeaseOwner {
  std::string host, boot;     // the machine, and its boot: /proc/sys/kernel/random/boot_id
  int64_t pid = 0, born = 0;  // born: in the kernel's ticks since the boot; a pid comes again
  std::string since;          // "2026-01-31T09:05:00.250Z"
  std::string nonce;          // of this lease alone

  static LeaseOwner this_process();
  std::string text() const;                                         // one line
  static std::optional<LeaseOwner> parse(const std::string& text);  // none: it is no such line
  std::string described() const;  // "process 12 on node3 since ..."
};

// The files of a lease and what the kernel knows, for tests to replace.
class LeasePlace {
 public:
  virtual ~LeasePlace() = default;
  enum class Lock { given, refused, none };
  virtual Lock lock() = 0;  // kept until this is destroyed; may be asked again
  struct Seen {
    std::string text;
    Clock::Duration renewed;  // by the server's clock
  };
  virtual std::optional<Seen> look() = 0;
  virtual Clock::Duration server_time() = 0;        // of a file that is written now
  virtual void write(const std::string& text) = 0;  // in place of what is there, at once
  // The same text, at a later time; false, and nothing written, if another text is there.
  virtual bool renew(const std::string& text) = 0;
  virtual void remove() = 0;
  virtual bool lives(int64_t pid, int64_t born) = 0;  // a process of this machine
};
std::unique_ptr<LeasePlace> lease_place(const std::filesystem::path& directory);

struct LeaseTimes {
  Clock::Duration renewal = std::chrono::seconds(5), lapse = std::chrono::seconds(30),
                  look = std::chrono::milliseconds(500),  // between two looks at another's lease
      settle = std::chrono::seconds(1);  // after which a second taker would be seen
};

// Of a directory that another holds.
class DirectoryInUse : public Error {
 public:
  explicit DirectoryInUse(const std::string& message) : Error(message, ExitCode::io) {}
};

class DirectoryLease final : public DirectoryLock {
 public:
  // Called once, from the renewing thread, if another has taken the lease.
  using Lost = std::function<void(const std::string& message)>;
  // Throws DirectoryInUse, naming who holds it, for a directory that is in use. `lost` none: says
  // so and ends the process, since two must not write there.
  DirectoryLease(std::filesystem::path directory, std::unique_ptr<LeasePlace> place,
                 LeaseOwner self = LeaseOwner::this_process(), LeaseTimes times = {},
                 Lost lost = nullptr);
  ~DirectoryLease() override;

 private:
  void take();
  LeasePlace::Lock lock_of_dead() const;
  void await_lapse(LeasePlace::Seen seen, const std::string& owner) const;
  void settle() const;
  void renew_until_left();
  [[noreturn]] void refuse(const std::string& owner) const;

  std::filesystem::path directory_;
  std::unique_ptr<LeasePlace> place_;
  LeaseOwner self_;
  LeaseTimes times_;
  Lost lost_;
  std::mutex mutex_;
  std::condition_variable left_;
  bool leaving_ = false, taken_away_ = false;
  std::thread renewer_;
};

}  // namespace tutti
