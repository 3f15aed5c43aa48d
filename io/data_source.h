// What a job's `data:` can read from: one registered kind per format.
#pragma once

#include <filesystem>
#include <memory>

#include "core/base/registry.h"
#include "io/table.h"

namespace tutti {

class ShardedRows;  // io/sharded/sharded_rows.h
struct ShardedRowsOptions;
struct IndexOptions;

// A source is named by its kind: {csv: train.csv}, or with arguments {csv: {path: a.txt, delimiter:
// ";"}}.
class DataSource : public Configurable {
 public:
  static constexpr const char* category = "dataset";

  // All rows. Relative paths are below `folder`, the job file's; "" is the working directory.
  virtual Table load(const std::filesystem::path& folder) const = 0;
  // The same rows of files of any size, read when a batch takes them; `options.outputs` are columns
  // of load(). Null for a source that fits in memory whatever it is.
  virtual std::shared_ptr<const ShardedRows> open(const std::filesystem::path& folder,
                                                  const ShardedRowsOptions& options,
                                                  const IndexOptions& index) const;
};

// {kind: value}, where a value that is no map is the kind's first argument.
Ref<DataSource> make_data_source(const std::string& kind, const Config& value);

// The same from the ending of a file's name: "x.npy", "train.csv". Throws for other endings.
Ref<DataSource> data_source_of_file(const std::filesystem::path& path);

}  // namespace tutti
