#include "io/sharded/record_store.h"

#include <fmt/format.h>

#include <fnmatch.h>

#include <algorithm>
#include <charconv>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "io/sharded/unpacked_file.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

// Of files that are records, so that opening a million of them stays cheap: what is packed differs
// in its middle where it differs at all.
constexpr size_t kSampledFiles = 65'536, kSampledPiece = 4096;

// Of "train-00003-of-00128.tfrecord": what is before the number, the number, how many, the rest.
struct CountedName {
  std::string before, number, count, rest;
};

bool read_counted(const std::string& name, CountedName& parts) {
  const auto digits = [&](size_t at) {
    size_t end = at;
    while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
    return name.substr(at, std::min<size_t>(end - at, 9));
  };
  const size_t of = name.rfind("-of-");
  if (of == std::string::npos) return false;
  size_t begin = of;
  while (begin > 0 && name[begin - 1] >= '0' && name[begin - 1] <= '9') --begin;
  parts = {name.substr(0, begin), name.substr(begin, of - begin), digits(of + 4), ""};
  parts.rest = name.substr(of + 4 + parts.count.size());
  return !parts.number.empty() && !parts.count.empty();
}

void check_counted(const std::vector<fs::path>& files) {
  std::vector<std::string> names;
  for (const auto& file : files) names.push_back(file.filename().string());
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    CountedName parts;
    if (!read_counted(name, parts)) continue;
    const int64_t count = std::stoll(parts.count);
    for (int64_t i = 0; i < std::min<int64_t>(count, 1'000'000); ++i) {
      const std::string one = fmt::format("{}{:0{}}-of-{}{}", parts.before, i, parts.number.size(),
                                          parts.count, parts.rest);
      if (!std::binary_search(names.begin(), names.end(), one))
        fail(ExitCode::data, (files[0].parent_path() / one).string(),
             "is missing: there are {} such files by the name of {}; copy it too", count, name);
    }
    return;  // of one set, as nearly always: its first name speaks for all
  }
}

// "x.tfrecord" and "x.tfrecord-00000-of-00004" end so.
bool ends_so(const std::string& name, const std::string& ending) {
  const size_t at = name.rfind(ending);
  if (at == std::string::npos) return false;
  CountedName parts;
  const std::string rest = name.substr(at + ending.size());
  return rest.empty() ||
         (rest[0] == '-' && read_counted(rest, parts) && parts.before == "-" && parts.rest.empty());
}

bool is_pattern(const std::string& name) { return name.find_first_of("*?") != std::string::npos; }

}  // namespace

std::vector<fs::path> shard_files(const fs::path& path, const std::vector<std::string>& endings) {
  std::error_code unseen;
  const bool pattern = is_pattern(path.filename().string()) && !fs::exists(path, unseen);
  if (!pattern && !fs::is_directory(path, unseen)) return {path};
  const fs::path folder = pattern ? path.parent_path() : path;
  const std::string wanted = path.filename().string();
  const auto taken = [&](const std::string& name) {
    if (pattern) return ::fnmatch(wanted.c_str(), name.c_str(), FNM_PERIOD) == 0;
    return !name.starts_with(".") &&
           std::any_of(endings.begin(), endings.end(),
                       [&](const auto& ending) { return ends_so(name, ending); });
  };
  std::vector<fs::path> files;
  for (const auto& name : FileSystem::current().list(folder.empty() ? "." : folder)) {
    if (!taken(name) || fs::is_directory(folder / name, unseen)) continue;
    if (!fs::exists(folder / name, unseen))  // left out, its rows would be missing unseen
      fail(ExitCode::data, (folder / name).string(), "is a link to nothing; bring the file there");
    files.push_back(folder / name);
  }
  if (files.empty())
    fail(ExitCode::data, path.string(), "names no file{}; check the path",
         pattern ? "" : fmt::format(" that ends with {}", fmt::join(endings, " or ")));
  check_counted(files);
  return files;
}

void check_same_data(const std::vector<DataStamp>& before, const std::vector<DataStamp>& now) {
  constexpr const char* kRemedy = "bring the data back as it was, or begin a new run";
  for (size_t i = 0; i < std::max(before.size(), now.size()); ++i) {
    const DataStamp* was = i < before.size() ? &before[i] : nullptr;
    const DataStamp* is = i < now.size() ? &now[i] : nullptr;
    const auto named = [&](const std::vector<DataStamp>& all, const std::string& file) {
      return std::any_of(all.begin(), all.end(), [&](const auto& one) { return one.file == file; });
    };
    if (was && !named(now, was->file))
      fail(ExitCode::data, was->file, "is missing; the run was trained on it: {}", kRemedy);
    if (is && !named(before, is->file))
      fail(ExitCode::data, is->file, "was added after the run began; {}", kRemedy);
    if (!was || !is || was->file != is->file)
      fail(ExitCode::data, (was ? was : is)->file, "has another place among the files; {}",
           kRemedy);
    if (was->records != is->records)
      fail(ExitCode::data, is->file, "had {} records when the run began and has {}; {}",
           was->records, is->records, kRemedy);
    if (was->content != is->content)
      fail(ExitCode::data, is->file, "has other records than when the run began; {}", kRemedy);
  }
}

