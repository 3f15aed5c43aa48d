// Folders of pictures as a source of data.
#include "core/base/error.h"
#include "io/data_source.h"
#include "io/image_folder.h"
#include "io/sharded/row_files.h"

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
  std::shared_ptr<const ShardedRows> open(const std::filesystem::path& folder,
                                          const ShardedRowsOptions& options,
                                          const IndexOptions&) const override {
    return picture_rows(folder / options_.path, options_, options_.class_names, options);
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
