// Poolings over windows, written in patches. Channels last, padding never chosen nor counted.
#pragma once

#include "core/ops/patches.h"

namespace tutti {

// x [n, s.., c] -> [n, o.., c]. The gradient of a maximum goes to the first element that reaches
// it.
Value max_pool(const Value& x, const Windows& windows);
Value average_pool(const Value& x, const Windows& windows);

}  // namespace tutti
