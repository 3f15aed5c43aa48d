// TFRecord files of Examples as a source of data.
#include "core/base/error.h"
#include "io/data_source.h"
#include "io/formats/example.h"
#include "io/formats/gzip.h"
#include "io/formats/tfrecord.h"
#include "io/sharded/row_files.h"
#include "io/sharded/row_tables.h"

namespace tutti {
namespace {

struct TFRecordOptions {
  std::string path;
  Config features;
};

// {tfrecord: train-*.tfrecord, features: {image: {dtype: uint8, shape: [28, 28]}, label: int64}}:
// a column for each feature.
class TFRecord final : public DataSource {
 public:
  using Options = TFRecordOptions;
  explicit TFRecord(TFRecordOptions options)
      : options_(std::move(options)), features_(feature_columns(options_.features)) {}
  const TFRecordOptions& options() const { return options_; }

  Table load(const std::filesystem::path& folder) const override {
    const auto path = folder / options_.path;
    std::vector<Table> tables;
    for (const auto& file : shard_files(path, kTFRecordEndings)) tables.push_back(read(file));
    return tables.size() == 1 ? std::move(tables[0]) : concatenated(tables, path.string());
  }
  std::vector<std::filesystem::path> files(const std::filesystem::path& folder) const override {
    return shard_files(folder / options_.path, kTFRecordEndings);
  }
  std::shared_ptr<const RowTables> open(const std::filesystem::path& folder,
                                        const IndexOptions& index) const override {
    const auto path = folder / options_.path;
    return tables_of(tfrecord_rows(path, features_, {}, index), path.string());
  }

 private:
  Table read(const std::filesystem::path& file) const {
    const std::string bytes = read_unpacked(file), where = file.string();
    const auto records = parse_tfrecord(bytes, where);
    Table table;
    table.source = where;
    for (const auto& feature : features_)
      table.columns.push_back(
          {feature.name,
           Tensor::empty(feature.shape.stacked(static_cast<int64_t>(records.size())),
                         feature.dtype),
           {}});
    std::vector<void*> into(features_.size());
    for (size_t row = 0; row < records.size(); ++row) {
      for (size_t i = 0; i < into.size(); ++i) {
        const Tensor& values = table.columns[i].values;
        into[i] = values.raw() + row * (values.bytes() / records.size());
      }
      read_example(records[row], fmt::format("{} record {}", where, row), features_, into);
    }
    return table;
  }

  TFRecordOptions options_;
  std::vector<FeatureColumn> features_;
};

TUTTI_REGISTER(DataSource, TFRecord, "TFRecord", "TFRecord files of tf.train.Example")
    .required("path", &TFRecordOptions::path, "a file, a folder of files or a pattern")
    .required(
        "features", &TFRecordOptions::features,
        "a column for each: its dtype, or its dtype, shape and whether it is an encoded picture");

}  // namespace
}  // namespace tutti
