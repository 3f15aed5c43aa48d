// .npz files as a source of data: the arrays are columns.
#include "core/base/error.h"
#include "io/data_source.h"
#include "io/formats/npy.h"
#include "io/sharded/npz_member.h"
#include "io/sharded/row_files.h"
#include "io/sharded/row_tables.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

struct NpzOptions {
  std::string path;
  std::vector<std::string> arrays;
};

// {npz: train.npz}: a column for each array; {npz: shards/, arrays: [x, y]} of these alone.
class Npz final : public DataSource {
 public:
  using Options = NpzOptions;
  explicit Npz(NpzOptions options) : options_(std::move(options)) {}
  const NpzOptions& options() const { return options_; }

  Table load(const fs::path& folder) const override {
    const fs::path path = folder / options_.path;
    std::vector<Table> tables;
    for (const auto& file : shard_files(path, kNpzEndings)) tables.push_back(read(DataFile(file)));
    return tables.size() == 1 ? std::move(tables[0]) : concatenated(tables, path.string());
  }
  std::vector<fs::path> files(const fs::path& folder) const override {
    return shard_files(folder / options_.path, kNpzEndings);
  }
  std::shared_ptr<const RowTables> open(const fs::path& folder,
                                        const IndexOptions& index) const override {
    const fs::path path = folder / options_.path;
    std::vector<std::pair<std::string, fs::path>> columns;
    for (const auto& name : arrays_of(DataFile(shard_files(path, kNpzEndings)[0])))
      columns.emplace_back(name, path);
    return tables_of(array_rows(ArrayKind::npz, columns, {}, index), path.string());
  }

 private:
  std::vector<std::string> arrays_of(const DataFile& file) const {
    auto names = options_.arrays.empty() ? npz_members(file) : options_.arrays;
    if (names.empty()) fail(ExitCode::data, file.where(), "holds no arrays; save some in it");
    return names;
  }
  Table read(const DataFile& file) const {
    Table table;
    table.source = file.where();
    for (const auto& name : arrays_of(file)) {
      const NpzMember member = npz_member(file, name);
      std::string bytes(member.bytes, '\0');
      file.read(member.begin, bytes);
      Column column{name, parse_npy(bytes, file.where()), {}};
      if (column.values.shape().rank() == 0)
        fail(ExitCode::data, file.where(), "'{}' is a scalar; axis 0 must be the rows", name);
      if (!table.columns.empty() && column.rows() != table.rows())
        fail(ExitCode::data, file.where(), "'{}' has {} rows, '{}' has {}; each row needs both",
             name, column.rows(), table.columns[0].name, table.rows());
      table.columns.push_back(std::move(column));
    }
    return table;
  }

  NpzOptions options_;
};

TUTTI_REGISTER(DataSource, Npz, "Npz", "NumPy arrays in .npz files, not compressed")
    .required("path", &NpzOptions::path, "a file, a folder of files or a pattern")
    .argument("arrays", &NpzOptions::arrays, "those that are columns; all");

}  // namespace
}  // namespace tutti
