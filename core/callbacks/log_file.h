// A file that a callback adds lines or records to. A training that goes on from a saved state cuts
// it back to what it held when that was saved.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tutti {

class LogFile {
 public:
  // `adds`: to what a file that is there holds. Otherwise it is cut, but not before the first
  // write: a restored state may want what it holds. Throws Error (io), naming the callback.
  void open(const std::string& callback, const std::string& path, bool adds = false);
  void write(std::string_view text);
  uint64_t size() const { return size_; }  // of what counts
  const std::string& path() const { return path_; }
  // Goes on behind so many bytes. Throws Error (data) if the file has fewer.
  void restore(int64_t size);

 private:
  std::string path_;
  uint64_t size_ = 0;
  bool cut_ = false;
};

}  // namespace tutti
