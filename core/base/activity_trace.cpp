#include "core/base/activity_trace.h"

namespace tutti {

ActivityTrace::ActivityTrace(size_t capacity) : capacity_(capacity) { kept_.reserve(capacity); }

void ActivityTrace::spent(const ActivitySpan& span) {
  if (capacity_ == 0) return;
  if (kept_.size() < capacity_)
    kept_.push_back(span);
  else
    kept_[heard_ % capacity_] = span;
  ++heard_;
}

std::vector<ActivitySpan> ActivityTrace::spans() const {
  std::vector<ActivitySpan> spans(kept_.begin(), kept_.end());
  if (heard_ > capacity_)
    std::rotate(spans.begin(), spans.begin() + static_cast<std::ptrdiff_t>(heard_ % capacity_),
                spans.end());
  return spans;
}

}  // namespace tutti
