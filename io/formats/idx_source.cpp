// IDX files as a source of data: pictures in one, their labels in another.
#include "core/base/error.h"
#include "io/data_source.h"
#include "io/formats/idx.h"
#include "io/sharded/row_files.h"
#include "io/sharded/row_tables.h"

namespace tutti {
namespace {

struct IdxOptions {
  std::string images, labels;
};

// {idx: {images: train-images-idx3-ubyte, labels: train-labels-idx1-ubyte}}: the columns "image"
// and "label", which a model predicts.
class IdxSource final : public DataSource {
 public:
  using Options = IdxOptions;
  explicit IdxSource(IdxOptions options) : options_(std::move(options)) {}
  const IdxOptions& options() const { return options_; }

  Table load(const std::filesystem::path& folder) const override {
    const auto images = folder / options_.images, labels = folder / options_.labels;
    Table table;
    table.source = images.string();
    table.columns.push_back({"image", read_idx(images), {}});
    if (options_.labels.empty()) return table;
    Column column{"label", read_idx(labels), {}};
    if (column.values.shape().rank() != 1)
      fail(ExitCode::data, labels.string(), "has shape {}; labels are one number a row",
           to_string(column.values.shape()));
    if (column.rows() != table.rows())
      fail(ExitCode::data, labels.string(), "has {} labels, {} has {} rows; give files of one set",
           column.rows(), images.string(), table.rows());
    table.label = column.name;
    table.columns.push_back(std::move(column));
    return table;
  }
  std::vector<std::filesystem::path> files(const std::filesystem::path& folder) const override {
    std::vector<std::filesystem::path> files{folder / options_.images};
    if (!options_.labels.empty()) files.push_back(folder / options_.labels);
    return files;
  }
  std::shared_ptr<const RowTables> open(const std::filesystem::path& folder,
                                        const IndexOptions& index) const override {
    const auto images = folder / options_.images;
    std::vector<std::pair<std::string, std::filesystem::path>> columns{{"image", images}};
    ShardedRowsOptions options;
    if (!options_.labels.empty()) {
      columns.emplace_back("label", folder / options_.labels);
      options.outputs = {"label"};
    }
    return tables_of(array_rows(ArrayKind::idx, columns, options, index), images.string());
  }

 private:
  IdxOptions options_;
};

TUTTI_REGISTER(DataSource, IdxSource, "Idx", "IDX files, as MNIST has them, also gzipped")
    .required("images", &IdxOptions::images, "the file of the rows")
    .argument("labels", &IdxOptions::labels, "the file of their labels; none");

}  // namespace
}  // namespace tutti
