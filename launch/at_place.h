// What refuses a value seldom knows where it was written: these words before its message.
#pragma once

#include <fmt/core.h>

#include <new>
#include <string>
#include <string_view>

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

// The same for a model's file, whose path an Error may name itself; a file may also ask for more
// memory than there is.
template <typename Make>
auto at_file(const std::string& path, const Make& make) {
  try {
    return make();
  } catch (const CommunicationError&) {
    throw;
  } catch (Error& error) {
    if (std::string_view(error.what()).find(path) == std::string_view::npos)
      error.reword(fmt::format("[{}] {}", path, error.what()));
    throw;
  } catch (const std::bad_alloc&) {
    fail(ExitCode::world, path, "takes more memory than there is; use a smaller model");
  }
}

}  // namespace tutti
