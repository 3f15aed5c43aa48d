#include "io/image_folder.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/base/error.h"
#include "core/base/filesystem.h"
#include "core/base/numpy_random.h"
#include "core/device/thread_pool.h"
#include "core/layers/spatial.h"
#include "core/ops/resample.h"
#include "core/ops/transpose.h"
#include "core/tensor/convert.h"
#include "io/formats/image_file.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;

constexpr int kMostNestedFolders = 64;
constexpr size_t kMostFolders = 100'000;
constexpr uint64_t kMostPictureBytes = uint64_t{1} << 30;

bool is_picture(std::string name) {
  std::ranges::transform(name, name.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::any_of(std::vector<std::string>{".bmp", ".gif", ".jpeg", ".jpg", ".png"},
                             [&](const std::string& ending) { return name.ends_with(ending); });
}

// What cannot be looked at is no folder; reading it as a file says why.
bool is_folder(const fs::path& path) {
  std::error_code unseen;
  return fs::is_directory(path, unseen);
}

// Files of a folder and of those in it, in the order of the folders' whole names.
class FolderWalk {
 public:
  explicit FolderWalk(bool follow_links) : follow_links_(follow_links) {}

  std::vector<fs::path> pictures_below(const fs::path& folder) {
    folders_.clear();
    enter(folder, 0);
    std::ranges::sort(folders_, {}, [](const fs::path& path) { return path.string(); });
    std::vector<fs::path> pictures;
    for (const auto& one : folders_)
      for (const auto& name : FileSystem::current().list(one))
        if (is_picture(name) && !is_folder(one / name)) pictures.push_back(one / name);
    return pictures;
  }

 private:
  void enter(const fs::path& folder, int depth) {
    if (depth > kMostNestedFolders)
      fail(ExitCode::data, folder.string(), "stands {} folders deep; at most {} are read", depth,
           kMostNestedFolders);
    if (folders_.size() == kMostFolders)
      fail(ExitCode::data, folder.string(), "is one of more than {} folders; read fewer at a time",
           kMostFolders);
    folders_.push_back(folder);
    for (const auto& name : FileSystem::current().list(folder)) {
      const fs::path inner = folder / name;
      const bool entered = follow_links_ ? !leads_back(inner) : !fs::is_symlink(inner);
      if (is_folder(inner) && entered) enter(inner, depth + 1);
    }
  }
  static bool leads_back(const fs::path& folder) {
    std::error_code unseen;
    const fs::path real = fs::canonical(folder, unseen);
    for (fs::path above = folder.parent_path(); !above.empty(); above = above.parent_path()) {
      if (fs::equivalent(above, real, unseen)) return true;
      if (above == above.parent_path()) break;
    }
    return false;
  }

  bool follow_links_;
  std::vector<fs::path> folders_;
};

// A line of `count` elements of `step` bytes apart, resampled.
void resample_line(const float* from, int64_t step, const std::vector<ResamplingWindow>& windows,
                   float* to, int64_t to_step) {
  for (size_t o = 0; o < windows.size(); ++o) {
    double sum = 0;
    for (size_t i = 0; i < windows[o].weights.size(); ++i)
      sum += windows[o].weights[i] *
             static_cast<double>(from[(windows[o].first + static_cast<int64_t>(i)) * step]);
    to[static_cast<int64_t>(o) * to_step] = static_cast<float>(sum);
  }
}

// (height, width, channels) of f32 to another height and width.
Tensor resized(const Tensor& x, int64_t height, int64_t width, const std::string& interpolation) {
  const int64_t rows = x.shape()[0], columns = x.shape()[1], channels = x.shape()[2];
  if (rows == height && columns == width) return x;
  const auto across = resampling_windows(columns, width, interpolation);
  const auto down = resampling_windows(rows, height, interpolation);
  Tensor lines = Tensor::zeros({rows, width, channels}),
         out = Tensor::zeros({height, width, channels});
  for (int64_t y = 0; y < rows; ++y)
    for (int64_t c = 0; c < channels; ++c)
      resample_line(x.data<float>() + y * columns * channels + c, channels, across,
                    lines.data<float>() + y * width * channels + c, channels);
  for (int64_t i = 0; i < width * channels; ++i)
    resample_line(lines.data<float>() + i, width * channels, down, out.data<float>() + i,
                  width * channels);
  return out;
}

// The window of an image that begins at (y, x), or, beyond it, zeros.
Tensor window_of(const Tensor& image, int64_t y, int64_t x, int64_t height, int64_t width) {
  const int64_t rows = image.shape()[0], columns = image.shape()[1], channels = image.shape()[2];
  Tensor window = Tensor::zeros({height, width, channels});
  const int64_t first = std::max<int64_t>(0, -x), end = std::min(width, columns - x);
  for (int64_t row = std::max<int64_t>(0, -y); row < std::min(height, rows - y); ++row)
    std::copy_n(image.data<float>() + ((row + y) * columns + first + x) * channels,
                std::max<int64_t>(0, end - first) * channels,
                window.data<float>() + (row * width + first) * channels);
  return window;
}

int64_t in_proportion(int64_t other, int64_t out, int64_t other_out, int64_t most) {
  return std::clamp<int64_t>(other * out / other_out, 1, most);
}

std::pair<int64_t, int64_t> size_of_pictures(const ImageLoading& loading) {
  const auto& size = loading.image_size;
  if (size.empty() || size.size() > 2 || size[0] < 1 || size.back() < 1 ||
      size[0] > kMostPixelsOfASide || size.back() > kMostPixelsOfASide)
    fail("image_dataset_from_directory",
         "Invalid `image_size` value. Expected a tuple of 2 integers. Received: image_size=[{}]",
         fmt::join(size, ", "));
  return {size[0], size.back()};
}

void check_loading(const ImageLoading& loading) {
  const auto& names = interpolation_names();
  if (std::ranges::find(names, loading.interpolation) == names.end())
    fail("image_dataset_from_directory", "interpolation '{}' is unknown{}; use {}",
         loading.interpolation, did_you_mean(loading.interpolation, names), fmt::join(names, ", "));
  if (loading.crop_to_aspect_ratio && loading.pad_to_aspect_ratio)
    fail("image_dataset_from_directory",
         "Only one of `pad_to_aspect_ratio`, `crop_to_aspect_ratio` can be set to `True`.");
  channels_of(loading.color_mode);
  size_of_pictures(loading);
}

}  // namespace

