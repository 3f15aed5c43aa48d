#include "io/sharded/bad_records.h"

#include "core/base/log.h"

namespace tutti {
namespace {

constexpr size_t kMostMessages = 100, kMostWarnings = 20;

}  // namespace

void PassedRows::note(int64_t row, const std::string& message) {
  const std::lock_guard lock(mutex_);
  if (!rows_.insert(row).second) return;
  if (messages_.size() < kMostMessages) messages_.push_back(message);
  if (rows_.size() <= kMostWarnings)
    log_warn("{}; the row is passed over{}", message,
             rows_.size() == kMostWarnings ? ", and further ones without a word" : "");
}

int64_t PassedRows::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(rows_.size());
}

std::vector<int64_t> PassedRows::rows() const {
  const std::lock_guard lock(mutex_);
  return {rows_.begin(), rows_.end()};
}

std::vector<std::string> PassedRows::messages() const {
  const std::lock_guard lock(mutex_);
  return messages_;
}

}  // namespace tutti
