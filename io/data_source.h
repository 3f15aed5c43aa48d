// What a job's `data:` can read from: one registered kind per format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "core/base/registry.h"
#include "io/table.h"

namespace tutti {

class RowTables;  // io/sharded/row_tables.h
struct IndexOptions;

// A source is named by its kind: {csv: train.csv}, or with arguments {csv: {path: a.txt, delimiter:
// ";"}}.
class DataSource : public Configurable {
 public:
  static constexpr const char* category = "dataset";

  // All rows. Relative paths are below `folder`, the job file's; "" is the working directory.
  virtual Table load(const std::filesystem::path& folder) const = 0;
  // The files that it reads, or folders of them; none for rows that are made or shipped.
  virtual std::vector<std::filesystem::path> files(const std::filesystem::path& folder) const {
    return (void)folder, std::vector<std::filesystem::path>();
  }
  // About how much memory load() takes: as much as its files are large, where it says nothing.
  virtual uint64_t bytes_in_memory(const std::filesystem::path& folder) const;
  // The same rows of files of any size, read as they are taken. Null for a source that is read into
  // memory whatever it is.
  virtual std::shared_ptr<const RowTables> open(const std::filesystem::path& folder,
                                                const IndexOptions& index) const;
};

// {kind: value}, where a value that is no map is the kind's first argument.
Ref<DataSource> make_data_source(const std::string& kind, const Config& value);

// The same from the ending of a file's name: "x.npy", "train.csv". Throws for other endings.
Ref<DataSource> data_source_of_file(const std::filesystem::path& path);

}  // namespace tutti