int64_t channels_of(const std::string& color_mode) {
  if (color_mode == "rgb") return 3;
  if (color_mode == "rgba") return 4;
  if (color_mode == "grayscale") return 1;
  fail("image_dataset_from_directory",
       "`color_mode` must be one of {{\"rgb\", \"rgba\", \"grayscale\"}}. Received: color_mode={}",
       color_mode);
}

Tensor resize_picture(const Tensor& picture, const ImageLoading& loading) {
  const auto [height, width] = size_of_pictures(loading);
  Tensor image = picture.to(DType::f32);
  const int64_t rows = image.shape()[0], columns = image.shape()[1];
  if (loading.crop_to_aspect_ratio) {
    const int64_t high = in_proportion(columns, height, width, rows);
    const int64_t wide = in_proportion(rows, width, height, columns);
    image = window_of(image, (rows - high) / 2, (columns - wide) / 2, high, wide);
  }
  if (!loading.pad_to_aspect_ratio) return resized(image, height, width, loading.interpolation);
  // As tf.image.resize_with_pad, in float32: where an extent should fit exactly it may lose a
  // pixel.
  const auto single = [](int64_t extent) { return static_cast<float>(extent); };
  const float ratio = std::max(single(rows) / single(height), single(columns) / single(width));
  const float high = single(rows) / ratio, wide = single(columns) / ratio;
  const auto whole = [](float extent) {
    return std::max<int64_t>(1, static_cast<int64_t>(std::floor(extent)));
  };
  const auto before = [&](int64_t extent, float taken) {
    return static_cast<int64_t>(std::max(0.0f, (single(extent) - taken) / 2));
  };
  return window_of(resized(image, whole(high), whole(wide), loading.interpolation),
                   -before(height, high), -before(width, wide), height, width);
}

