#include "io/datasets/shipped.h"

#include <dlfcn.h>

#include <cstdlib>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "io/columns.h"
#include "io/formats/csv.h"

namespace tutti {
namespace {

struct ShippedOptions {
  std::string name;
};

class Shipped final : public DataSource {
 public:
  using Options = ShippedOptions;
  explicit Shipped(ShippedOptions options) : options_(std::move(options)) {}
  const ShippedOptions& options() const { return options_; }

  Table load(const std::filesystem::path&) const override {
    CsvOptions csv;
    csv.header = "yes";
    const auto path = datasets::shipped_file(options_.name + ".csv");
    Table table = parse_csv(FileSystem::current().read(path), options_.name + ".csv", csv);
    table.label = table.columns.back().name;
    return table;
  }

 private:
  ShippedOptions options_;
};

TUTTI_REGISTER(DataSource, Shipped, "Dataset", "a data set that comes with Tutti")
    .choice("name", &ShippedOptions::name, {"iris", "digits"}, "which one");

Dataset shipped_dataset(const std::string& name) { return to_dataset(Shipped({name}).load({})); }

}  // namespace

namespace datasets {

std::filesystem::path shipped_file(const std::string& file) {
  FileSystem& files = FileSystem::current();
  if (const char* folder = std::getenv("TUTTI_DATASETS")) {
    auto path = std::filesystem::path(folder) / file;
    if (files.exists(path)) return path;
    fail(ExitCode::data, "datasets",
         "TUTTI_DATASETS={} has no {}; unset it to use the shipped files", folder, file);
  }
  Dl_info info{};
  std::filesystem::path library;
  if (dladdr(reinterpret_cast<const void*>(&shipped_file), &info) && info.dli_fname)
    library = std::filesystem::absolute(info.dli_fname);
  // The library lies in lib/ of an installation or in a build folder below the source tree.
  for (auto at = library.parent_path(); at.has_relative_path(); at = at.parent_path())
    for (const char* below : {"share/tutti/datasets", "io/datasets"})
      if (auto path = at / below / file; files.exists(path)) return path;
  fail(ExitCode::missing, "datasets",
       "{} is in no share/tutti/datasets above {}; set TUTTI_DATASETS to its folder", file,
       library.parent_path().string());
}

Dataset iris() { return shipped_dataset("iris"); }
Dataset digits() { return shipped_dataset("digits"); }

}  // namespace datasets
}  // namespace tutti
