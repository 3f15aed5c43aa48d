#include "io/formats/text_folder.h"

#include <algorithm>
#include <numeric>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/numpy_random.h"

namespace tutti {

Table TextFolder::load(const std::filesystem::path& folder) const {
  constexpr uint64_t kLimit = uint64_t{16} << 20;
  FileSystem& files = FileSystem::current();
  const auto top = folder / options_.path;
  Table table;
  table.source = top.string();
  table.label = "label";
  Column text{"text", {}, {}}, label{"label", {}, {}};
  if (!files.exists(top)) fail(ExitCode::data, top.string(), "is not there; give a folder");
  for (const auto& name : files.list(top)) {
    if (!std::filesystem::is_directory(top / name)) continue;
    for (const auto& file : files.list(top / name)) {
      if (!file.ends_with(".txt")) continue;
      text.text.push_back(files.read(top / name / file, kLimit));
      label.text.push_back(name);
    }
  }
  if (text.text.empty())
    fail(ExitCode::data, top.string(),
         "holds no text; make a folder for each class, with .txt files in it");
  table.columns = {std::move(text), std::move(label)};
  return table;
}

Dataset text_dataset_from_directory(const std::string& directory,
                                    const TextDirectoryOptions& options) {
  const Table table = TextFolder({directory}).load({});
  std::vector<std::string> classes;
  std::vector<int32_t> labels;
  for (const auto& name : table.column("label").text) {
    if (classes.empty() || classes.back() != name) classes.push_back(name);
    labels.push_back(static_cast<int32_t>(classes.size()) - 1);
  }
  const Dataset all(Tensor::text(table.column("text").text), Tensor::from(labels, {table.rows()}),
                    classes);
  std::vector<int64_t> rows(static_cast<size_t>(table.rows()));
  std::iota(rows.begin(), rows.end(), 0);
  if (options.shuffle) NumpyRandomState(options.seed).shuffle(rows);
  if (options.validation_split > 0) {
    if (options.subset != "training" && options.subset != "validation")
      fail("text_dataset_from_directory", "subset is '{}'; use training or validation",
           options.subset);
    const auto held =
        static_cast<int64_t>(options.validation_split * static_cast<double>(table.rows()));
    const auto cut = rows.end() - held;
    rows = options.subset == "training" ? std::vector<int64_t>(rows.begin(), cut)
                                        : std::vector<int64_t>(cut, rows.end());
  }
  return all.take_rows(rows);
}

TUTTI_REGISTER(DataSource, TextFolder, "TextFolder", "text files, a folder for each class")
    .required("path", &TextFolderOptions::path, "the folder of folders");

}  // namespace tutti
