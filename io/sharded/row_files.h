// Rows of each kind of file: how its records are framed and decoded.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "io/formats/csv.h"
#include "io/sharded/framings.h"
#include "io/sharded/sharded_rows.h"

namespace tutti {

// What the names of such files end with.
inline const std::vector<std::string> kCsvEndings = {".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz"},
                                      kTFRecordEndings = {".tfrecord", ".tfrecords",
                                                          ".tfrecord.gz"},
                                      kNpyEndings = {".npy", ".npy.gz"}, kNpzEndings = {".npz"},
                                      kIdxEndings = {"-ubyte", ".idx", "-ubyte.gz", ".idx.gz"},
                                      kTextEndings = {".txt", ".txt.gz"};

// `path`s are as shard_files has them.
ShardedRowsPtr tfrecord_rows(const std::filesystem::path& path, std::vector<FeatureColumn> features,
                             const ShardedRowsOptions& options, const IndexOptions& index);
// The records of CSV files. Every file has the columns of the first, and a header if it has one.
struct CsvFiles {
  std::shared_ptr<const ShardFiles> records;
  char delimiter = ',';
  bool header = false;
  std::vector<std::string> names;  // of the columns
};
CsvFiles open_csv(const std::filesystem::path& path, const CsvOptions& csv,
                  const IndexOptions& index);
// Their rows. The outputs are columns of
// the file; one whose first thousand cells are whole numbers is i32, one that has `classes` their
// numbers.
ShardedRowsPtr csv_rows(const std::filesystem::path& path, const CsvOptions& csv,
                        const std::map<std::string, std::vector<std::string>>& classes,
                        const ShardedRowsOptions& options, const IndexOptions& index);
// A column from each of these paths; of .npz files, the arrays of those names.
ShardedRowsPtr array_rows(ArrayKind kind,
                          const std::vector<std::pair<std::string, std::filesystem::path>>& columns,
                          const ShardedRowsOptions& options, const IndexOptions& index);
// Folders that are classes: "image" and, as an output, "label". They need no index.
ShardedRowsPtr picture_rows(const std::filesystem::path& folder, const ImageLoading& loading,
                            const std::vector<std::string>& class_names,
                            const ShardedRowsOptions& options);
// The same of a folder that has been listed.
ShardedRowsPtr listed_picture_rows(const std::filesystem::path& folder, const ImageLoading& loading,
                                   PictureList list, const ShardedRowsOptions& options);

}  // namespace tutti
