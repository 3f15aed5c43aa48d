// Folders of pictures as a source of data.
#include "core/base/error.h"
#include "io/data_source.h"
#include "io/image_folder.h"
#include "io/sharded/row_files.h"
#include "io/sharded/row_tables.h"

namespace tutti {
namespace {

struct ImagesOptions : ImageLoading {
  std::string path;
  std::vector<std::string> class_names;
  bool labels = true;
  bool follow_links = false;
};

// {images: leaves, image_size: [64, 64]}: the columns "image" and, of the sub-folders' names,
// "label".
class ImagesSource final : public DataSource {
 public:
  using Options = ImagesOptions;
  explicit ImagesSource(ImagesOptions options) : options_(std::move(options)) {}
  const ImagesOptions& options() const { return options_; }

  Table load(const std::filesystem::path& folder) const override {
    const auto directory = folder / options_.path;
    const PictureList list =
        list_pictures(directory, options_.labels, options_.class_names, options_.follow_links);
    if (list.files.empty())
      fail(ExitCode::data, directory.string(), "there are no pictures{}; name a folder of {}",
           options_.labels ? " in folders of classes" : "",
           options_.labels ? "folders of .png and .jpg files, or set labels: false"
                           : ".png and .jpg files");
    Table table;
    table.source = directory.string();
    table.columns.push_back({"image", load_pictures(list.files, options_), {}});
    if (!options_.labels) return table;
    Column& labels = table.columns.emplace_back();
    labels.name = table.label = "label";
    for (const int64_t label : list.labels)
      labels.text.push_back(list.class_names[static_cast<size_t>(label)]);
    return table;
  }
  std::vector<std::filesystem::path> files(const std::filesystem::path& folder) const override {
    return {folder / options_.path};
  }
  uint64_t bytes_in_memory(const std::filesystem::path& folder) const override {
    const auto list = list_pictures(folder / options_.path, options_.labels, options_.class_names,
                                    options_.follow_links);
    const auto& size = options_.image_size;
    return list.files.size() * sizeof(float) * static_cast<uint64_t>(size[0] * size.back()) *
           static_cast<uint64_t>(channels_of(options_.color_mode));
  }
  std::shared_ptr<const RowTables> open(const std::filesystem::path& folder,
                                        const IndexOptions&) const override {
    const auto directory = folder / options_.path;
    PictureList list =
        list_pictures(directory, options_.labels, options_.class_names, options_.follow_links);
    const auto classes = list.class_names;
    ShardedRowsOptions options;
    if (options_.labels) options.outputs = {"label"};
    return tables_of(listed_picture_rows(directory, options_, std::move(list), options),
                     directory.string(), classes);
  }

 private:
  ImagesOptions options_;
};

TUTTI_REGISTER(DataSource, ImagesSource, "Images",
               "pictures (PNG, JPEG) in folders that are classes")
    .required("path", &ImagesOptions::path, "the folder of the classes' folders")
    .argument("image_size", &ImagesOptions::image_size, "height and width to resize to")
    .argument("color_mode", &ImagesOptions::color_mode, "rgb, rgba or grayscale")
    .argument("interpolation", &ImagesOptions::interpolation,
              "nearest, bilinear, bicubic, lanczos3 or lanczos5")
    .argument("crop_to_aspect_ratio", &ImagesOptions::crop_to_aspect_ratio,
              "cut the edges rather than change proportions")
    .argument("pad_to_aspect_ratio", &ImagesOptions::pad_to_aspect_ratio,
              "zeros at the edges rather than change proportions")
    .argument("class_names", &ImagesOptions::class_names, "these folders alone; all")
    .argument("labels", &ImagesOptions::labels, "whether folders are classes")
    .argument("follow_links", &ImagesOptions::follow_links, "enter linked folders");

}  // namespace
}  // namespace tutti
