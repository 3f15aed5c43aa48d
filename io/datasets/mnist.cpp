// MNIST's files, or the digits that stand for them; and both as sources of data.
#include <fmt/format.h>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/log.h"
#include "io/data_source.h"
#include "io/datasets/made_digits.h"
#include "io/formats/idx.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

// What made digits are for, so that rows to train on and to test on differ.
constexpr uint64_t kTrainSeed = 0, kTestSeed = 1;

constexpr const char* kFiles[2][2] = {{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"},
                                      {"t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}};

// The file, else the same with .gz, else "".
fs::path file_in(const fs::path& folder, const std::string& name) {
  for (const char* ending : {"", ".gz"})
    if (FileSystem::current().exists(folder / (name + ending))) return folder / (name + ending);
  return {};
}

Dataset mnist_part(const fs::path& folder, bool test, int64_t made_rows) {
  fs::path files[2];
  for (int i = 0; i < 2; ++i) files[i] = file_in(folder, kFiles[test][i]);
  if (files[0].empty() != files[1].empty())
    fail(ExitCode::data, folder.string(), "has {}, but no {}; put both there",
         kFiles[test][files[0].empty()], kFiles[test][files[1].empty()]);
  if (files[0].empty()) {
    log_info("{} has no {}: {} digits drawn by code stand for MNIST's", folder.string(),
             kFiles[test][0], made_rows);
    return datasets::made_digits(made_rows, test ? kTestSeed : kTrainSeed);
  }
  const Tensor images = read_idx(files[0]).to(DType::f32);
  const Tensor labels = read_idx(files[1]).to(DType::i32);
  if (images.shape().rank() != 3 || labels.shape().rank() != 1)
    fail(ExitCode::data, files[0].string(),
         "has shape {}, its labels {}; MNIST's are (rows, 28, 28) and (rows,)",
         to_string(images.shape()), to_string(labels.shape()));
  return Dataset(images, labels);
}

Table digits_table(const Dataset& digits, const std::string& source) {
  return {source, {{"image", digits.features(), {}}, {"label", digits.labels(), {}}}, {}, "label"};
}

struct MnistOptions {
  std::string folder, subset = "train";
  int64_t made_rows = 6000;
};

class Mnist final : public DataSource {
 public:
  using Options = MnistOptions;
  explicit Mnist(MnistOptions options) : options_(std::move(options)) {}
  const MnistOptions& options() const { return options_; }
  Table load(const fs::path& folder) const override {
    const fs::path path = folder / options_.folder;
    return digits_table(mnist_part(path, options_.subset == "test", options_.made_rows),
                        path.string());
  }

 private:
  MnistOptions options_;
};

struct MadeDigitsOptions {
  int64_t rows = 6000, seed = 0;
};

class MadeDigits final : public DataSource {
 public:
  using Options = MadeDigitsOptions;
  explicit MadeDigits(MadeDigitsOptions options) : options_(options) {}
  const MadeDigitsOptions& options() const { return options_; }
  Table load(const fs::path&) const override {
    return digits_table(datasets::made_digits(options_.rows, static_cast<uint64_t>(options_.seed)),
                        "made_digits");
  }

 private:
  MadeDigitsOptions options_;
};

TUTTI_REGISTER(DataSource, Mnist, "Mnist", "MNIST's IDX files; digits drawn by code without them")
    .required("folder", &MnistOptions::folder, "of the files")
    .choice("subset", &MnistOptions::subset, {"train", "test"}, "which of them")
    .argument("made_rows", &MnistOptions::made_rows, "how many stand for files that are absent");
TUTTI_REGISTER(DataSource, MadeDigits, "MadeDigits", "28 x 28 digits drawn by code, for MNIST")
    .argument("rows", &MadeDigitsOptions::rows, "how many")
    .argument("seed", &MadeDigitsOptions::seed, "of the drawing");

}  // namespace

namespace datasets {

std::pair<Dataset, Dataset> mnist(const fs::path& folder, int64_t made_rows) {
  return {mnist_part(folder, false, made_rows),
          mnist_part(folder, true, std::max<int64_t>(1, made_rows / 6))};
}

void write_digits_csv(const fs::path& path, const Dataset& digits, bool labelled) {
  const auto pixels = digits.features().to_vector<float>();
  const auto labels = digits.labels().to_vector<int>();
  const size_t width = pixels.size() / labels.size();
  std::string text = labelled ? "label" : "";
  for (size_t i = 0; i < width; ++i) text += fmt::format("{}pixel{}", text.empty() ? "" : ",", i);
  for (size_t row = 0; row < labels.size(); ++row) {
    text += '\n';
    if (labelled) text += fmt::format("{},", labels[row]);
    for (size_t i = 0; i < width; ++i)
      text += fmt::format("{}{}", i ? "," : "", static_cast<int>(pixels[row * width + i]));
  }
  FileSystem::current().write_atomically(path, text + "\n");
}

void write_digits_idx(const fs::path& folder, const Dataset& train, const Dataset& test) {
  FileSystem::current().make_directories(folder);
  for (const bool is_test : {false, true}) {
    const Dataset& part = is_test ? test : train;
    write_idx(folder / kFiles[is_test][0], part.features().to(DType::u8));
    write_idx(folder / kFiles[is_test][1], part.labels().to(DType::u8));
  }
}

}  // namespace datasets
}  // namespace tutti
