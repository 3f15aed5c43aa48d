#include "io/sharded/data_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "core/base/error.h"
#include "core/base/hash.h"

namespace tutti {
namespace {

constexpr uint64_t kPiece = uint64_t{64} << 10, kPieces = 16;
constexpr uint64_t kScanBytes = uint64_t{1} << 20;  // read at a time

[[noreturn]] void refuse_file(const std::filesystem::path& path, const char* what) {
  const int error = errno;
  fail(ExitCode::data, path.string(), "cannot {}: {}; {}", what, std::strerror(error),
       error == EMFILE   ? "raise the limit on open files (ulimit -n)"
       : error == EACCES ? "check its permissions"
                         : "check the path");
}

std::atomic<uint64_t> all_read{0};

}  // namespace

DataFile::DataFile(std::filesystem::path path) : path_(std::move(path)) {
  do handle_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  while (handle_ < 0 && errno == EINTR);
  if (handle_ < 0) refuse_file(path_, "open");
  struct stat info {};
  if (::fstat(handle_, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(handle_);
    fail(ExitCode::data, path_.string(), "is not a file; give the path of a file");
  }
  size_ = static_cast<uint64_t>(info.st_size);
  modified_ = int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

DataFile::~DataFile() { ::close(handle_); }

void DataFile::read(uint64_t offset, std::span<char> into) const {
  while (!into.empty()) {
    const ssize_t got = ::pread(handle_, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) refuse_file(path_, "read");
    if (got == 0)
      fail(ExitCode::data, path_.string(),
           "ends at byte {}, {} more were there when it was opened; it was cut: copy it again",
           offset, into.size());
    all_read.fetch_add(static_cast<uint64_t>(got), std::memory_order_relaxed);
    offset += static_cast<uint64_t>(got);
    into = into.subspan(static_cast<size_t>(got));
  }
}

uint64_t DataFile::bytes_read() { return all_read.load(std::memory_order_relaxed); }

FileStamp DataFile::stamp() const {
  FileStamp stamp{size_, modified_, 0};
  Hasher hasher;
  std::vector<char> piece(std::min(size_, kPiece));
  const uint64_t pieces = std::min(kPieces, (size_ + kPiece - 1) / kPiece);
  for (uint64_t i = 0; i < pieces; ++i) {
    // The first and the last bytes, and some at equal distances; neighbours where it is small.
    const uint64_t offset =
        pieces < kPieces ? i * kPiece : (size_ - piece.size()) / (kPieces - 1) * i;
    const bool last = i + 1 == pieces;
    const uint64_t begin = last ? size_ - piece.size() : offset;
    read(begin, piece);
    hasher.update(piece.data(), piece.size());
  }
  stamp.sample = hasher.digest();
  return stamp;
}

std::string_view FileScan::peek(uint64_t count) {
  count = std::min(count, left());
  if (at_ < begin_ || at_ + count > begin_ + have_) {
    const uint64_t bytes = std::min(std::max(count, kScanBytes), left());
    if (buffer_.size() < bytes) buffer_.resize(bytes);
    file_.read(at_, std::span(buffer_).first(bytes));
    begin_ = at_, have_ = bytes;
  }
  return {buffer_.data() + (at_ - begin_), count};
}

}  // namespace tutti
