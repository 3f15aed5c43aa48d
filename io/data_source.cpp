#include "io/data_source.h"

#include "core/base/error.h"
#include "io/sharded/row_tables.h"

namespace tutti {

uint64_t DataSource::bytes_in_memory(const std::filesystem::path& folder) const {
  uint64_t bytes = 0;
  for (const auto& file : files(folder)) {
    std::error_code missing;  // which load() tells
    const auto size = std::filesystem::file_size(file, missing);
    if (!missing) bytes += size;
  }
  return bytes;
}

std::shared_ptr<const RowTables> DataSource::open(const std::filesystem::path&,
                                                  const IndexOptions&) const {
  return nullptr;
}

Ref<DataSource> make_data_source(const std::string& kind, const Config& value) {
  Config arguments = value;
  if (!value.is_map() && !value.is_null()) {
    const KindInfo* info = find_kind(DataSource::category, kind);
    if (info && !info->arguments.empty())
      arguments = Config(Config::Map{{info->arguments[0].name, value}});
  }
  Config call(Config::Map{{kind, arguments}});
  if (!value.where().empty()) call.at(value.where());
  return Ref<DataSource>(call);
}

Ref<DataSource> data_source_of_file(const std::filesystem::path& path) {
  std::string ending = path.extension().string();
  for (char& c : ending) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (ending == ".tsv")
    return make_data_source("csv", Config::Map{{"path", path.string()}, {"delimiter", "tab"}});
  if (ending == ".txt") ending = ".csv";
  if (ending.size() < 2 || !find_kind(DataSource::category, ending.substr(1)))
    fail(ExitCode::data, path.string(), "the ending '{}' names no format; use .csv or .npy",
         ending);
  return make_data_source(ending.substr(1), path.string());
}

}  // namespace tutti