void resize_picture(const Tensor& picture, const ImageLoading& loading, float* into) {
  const auto [height, width] = size_of_pictures(loading);
  const Shape& shape = picture.shape();
  if (shape[0] == height && shape[1] == width)  // nothing to cut or to pad either
    return convert_elements(picture.raw(), picture.dtype(), into, DType::f32, picture.elements());
  const Tensor resized = resize_picture(picture, loading);
  std::copy_n(resized.data<float>(), resized.elements(), into);
}

Tensor load_pictures(const std::vector<fs::path>& files, const ImageLoading& loading) {
  check_loading(loading);
  const auto [height, width] = size_of_pictures(loading);
  const int64_t channels = channels_of(loading.color_mode), row = height * width * channels;
  Tensor images = Tensor::zeros({static_cast<int64_t>(files.size()), height, width, channels});
  ThreadPool pool(available_threads());
  pool.run(static_cast<int64_t>(files.size()), [&](int64_t i) {
    const auto& file = files[static_cast<size_t>(i)];
    const std::string bytes = FileSystem::current().read(file, kMostPictureBytes);
    resize_picture(decode_image(bytes, channels, file.string()), loading,
                   images.data<float>() + i * row);
  });
  return images;
}

PictureList list_pictures(const fs::path& folder, bool by_class,
                          const std::vector<std::string>& class_names, bool follow_links) {
  FolderWalk walk(follow_links);
  if (!by_class) return {walk.pictures_below(folder), {}, {}};
  std::vector<std::string> found;
  for (const auto& name : FileSystem::current().list(folder))
    if (!name.starts_with(".") && is_folder(folder / name)) found.push_back(name);
  for (const auto& name : class_names)
    if (std::ranges::find(found, name) == found.end())
      fail(ExitCode::data, folder.string(),
           "The `class_names` passed did not match the names of the subdirectories of the target "
           "directory. Expected: [{}] (or a subset of it), but received: class_names=[{}]",
           fmt::join(found, ", "), fmt::join(class_names, ", "));
  PictureList list{{}, {}, class_names.empty() ? found : class_names};
  for (size_t label = 0; label < list.class_names.size(); ++label)
    for (auto& file : walk.pictures_below(folder / list.class_names[label])) {
      list.files.push_back(std::move(file));
      list.labels.push_back(static_cast<int64_t>(label));
    }
  return list;
}

