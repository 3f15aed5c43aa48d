// What refuses a value seldom knows where it was written: these words before its message.
#pragma once

#include <fmt/core.h>

#include <string>

#include "core/base/error.h"

namespace tutti {

// make(), with "[job.yaml:5:5] " before the message of an Error that names no such place. What goes
// wrong between ranks was written nowhere and stays what it is.
template <typename Make>
auto at_place(const std::string& place, const Make& make) {
  try {
    return make();
  } catch (const CommunicationError&) {
    throw;
  } catch (Error& error) {
    if (!names_place(error.what())) error.reword(fmt::format("[{}] {}", place, error.what()));
    throw;
  }
}

}  // namespace tutti
