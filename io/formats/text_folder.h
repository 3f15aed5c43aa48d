// Text files in folders, one folder per class: reviews/positive/7.txt.
#pragma once

#include <optional>
#include <string>

#include "io/data_source.h"
#include "io/dataset.h"

namespace tutti {

struct TextFolderOptions {
  std::string path;
};

// Columns "text" and "label" (the folder's name), which a model predicts: folders and the .txt
// files in each by name. Throws naming what holds none, and for a file above 16 MiB.
class TextFolder final : public DataSource {
 public:
  using Options = TextFolderOptions;
  explicit TextFolder(TextFolderOptions options) : options_(std::move(options)) {}
  const TextFolderOptions& options() const { return options_; }
  Table load(const std::filesystem::path& folder) const override;

 private:
  TextFolderOptions options_;
};

struct TextDirectoryOptions {
  bool shuffle = true;  // the rows that Keras has with this seed; else folder by folder
  uint32_t seed = 0;
  double validation_split = 0;  // the last share of the rows, and
  std::string subset = "";      // training (the others) or validation
};

// keras.utils.text_dataset_from_directory, whole: text (rows,), labels that number the folders.
Dataset text_dataset_from_directory(const std::string& directory,
                                    const TextDirectoryOptions& options = {});

}  // namespace tutti
