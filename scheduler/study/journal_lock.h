// Optuna's lock of a journal file: whoever makes the symbolic link PATH.lock may append, and
// removes it. (Optuna's other lock, a file of that name, excludes us and is excluded as well.)
#pragma once

#include <chrono>

#include "core/base/clock.h"
#include "core/base/filesystem.h"

namespace tutti {

class JournalLock {
 public:
  // `holder`: something that exists beside the journal, and that no other program's link names.
  JournalLock(const FileSystem::Path& journal, const FileSystem::Path& holder);

  // Waits. As in Optuna, who holds it for 30 seconds in which the journal does not grow is taken
  // for dead, and the lock is removed with a warning.
  void acquire();
  // Warns if the lock is another's by now.
  void release();
  // Removes a lock with our holder. Only for who knows that no process that lives has made it.
  void remove_left_behind();

 private:
  static constexpr std::chrono::seconds kGrace{30};

  FileSystem::Path journal_, lock_, holder_;
};

}  // namespace tutti
