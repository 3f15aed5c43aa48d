#include "core/callbacks/log_file.h"

#include <utility>

#include "core/base/error.h"
#include "core/base/filesystem.h"

namespace tutti {

void LogFile::open(const std::string& callback, const std::string& path, bool adds) {
  path_ = path;
  cut_ = false;
  FileSystem& files = FileSystem::current();
  try {
    files.append(path_, "");
    size_ = adds ? files.size(path_) : 0;
  } catch (const Error&) {
    fail(ExitCode::io, callback, "cannot write '{}'; make its directory or use another path",
         path_);
  }
}

void LogFile::write(std::string_view text) {
  FileSystem& files = FileSystem::current();
  if (!std::exchange(cut_, true)) files.truncate(path_, size_);
  files.append(path_, text);
  size_ += text.size();
}

void LogFile::restore(int64_t size) {
  FileSystem& files = FileSystem::current();
  const uint64_t there = files.exists(path_) ? files.size(path_) : 0;
  size_ = static_cast<uint64_t>(size);
  cut_ = false;
  if (there < size_)
    fail(
        ExitCode::data, path_,
        "has {} bytes, and had {} when the training to go on with was saved; put it back as it was",
        there, size_);
}

}  // namespace tutti
