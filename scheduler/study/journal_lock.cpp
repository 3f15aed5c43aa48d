#include "scheduler/study/journal_lock.h"

#include <algorithm>
#include <optional>

#include "core/base/log.h"

namespace tutti {

JournalLock::JournalLock(const FileSystem::Path& journal, const FileSystem::Path& holder)
    : journal_(journal), lock_(journal.string() + ".lock"), holder_(holder.filename()) {}

void JournalLock::acquire() {
  FileSystem& files = FileSystem::current();
  Clock& clock = Clock::current();
  std::optional<uint64_t> size;  // of the journal, since `since`
  Clock::Duration pause = std::chrono::milliseconds(1), since{};
  while (!files.make_link(lock_, holder_)) {
    const uint64_t now = files.exists(journal_) ? files.size(journal_) : 0;
    if (now != size) {
      size = now;
      since = clock.now();
    } else if (clock.now() - since > kGrace) {
      log_warn("[{}] removed: nobody has released it for {} s", lock_.string(), kGrace.count());
      files.remove(lock_);
      size.reset();
      continue;
    }
    clock.sleep_for(pause);
    pause = std::min<Clock::Duration>(2 * pause, std::chrono::milliseconds(50));
  }
}

void JournalLock::release() {
  FileSystem& files = FileSystem::current();
  if (files.link_target(lock_) == holder_)
    files.remove(lock_);
  else
    log_warn("[{}] was taken away by another program while Tutti held it", lock_.string());
}

void JournalLock::remove_left_behind() {
  FileSystem& files = FileSystem::current();
  if (files.link_target(lock_) == holder_) files.remove(lock_);
}

}  // namespace tutti
