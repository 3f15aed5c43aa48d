#include "core/model/per_output.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/error.h"

namespace tutti {

void check_output_names(const std::vector<std::string>& names,
                        const std::vector<std::string>& outputs, const std::string& where,
                        const char* what, bool complete) {
  for (const auto& name : names)
    if (std::ranges::find(outputs, name) == outputs.end())
      fail(where, "{} names output '{}', which the model does not have{}", what, name,
           near_or(name, outputs, fmt::format("; its outputs are {}", fmt::join(outputs, ", "))));
  for (const auto& output : outputs)
    if (complete && std::ranges::find(names, output) == names.end())
      fail(where, "{} leaves out output '{}'; name it too, as null for none", what, output);
}

void check_output_count(size_t count, const std::vector<std::string>& outputs,
                        const std::string& where, const char* what) {
  if (count != outputs.size())
    fail(where, "{} is a list of {}, the model has {} outputs ({}); give one for each", what, count,
         outputs.size(), fmt::join(outputs, ", "));
}

}  // namespace tutti
