// .npy files as a source of data: one file per column.
#include "core/base/error.h"
#include "io/data_source.h"
#include "io/formats/npy.h"
#include "io/sharded/row_files.h"
#include "io/sharded/row_tables.h"

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
    for (const auto& [name, path] : columns(folder)) add(table, name, path);
    return table;
  }
  std::vector<std::filesystem::path> files(const std::filesystem::path& folder) const override {
    std::vector<std::filesystem::path> files;
    for (const auto& [name, path] : columns(folder))
      for (auto& file : shard_files(path, kNpyEndings)) files.push_back(std::move(file));
    return files;
  }
  std::shared_ptr<const RowTables> open(const std::filesystem::path& folder,
                                        const IndexOptions& index) const override {
    const auto paths = columns(folder);
    return tables_of(array_rows(ArrayKind::npy, paths, {}, index), paths[0].second.string());
  }

 private:
  using Paths = std::vector<std::pair<std::string, std::filesystem::path>>;

  Paths columns(const std::filesystem::path& folder) const {
    Paths paths;
    if (options_.files.is_string())
      paths.emplace_back("features", folder / options_.files.as_string());
    else
      for (const auto& [name, path] : options_.files.as_map())
        paths.emplace_back(name, folder / path.as_string());
    if (paths.empty()) fail(ExitCode::data, "npy", "no file is named; use {{npy: x.npy}}");
    return paths;
  }
  static void add(Table& table, const std::string& name, const std::filesystem::path& path) {
    std::vector<Table> parts;
    for (const auto& file : shard_files(path, kNpyEndings)) {
      Column part{name, read_npy(file), {}};
      if (part.values.shape().rank() == 0)
        fail(ExitCode::data, file.string(), "holds a scalar; axis 0 must be the rows");
      parts.push_back({file.string(), {std::move(part)}, {}, ""});
    }
    Column column = parts.size() == 1 ? std::move(parts[0].columns[0])
                                      : std::move(concatenated(parts, path.string()).columns[0]);
    if (table.columns.empty())
      table.source = path.string();
    else if (column.rows() != table.rows())
      fail(ExitCode::data, path.string(), "has {} rows, {} has {}; each row needs both",
           column.rows(), table.source, table.rows());
    table.columns.push_back(std::move(column));
  }

  NpyOptions options_;
};

TUTTI_REGISTER(
    DataSource, NpySource, "Npy",
    "NumPy arrays, one file per column, or a folder or pattern of them; axis 0 is the rows")
    .required("files", &NpyOptions::files, "a file, or a map of column names to files");

}  // namespace
}  // namespace tutti
