// Folders of pictures, one for each class, as Keras's image_dataset_from_directory reads them:
// the same files in the same order, the same labels, the same split.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "io/dataset.h"

namespace tutti {

// How a picture becomes a row of a tensor. "rgb", "rgba" or "grayscale" is 3, 4 or 1 channels.
struct ImageLoading {
  std::string color_mode = "rgb";
  std::vector<int64_t> image_size = {256, 256};  // height, width; one number for both
  std::string interpolation = "bilinear";        // nearest, bicubic, lanczos3, lanczos5
  bool crop_to_aspect_ratio = false;             // the largest middle part of these proportions
  bool pad_to_aspect_ratio = false;              // zeros around it, to these proportions
};
int64_t channels_of(const std::string& color_mode);
// (height, width, channels) of bytes -> (image_size, channels), f32, 0 to 255.
Tensor resize_picture(const Tensor& picture, const ImageLoading& loading);
void resize_picture(const Tensor& picture, const ImageLoading& loading, float* into);
// The files' rows, (files, height, width, channels).
Tensor load_pictures(const std::vector<std::filesystem::path>& files, const ImageLoading& loading);

// The pictures below a folder: those of its first sub-folder (by name, none that begins with a
// dot), of the next, ...; in a folder its own by name, then those of the folders in it. Endings
// count: .png .jpg .jpeg, and .bmp and .gif, which cannot be read and end the reading there.
struct PictureList {
  std::vector<std::filesystem::path> files;
  std::vector<int64_t> labels;  // empty where the folder is taken as one
  std::vector<std::string> class_names;
};
// `by_class` false: all pictures below the folder, without labels. `class_names`: these sub-folders
// alone, in this order. Links to folders are entered with `follow_links`, never in a circle.
PictureList list_pictures(const std::filesystem::path& folder, bool by_class,
                          const std::vector<std::string>& class_names, bool follow_links);

struct ImageDirectoryOptions {
  // "inferred": a folder's name is its pictures' class; none: no labels; or one label per file.
  std::optional<std::string> labels = "inferred";
  std::vector<int64_t> given_labels = {};
  // int: (rows,); binary: (rows, 1) of 0 and 1; categorical: one-hot; none: no labels.
  std::optional<std::string> label_mode = "int";
  std::vector<std::string> class_names = {};
  ImageLoading loading = {};
  bool shuffle = true;  // the order of the files by the seed; fit shuffles each epoch by its own
  std::optional<uint32_t> seed = {};  // none: files stay in order where there is no split
  double validation_split = 0;
  std::optional<std::string> subset = {};  // training or validation
  bool follow_links = false;
  std::optional<std::string> data_format = {};
};

// All rows in memory, as f32 from 0 to 255.
Dataset image_dataset_from_directory(const std::filesystem::path& directory,
                                     const ImageDirectoryOptions& options = {});
// Keras's subset="both": training and validation.
std::pair<Dataset, Dataset> image_datasets_from_directory(const std::filesystem::path& directory,
                                                          const ImageDirectoryOptions& options);

}  // namespace tutti