ShardFiles::ShardFiles(std::vector<fs::path> files, std::shared_ptr<const RecordFraming> framing,
                       const IndexOptions& options)
    : files_(std::move(files)), first_{0}, open_(files_.size()) {
  for (size_t i = 0; i < files_.size(); ++i) {
    read_from_.push_back(unpacked_file(files_[i], options));
    auto file = std::make_shared<const DataFile>(read_from_[i]);
    indexes_.push_back(DataIndex::load_or_build(*file, *framing, options));
    first_.push_back(first_.back() + indexes_.back().records());
    if (opened_.size() == kMostOpen) continue;
    open_[i] = std::move(file);
    opened_.push_back(i);
  }
}

size_t ShardFiles::file_of(int64_t record) const {
  return static_cast<size_t>(std::upper_bound(first_.begin(), first_.end(), record) -
                             first_.begin()) -
         1;
}

std::shared_ptr<const DataFile> ShardFiles::open(size_t file) const {
  const std::lock_guard lock(mutex_);
  if (open_[file]) return open_[file];
  auto opened = std::make_shared<const DataFile>(read_from_[file]);
  const FileStamp& stamp = indexes_[file].stamp();
  if (opened->size() != stamp.size || opened->modified() != stamp.modified)
    fail(ExitCode::data, opened->where(), "changed while it was read; begin again");
  open_[opened_.front()] = nullptr;  // who reads from it still holds it
  std::rotate(opened_.begin(), opened_.begin() + 1, opened_.end());
  opened_.back() = file;
  return open_[file] = std::move(opened);
}

template <typename Read>
auto ShardFiles::at_file(int64_t record, const Read& read) const {
  const size_t file = file_of(record);
  const int64_t number = record - first_[file];
  // Where all are open, nothing changes any more.
  if (files_.size() <= kMostOpen) return read(indexes_[file], *open_[file], number);
  return read(indexes_[file], *open(file), number);
}

std::string_view ShardFiles::read(int64_t record, std::vector<char>& buffer) const {
  return at_file(record, [&](const DataIndex& index, const DataFile& file, int64_t number) {
    return index.read(file, number, buffer);
  });
}

void ShardFiles::read_into(int64_t record, std::span<char> into) const {
  at_file(record, [&](const DataIndex& index, const DataFile& file, int64_t number) {
    index.read_into(file, number, into);
  });
}

std::string ShardFiles::place(int64_t record) const {
  const size_t file = file_of(record);
  const int64_t number = record - first_[file];
  return fmt::format("{} record {} (byte {})", files_[file].string(), number,
                     indexes_[file].offset_of(number));
}

std::vector<DataStamp> ShardFiles::stamps() const {
  std::vector<DataStamp> stamps;
  for (size_t i = 0; i < files_.size(); ++i) {
    const bool packed = read_from_[i] != files_[i];
    stamps.push_back({files_[i].string(),
                      packed ? DataFile(files_[i]).stamp() : indexes_[i].stamp(),
                      indexes_[i].records(), indexes_[i].content()});
  }
  return stamps;
}

RecordFiles::RecordFiles(fs::path folder, std::vector<fs::path> files, uint64_t limit)
    : files_(std::move(files)) {
  Hasher content;
  std::vector<char> piece;
  const size_t stride = files_.size() / kSampledFiles + 1;
  stamp_.file = folder.string();
  for (const auto& file : files_) {
    const DataFile opened(file);
    if (opened.size() > limit)
      fail(ExitCode::data, file.string(), "has {} bytes; at most {} are read", opened.size(),
           limit);
    sizes_.push_back(opened.size());
    stamp_.stamp.size += opened.size();
    stamp_.stamp.modified = std::max(stamp_.stamp.modified, opened.modified());
    const std::string name = file.lexically_relative(folder).string();
    content.update(name.c_str(), name.size() + 1).update(&sizes_.back(), sizeof(uint64_t));
    if ((sizes_.size() - 1) % stride != 0) continue;
    piece.resize(std::min(opened.size(), kSampledPiece));
    opened.read((opened.size() - piece.size()) / 2, piece);
    content.update(piece.data(), piece.size());
  }
  stamp_.records = records();
  stamp_.content = content.digest();
}

std::string_view RecordFiles::read(int64_t record, std::vector<char>& buffer) const {
  const uint64_t bytes = sizes_[static_cast<size_t>(record)];
  if (buffer.size() < bytes) buffer.resize(bytes);
  read_into(record, std::span(buffer).first(bytes));
  return {buffer.data(), bytes};
}

void RecordFiles::read_into(int64_t record, std::span<char> into) const {
  const DataFile file(files_[static_cast<size_t>(record)]);
  if (file.size() != into.size())
    throw BadRecord(fmt::format("[{}] had {} bytes when it was listed and has {}; begin again",
                                file.where(), into.size(), file.size()));
  file.read(0, into);
}

std::string RecordFiles::place(int64_t record) const {
  return files_[static_cast<size_t>(record)].string();
}

}  // namespace tutti
