#include "scheduler/study/journal.h"

#include <algorithm>
#include <span>
#include <utility>

#include "core/base/log.h"

namespace tutti {
namespace {

using Path = FileSystem::Path;

constexpr uint64_t kChunk = uint64_t{1} << 22;
constexpr std::string_view kBeginning = "{\"op_code\":";  // of each line

// Whether a crash while a line was appended may have left this of it.
bool may_be_torn(std::string_view tail) {
  if (tail.find_first_not_of('\0') == std::string_view::npos) return true;
  const size_t known = std::min(tail.size(), kBeginning.size());
  return tail.substr(0, known) == kBeginning.substr(0, known);
}

// Throws for a last line that no crash explains.
void check_tail(std::string_view tail, const std::string& where) {
  if (may_be_torn(tail) || parse_journal_line(tail, where).contains("op_code")) return;
  fail(ExitCode::data, where, "ends in what is no line of a journal; give the path of a journal");
}

Path beside(const Path& journal, const char* suffix) { return journal.string() + suffix; }

}  // namespace

std::string JournalReader::read() {
  FileSystem& files = FileSystem::current();
  const uint64_t size = files.size(path_);
  if (size < offset_)
    fail(ExitCode::data, path_.string(),
         "was cut from {} to {} bytes while in use; restore it and start again", offset_, size);
  std::string text;
  for (uint64_t span = kChunk; offset_ < size;) {
    text.resize(std::min(span, size - offset_));
    files.read_part(path_, offset_, std::as_writable_bytes(std::span(text)));
    size_t begin = 0;
    for (size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1)
      record_.apply(std::string_view(text).substr(begin, end - begin));
    offset_ += begin;
    if (begin > 0) continue;
    if (offset_ + text.size() == size && text.size() <= kLongestJournalLine) return text;
    if (span > kLongestJournalLine) record_.apply(text);  // throws: too long
    span *= 2;
  }
  return {};
}

Journal::Journal(const Path& path) : reader_(path) {
  FileSystem& files = FileSystem::current();
  // What is no journal is refused before anything is made beside it.
  if (files.exists(path)) {
    check_tail(reader_.read(), path.string());
  }
  const Path folder = beside(path, ".coordinator");
  files.make_directories(folder);
  held_ = files.lock(folder);
  lock_.emplace(path, folder);
  lock_->remove_left_behind();
  file_ = files.extend(path);
  files.sync_directory(path.has_parent_path() ? path.parent_path() : Path("."));
  together([] {});
}

Journal::~Journal() {
  try {
    if (!failure_) sync();
  } catch (const Error& error) {
    log_error("{}", error.what());
  }
}

void Journal::break_off(const Error& error) {
  failure_ = error;
  if (!std::exchange(taken_, false)) return;
  try {
    lock_->remove_left_behind();
  } catch (const Error&) {  // the first failure is the one to tell
  }
}

template <typename Body>
void Journal::guarded(const Body& body) {
  if (failure_) throw Error(*failure_);
  try {
    body();
  } catch (const Error& error) {
    break_off(error);
    throw;
  }
}

void Journal::take() {
  guarded([this] {
    lock_->acquire();
    taken_ = true;
    taken_at_ = Clock::current().now();
    const std::string tail = reader_.read();
    if (tail.empty()) return;
    check_tail(tail, path().string());
    // Who wrote it is dead: it would hold the lock.
    log_warn("[{}] ends in {} bytes of a line that a crash has cut; they are removed",
             path().string(), tail.size());
    FileSystem::current().truncate(path(), reader_.offset_);
  });
}

void Journal::write() {
  if (written_.empty()) return;
  FileSystem& files = FileSystem::current();
  if (files.size(path()) != reader_.offset_)
    fail(ExitCode::io, path().string(),
         "was written by a program that did not heed its lock; start again");
  try {
    file_->write(written_);
  } catch (const Error&) {
    try {
      files.truncate(path(), reader_.offset_);
    } catch (const Error&) {  // whoever opens it next repairs it
    }
    throw;
  }
  reader_.offset_ += written_.size();
  written_.clear();
  if (!unsynced_since_) unsynced_since_ = Clock::current().now();
}

void Journal::give() {
  guarded([this] {
    write();
    lock_->release();
    taken_ = false;
  });
}

void Journal::together(const std::function<void()>& calls) {
  if (taken_) return calls();  // within another
  take();
  try {
    calls();
  } catch (...) {
    if (taken_) give();
    throw;
  }
  give();
}

void Journal::require_taken() const {
  if (!taken_) fail(ExitCode::internal, path().string(), "is appended to without its lock");
}

void Journal::append(std::string_view line) {
  require_taken();
  reader_.record_.apply(line.substr(0, line.size() - 1));
  written_ += line;
}

void Journal::append_report(int64_t trial_id, int64_t step, double value) {
  require_taken();
  reader_.record_.report(trial_id, step, value);
  written_ += journal::intermediate(trial_id, step, value);
}

void Journal::breathe() {
  if (!taken_ || Clock::current().now() - taken_at_ < std::chrono::seconds(1)) return;
  give();
  take();
}

void Journal::poll() {
  if (taken_) return;
  guarded([this] { reader_.read(); });
  if (unsynced_since_ && Clock::current().now() - *unsynced_since_ >= std::chrono::seconds(1))
    sync();
}

void Journal::sync() {
  if (!unsynced_since_) return;
  guarded([this] { file_->sync(); });
  unsynced_since_.reset();
}

}  // namespace tutti