namespace {

void check_options(const ImageDirectoryOptions& o, bool both) {
  constexpr const char* kWhere = "image_dataset_from_directory";
  if (o.labels && *o.labels != "inferred")
    fail(kWhere, "labels is '{}'; use inferred, none, or a number for each file in given_labels",
         *o.labels);
  if (!o.given_labels.empty() && !o.class_names.empty())
    fail(kWhere, "You can only pass `class_names` if `labels=\"inferred\"`.");
  if (o.label_mode && *o.label_mode != "int" && *o.label_mode != "categorical" &&
      *o.label_mode != "binary")
    fail(kWhere,
         "`label_mode` argument must be one of \"int\", \"categorical\", \"binary\", or None. "
         "Received: label_mode={}",
         *o.label_mode);
  if (!(o.validation_split >= 0 && o.validation_split < 1))
    fail(kWhere, "`validation_split` must be between 0 and 1, received: {}", o.validation_split);
  const bool subset = o.subset || both;
  if ((o.validation_split > 0) != subset)
    fail(kWhere, "If `subset` is set, `validation_split` must be set, and inversely.");
  if (o.subset && *o.subset != "training" && *o.subset != "validation")
    fail(kWhere,
         "`subset` must be either \"training\" or \"validation\", received: {}; for both call "
         "image_datasets_from_directory",
         *o.subset);
  if (subset && o.shuffle && !o.seed)
    fail(kWhere,
         "If using `validation_split` and shuffling the data, you must provide a `seed` argument, "
         "to make sure that there is no overlap between the training and validation subset.");
  check_data_format(o.data_format, kWhere);
  check_loading(o.loading);
}

// In the order of the dataset's rows, labels 0, 1, ...
PictureList listed(const fs::path& directory, const ImageDirectoryOptions& o) {
  const bool labelled = o.label_mode && (o.labels || !o.given_labels.empty());
  const bool by_class = labelled && o.given_labels.empty();
  PictureList list = list_pictures(directory, by_class, o.class_names, o.follow_links);
  if (labelled && !by_class) {
    if (o.given_labels.size() != list.files.size())
      fail(ExitCode::data, directory.string(),
           "Expected the lengths of `labels` to match the number of files in the target directory. "
           "len(labels) is {} while we found {} files",
           o.given_labels.size(), list.files.size());
    list.labels = o.given_labels;
    for (const int64_t label : std::set<int64_t>(list.labels.begin(), list.labels.end()))
      list.class_names.push_back(std::to_string(label));
  }
  if (o.label_mode == "binary" && labelled && list.class_names.size() != 2)
    fail(ExitCode::data, directory.string(),
         "When passing `label_mode=\"binary\"`, there must be exactly 2 class_names. Received: "
         "class_names=[{}]",
         fmt::join(list.class_names, ", "));
  if (o.shuffle && o.seed) {
    NumpyRandomState(*o.seed).shuffle(list.files);
    NumpyRandomState(*o.seed).shuffle(list.labels);
  }
  return list;
}

Tensor labels_of(const PictureList& list, const std::string& mode) {
  std::vector<double> numbers(list.labels.begin(), list.labels.end());
  const auto rows = static_cast<int64_t>(numbers.size());
  if (mode == "int") return Tensor::from(numbers, {rows}).to(DType::i32);
  if (mode == "binary") return Tensor::from(numbers, {rows, 1}).to(DType::f32);
  const auto classes = static_cast<int64_t>(list.class_names.size());
  Tensor hot = Tensor::zeros({rows, classes});
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t label = list.labels[static_cast<size_t>(row)];
    if (label >= 0 && label < classes) hot.data<float>()[row * classes + label] = 1;
  }
  return hot;
}

// Rows [begin, end) of a list.
Dataset loaded(PictureList list, size_t begin, size_t end, const fs::path& directory,
               const ImageDirectoryOptions& o) {
  if (begin >= end)
    fail(ExitCode::data, directory.string(),
         "No images found in directory. Allowed formats: .jpeg, .jpg, .png; name a folder of "
         "folders of pictures");
  const auto cut = [&](auto& values) {
    values = {values.begin() + static_cast<int64_t>(begin),
              values.begin() + static_cast<int64_t>(end)};
  };
  cut(list.files);
  Tensor images = load_pictures(list.files, o.loading);
  if (o.data_format == "channels_first") images = transpose(images, {0, 3, 1, 2});
  if (list.labels.empty()) return Dataset(images);
  cut(list.labels);
  return Dataset(images, labels_of(list, *o.label_mode), list.class_names);
}

size_t validation_rows(const PictureList& list, double validation_split) {
  return static_cast<size_t>(validation_split * static_cast<double>(list.files.size()));
}

}  // namespace

Dataset image_dataset_from_directory(const fs::path& directory,
                                     const ImageDirectoryOptions& options) {
  check_options(options, false);
  const PictureList list = listed(directory, options);
  const size_t held_out = validation_rows(list, options.validation_split);
  const size_t rows = list.files.size();
  const bool validation = options.subset == "validation";
  return loaded(list, validation ? rows - held_out : 0,
                options.subset && !validation ? rows - held_out : rows, directory, options);
}

std::pair<Dataset, Dataset> image_datasets_from_directory(const fs::path& directory,
                                                          const ImageDirectoryOptions& options) {
  check_options(options, true);
  const PictureList list = listed(directory, options);
  const size_t rows = list.files.size();
  const size_t training = rows - validation_rows(list, options.validation_split);
  return {loaded(list, 0, training, directory, options),
          loaded(list, training, rows, directory, options)};
}

}  // namespace tutti
