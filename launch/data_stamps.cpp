#include "launch/data_stamps.h"

#include "core/base/error.h"
#include "core/base/hash.h"
#include "io/sharded/data_file.h"
#include "io/stored.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWhere = "checkpoint";

std::string name_below(const std::string& file, const fs::path& folder) {
  const auto whole = [](const fs::path& path) { return fs::absolute(path).lexically_normal(); };
  const fs::path below = whole(file).lexically_relative(whole(folder / "."));
  return below.empty() || below.begin()->string() == ".." ? file : below.string();
}

uint64_t number_of(const Config& file, const char* key) {
  return std::stoull(stored(file, key, kWhere).as_string(), nullptr, 16);
}

// `alike`: by what is known of a file however it is read.
std::vector<DataStamp> stamps_in(const Config& data, bool alike) {
  std::vector<DataStamp> stamps;
  for (const auto& file : stored(data, "files", kWhere).as_list()) {
    DataStamp& stamp = stamps.emplace_back();
    stamp.file = stored(file, "file", kWhere).as_string();
    stamp.stamp = {number_of(file, "size"), 0, number_of(file, "sample")};
    stamp.records = stored(file, "records", kWhere).as_int();
    stamp.content = number_of(file, "content");
    if (!alike) continue;
    stamp.records = 0;
    stamp.content = stamp.stamp.sample ^ stamp.stamp.size;
  }
  return stamps;
}

}  // namespace

std::vector<DataStamp> stamps_of_files(const DataSource& source, const fs::path& folder) {
  std::vector<DataStamp> stamps;
  for (const auto& path : source.files(folder)) {
    if (fs::is_directory(path)) continue;  // of pictures, whose rows say what they are
    DataStamp& stamp = stamps.emplace_back();
    stamp.file = path.string();
    stamp.stamp = DataFile(path).stamp();
    stamp.content = stamp.stamp.sample ^ stamp.stamp.size;
  }
  return stamps;
}

Config describe_data(const JobData& data, const fs::path& folder) {
  Config::List files;
  for (const auto& [file, stamp, records, content] : data.stamps)
    files.push_back(Config(Config::Map{{"file", name_below(file, folder)},
                                       {"size", hex16(stamp.size)},
                                       {"modified", stamp.modified},
                                       {"sample", hex16(stamp.sample)},
                                       {"records", records},
                                       {"content", hex16(content)}}));
  Hasher rows;
  for (const auto* part : {&data.train, &data.validation, &data.test}) {
    const uint64_t digest = part->digest();
    rows.update(&digest, sizeof digest);
  }
  return Config(Config::Map{{"streamed", data.streamed},
                            {"files", Config(std::move(files))},
                            {"rows", hex16(rows.digest())}});
}

void check_same_rows(const Config& then, const Config& now) {
  const bool alike = stored(then, "streamed", kWhere).as_bool() != now.find("streamed")->as_bool();
  const auto before = stamps_in(then, alike);
  if (!before.empty()) check_same_data(before, stamps_in(now, alike));
  if (!alike && !(stored(then, "rows", kWhere) == *now.find("rows")))
    fail(ExitCode::data, "data",
         "the rows are not those that the run began with; put them back, or begin another run "
         "from its state with --fork");
}

}  // namespace tutti
