// .npy files as a source of data: one file per column.
#include "core/base/error.h"
#include "io/data_source.h"
#include "io/formats/npy.h"

namespace tutti {
namespace {

struct NpyOptions {
  Config files;
};

// {npy: x.npy} is one column "features"; {npy: {files: {image: x.npy, label: y.npy}}} names them.
class NpySource final : public DataSource {
 public:
  using Options = NpyOptions;
  explicit NpySource(NpyOptions options) : options_(std::move(options)) {}
  const NpyOptions& options() const { return options_; }

  Table load(const std::filesystem::path& folder) const override {
    Table table;
    if (options_.files.is_string())
      add(table, "features", folder / options_.files.as_string());
    else
      for (const auto& [name, path] : options_.files.as_map())
        add(table, name, folder / path.as_string());
    if (table.columns.empty()) fail(ExitCode::data, "npy", "no file is named; use {{npy: x.npy}}");
    return table;
  }

 private:
  static void add(Table& table, const std::string& name, const std::filesystem::path& path) {
    Column column{name, read_npy(path), {}};
    if (column.values.shape().rank() == 0)
      fail(ExitCode::data, path.string(), "holds a scalar; axis 0 must be the rows");
    if (table.columns.empty())
      table.source = path.string();
    else if (column.rows() != table.rows())
      fail(ExitCode::data, path.string(), "has {} rows, {} has {}; each row needs both",
           column.rows(), table.source, table.rows());
    table.columns.push_back(std::move(column));
  }

  NpyOptions options_;
};

TUTTI_REGISTER(DataSource, NpySource, "Npy",
               "NumPy arrays, one file per column; axis 0 is the rows")
    .required("files", &NpyOptions::files, "a file, or a map of column names to files");

}  // namespace
}  // namespace tutti
