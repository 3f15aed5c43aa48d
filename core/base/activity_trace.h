// ActivityTrace: the newest spans of a recorded thread, in memory of a fixed size.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/base/activity.h"

namespace tutti {

class ActivityTrace final : public ActivityListener {
 public:
  explicit ActivityTrace(size_t capacity);

  void spent(const ActivitySpan& span) override;

  // Oldest first. On the recorded thread, or when it has ended.
  std::vector<ActivitySpan> spans() const;
  size_t dropped() const { return heard_ - std::min(heard_, kept_.size()); }  // older ones

 private:
  std::vector<ActivitySpan> kept_;
  size_t capacity_, heard_ = 0;
};

}  // namespace tutti
