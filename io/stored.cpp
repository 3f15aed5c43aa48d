#include "io/stored.h"

#include "core/base/error.h"

namespace tutti {

const Config& stored(const Config& config, std::string_view key, std::string_view where) {
  if (const Config* found = config.find(key)) return *found;
  fail(ExitCode::data, config.where_or(where), "lacks '{}'; the run is damaged, train it again",
       key);
}

}  // namespace tutti
