// The journal of a study: a file that Tutti and programs with Optuna append to, each under Optuna's
// lock, and read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "scheduler/study/journal_lock.h"
#include "scheduler/study/journal_record.h"

namespace tutti {

// Reads a journal while others append to it.
class JournalReader {
 public:
  explicit JournalReader(FileSystem::Path path) : path_(path), record_(path.string()) {}
  const JournalRecord& record() const { return record_; }
  // Reads the lines that came since; gives what there is of one that has no end yet. Throws Error
  // (data) for a file that is missing, no journal, damaged, or shorter than it was.
  std::string read();

 private:
  friend class Journal;
  FileSystem::Path path_;
  JournalRecord record_;
  uint64_t offset_ = 0;  // the end of the last line that was read
};

// Reads and appends. One process at a time has a file's Journal: PATH.coordinator/ is locked.
class Journal {
 public:
  // Makes the file if it is missing, and cuts off a last line that a crash has left unfinished.
  // Throws Error: (io) another process has it, or the disk fails; (data) it is no journal, and
  // nothing was changed.
  explicit Journal(const FileSystem::Path& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  const FileSystem::Path& path() const { return reader_.path_; }
  // All lines up to now, those that are being appended included.
  const JournalRecord& record() const { return reader_.record_; }

  // Calls it with the file locked and all that others appended read; what it appends is then
  // written with one write. Calls may nest. Throws on what it throws, after writing. If writing
  // fails, nothing of it is in the file, and this journal can only be opened again.
  void together(const std::function<void()>& calls);
  // Only within `together`.
  void append(std::string_view line);  // "...\n"
  void append_report(int64_t trial_id, int64_t step, double value);
  // Lets others in, if they have been kept out for a second. Within `together`, between two
  // decisions: after it the record may be longer.
  void breathe();

  // Reads what others appended, and syncs if a second has passed since the first append that is
  // not sure to be on the disk. To be called at least every second.
  void poll();
  // All that was appended is on the disk when this returns: before a user is told of it.
  void sync();

 private:
  void require_taken() const;
  void take();
  void give();
  void write();
  template <typename Body>
  void guarded(const Body& body);
  void break_off(const Error& error);

  std::unique_ptr<DirectoryLock> held_;
  JournalReader reader_;
  std::optional<JournalLock> lock_;
  std::unique_ptr<OutputFile> file_;
  std::string written_;           // lines that are in the record and not in the file
  std::optional<Error> failure_;  // after it nothing is known of the file
  bool taken_ = false;
  Clock::Duration taken_at_{};
  std::optional<Clock::Duration> unsynced_since_;
};

}  // namespace tutti
