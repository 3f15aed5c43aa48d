#include "core/base/directory_lease.h"

#include <cstdlib>
#include <sstream>

#include "core/base/error.h"
#include "core/base/log.h"

namespace tutti {

std::string LeaseOwner::text() const {
  return fmt::format("process {} on {} since {} boot {} born {} lease {}\n", pid, host, since, boot,
                     born, nonce);
}

std::optional<LeaseOwner> LeaseOwner::parse(const std::string& text) {
  std::istringstream line(text);
  LeaseOwner owner;
  std::string word;
  const auto takes = [&](const char* key, auto& value) {
    return line >> word && word == key && line >> value;
  };
  if (takes("process", owner.pid) && takes("on", owner.host) && takes("since", owner.since) &&
      takes("boot", owner.boot) && takes("born", owner.born) && takes("lease", owner.nonce))
    return owner;
  return std::nullopt;
}

std::string LeaseOwner::described() const {
  return fmt::format("process {} on {} since {}", pid, host, since);
}

DirectoryLease::DirectoryLease(std::filesystem::path directory, std::unique_ptr<LeasePlace> place,
                               LeaseOwner self, LeaseTimes times, Lost lost)
    : directory_(std::move(directory)),
      place_(std::move(place)),
      self_(std::move(self)),
      times_(times),
      lost_(std::move(lost)) {
  take();
  renewer_ = std::thread([this] { renew_until_left(); });
}

DirectoryLease::~DirectoryLease() {
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
  }
  left_.notify_all();
  renewer_.join();
  try {
    const auto seen = place_->look();
    if (!taken_away_ && seen && seen->text == self_.text()) place_->remove();
  } catch (const Error&) {  // it lapses
  }
}

void DirectoryLease::refuse(const std::string& owner) const {
  throw DirectoryInUse(
      fmt::format("[{}] is in use by {}; wait for it, end it, or choose another directory",
                  directory_.string(), owner));
}

void DirectoryLease::take() {
  LeasePlace::Lock lock = place_->lock();
  const auto seen = place_->look();
  const auto owner = seen ? LeaseOwner::parse(seen->text) : std::nullopt;
  const std::string described = owner ? owner->described() : "another process";
  const bool here = owner && !owner->boot.empty() && owner->boot == self_.boot;
  const bool lives = here && place_->lives(owner->pid, owner->born);
  if (lock == LeasePlace::Lock::refused && here && !lives) lock = lock_of_dead();
  const bool given = lock == LeasePlace::Lock::given, refused = lock == LeasePlace::Lock::refused;
  if (refused && (here || !seen)) refuse(described);
  // One that took a lease without the kernel's lock may live when the kernel gives that to us.
  if (lives) refuse(described);
  if (seen && !(given && here)) {
    await_lapse(*seen, described);
    if (refused || (owner && !here))
      log_warn("[{}] was held by {}, who has not renewed its lease for {:.0f} s; taken over",
               directory_.string(), described, seconds_of(times_.lapse));
  }
  place_->write(self_.text());
  if (!given) settle();
}

// A process that its owner was just starting has the lock, too, until it is another program.
LeasePlace::Lock DirectoryLease::lock_of_dead() const {
  auto lock = LeasePlace::Lock::refused;
  for (int look = 0; look < 20 && lock == LeasePlace::Lock::refused; ++look) {
    Clock::current().sleep_for(times_.look / 5);
    lock = place_->lock();
  }
  return lock;
}

// Returns when the lease was not renewed for so long; refuses if it is renewed meanwhile.
void DirectoryLease::await_lapse(LeasePlace::Seen seen, const std::string& owner) const {
  while (place_->server_time() - seen.renewed <= times_.lapse) {
    Clock::current().sleep_for(times_.look);
    const auto now = place_->look();
    if (!now) return;
    if (now->text != seen.text) {
      const auto other = LeaseOwner::parse(now->text);
      refuse(other ? other->described() : owner);
    }
    if (now->renewed != seen.renewed) refuse(owner);
  }
}

// Of two that take it at once without a lock the last one's name stays.
void DirectoryLease::settle() const {
  Clock::current().sleep_for(times_.settle);
  const auto seen = place_->look();
  const auto owner = seen ? LeaseOwner::parse(seen->text) : std::nullopt;
  if (!owner || owner->nonce != self_.nonce) refuse(owner ? owner->described() : "another process");
}

void DirectoryLease::renew_until_left() {
  bool told = false;
  std::unique_lock lock(mutex_);
  while (!left_.wait_for(lock, times_.renewal, [this] { return leaving_; })) {
    try {
      if (place_->renew(self_.text())) {
        told = false;
        continue;
      }
    } catch (const Error& error) {  // it may pass, and the lease outlives some renewals
      if (!std::exchange(told, true)) log_warn("{}; the lease could not be renewed", error.what());
      continue;
    }
    taken_away_ = true;
    const std::string message =
        fmt::format("[{}] was taken over by another, since this process did not renew its lease",
                    directory_.string());
    if (lost_) return lost_(message);
    log_error("{}; it ends here, so that only one writes there", message);
    std::_Exit(static_cast<int>(ExitCode::io));
  }
}

}  // namespace tutti
