#include "io/sharded/unpacked_file.h"

#include <fmt/format.h>

#include <unistd.h>

#include <array>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "io/formats/gzip.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHeadBytes = 8;

// On the disk before it has its name: a torn one would be taken for shorter data.
void unpack(const DataFile& file, const fs::path& path) {
  FileSystem& files = FileSystem::current();
  files.make_directories(path.parent_path());
  const fs::path temporary = fmt::format("{}.{}.tmp", path.string(), ::getpid());
  try {
    const auto out = files.create(temporary);
    FileScan scan(file);
    uint64_t passed = 0;
    const auto next = [&] {
      scan.skip(std::exchange(passed, 0));
      const std::string_view bytes = scan.peek(std::min<uint64_t>(scan.left(), 1 << 20));
      passed = bytes.size();
      return bytes;
    };
    inflate_gzip(
        next, [&](std::string_view bytes) { out->write(bytes); }, file.where());
    out->sync();
    out->close();
    files.rename(temporary, path);
    files.sync_directory(path.parent_path());
  } catch (...) {
    files.remove(temporary);
    throw;
  }
}

}  // namespace

fs::path unpacked_file(const fs::path& file, const IndexOptions& options) {
  const DataFile packed(file);
  std::array<char, kHeadBytes> head{};
  const auto first = std::span(head).first(std::min<size_t>(head.size(), packed.size()));
  packed.read(0, first);
  refuse_packed({first.data(), first.size()}, packed.where());
  if (!is_gzip({first.data(), first.size()})) return file;
  const FileStamp stamp = packed.stamp();
  const std::string name = fs::weakly_canonical(file).string();
  Hasher hasher;
  hasher.update(name.data(), name.size()).update(&stamp.size, sizeof stamp.size);
  hasher.update(&stamp.sample, sizeof stamp.sample);
  // An index is kept beside no data, this neither.
  const fs::path path = options.folder / "unpacked" /
                        fmt::format("{}.{}", file.filename().string(), hex16(hasher.digest()));
  if (FileSystem::current().exists(path)) return path;
  if (!options.build)
    fail(ExitCode::data, packed.where(), "is not unpacked in {}; let one rank do it first",
         options.folder.string());
  unpack(packed, path);
  return path;
}

}  // namespace tutti
