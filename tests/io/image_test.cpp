// Pictures and folders of them, against TensorFlow and Keras, and files that mean harm.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/filesystem.h"
#include "io/data_source.h"
#include "io/formats/image_file.h"
#include "io/image_folder.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using Json = nlohmann::json;
const std::filesystem::path kPictures = TUTTI_SOURCE_DIR "/tests/io/formats";

std::string picture_bytes(const std::string& name) {
  return FileSystem::current().read(kPictures / name);
}

Json image_goldens() {
  return Json::parse(FileSystem::current().read(TUTTI_SOURCE_DIR "/tests/io/image_goldens.json"));
}

// The pictures in folders of classes.
class PictureFolder : public DataFolder {
 public:
  PictureFolder() {
    const Json goldens = image_goldens();
    for (const std::filesystem::path file : goldens["tree"]) {
      std::filesystem::create_directories(path() / file.parent_path());
      std::filesystem::copy_file(kPictures / file.filename(), path() / file);
    }
  }
};

TEST(images, decode_as_tensorflow_does) {
  const Json goldens = image_goldens();
  for (const auto& golden : goldens["decoded"]) {
    const std::string file = golden["file"];
    SCOPED_TRACE(file + " as " + golden["channels"].dump());
    const Tensor pixels = decode_image(picture_bytes(file), golden["channels"], file);
    EXPECT_EQ(pixels.shape(), Shape(golden["shape"].get<std::vector<int64_t>>()));
    EXPECT_EQ(pixels.to_vector<int>(), golden["values"].get<std::vector<int>>());
  }
  // A JPEG has no transparency: all of it is opaque.
  const auto rgba = decode_image(picture_bytes("fine.jpg"), 4, "x").to_vector<int>();
  const auto rgb = decode_image(picture_bytes("fine.jpg"), 3, "x").to_vector<int>();
  for (size_t i = 0; i < rgb.size() / 3; ++i) {
    EXPECT_EQ(rgba[4 * i + 1], rgb[3 * i + 1]);
    EXPECT_EQ(rgba[4 * i + 3], 255);
  }
}

// Every cut and every changed byte is read or refused in one line, and nothing else.
TEST(images, survive_damage) {
  for (const char* name : {"alpha.png", "palette.png", "color.jpg", "progressive.jpeg"}) {
    const std::string whole = picture_bytes(name);
    // A JPEG whose end marker alone is cut is whole.
    for (size_t cut = 0; cut + 2 < whole.size(); ++cut) {
      SCOPED_TRACE(std::string(name) + " cut at " + std::to_string(cut));
      EXPECT_TRUE(
          throws_with([&] { decode_image(whole.substr(0, cut), 3, "x.png"); }, {"[x.png]"}));
    }
    for (size_t at = 0; at < whole.size(); ++at)
      for (const char change : {'\x00', '\x7f', '\xff'}) {
        std::string changed = whole;
        changed[at] = change;
        try {
          decode_image(changed, 3, "x.png");
        } catch (const Error& error) {
          EXPECT_TRUE(std::string(error.what()).starts_with("[x.png] ")) << error.what();
        }
      }
  }
}

TEST(images, refuse_what_their_bytes_cannot_hold) {
  const auto refused = [](const std::string& bytes, std::vector<std::string> pieces) {
    pieces.push_back("[x]");
    return throws_with([&] { decode_image(bytes, 3, "x"); }, pieces);
  };
  // The header of a JPEG: height and width stand 5 bytes behind its frame marker.
  std::string jpeg = picture_bytes("fine.jpg");
  const size_t frame = jpeg.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  for (size_t i = 5; i < 9; ++i) jpeg[frame + i] = '\x1f';
  EXPECT_TRUE(refused(jpeg, {"7967 x 7967", "hold at most"}));
  jpeg[frame + 5] = jpeg[frame + 7] = '\xff';
  EXPECT_TRUE(refused(jpeg, {"65311 x 65311", "at most 67108864"}));
  EXPECT_TRUE(refused("GIF89a...", {"a GIF", "convert"}));
  EXPECT_TRUE(refused("BM......", {"a BMP", "convert"}));
  EXPECT_TRUE(refused("", {"neither PNG nor JPEG"}));
}

ImageDirectoryOptions options_of(const Json& arguments) {
  ImageDirectoryOptions options;
  options.loading.image_size = arguments["image_size"].get<std::vector<int64_t>>();
  options.loading.color_mode = arguments.value("color_mode", "rgb");
  options.loading.interpolation = arguments.value("interpolation", "bilinear");
  options.loading.crop_to_aspect_ratio = arguments.value("crop_to_aspect_ratio", false);
  options.loading.pad_to_aspect_ratio = arguments.value("pad_to_aspect_ratio", false);
  options.shuffle = arguments.value("shuffle", true);
  options.validation_split = arguments.value("validation_split", 0.0);
  options.class_names = arguments.value("class_names", std::vector<std::string>());
  options.label_mode = arguments.value("label_mode", "int");
  if (arguments.contains("labels")) options.labels = {};
  if (arguments.contains("seed")) options.seed = arguments["seed"].get<uint32_t>();
  if (arguments.contains("subset")) options.subset = arguments["subset"].get<std::string>();
  return options;
}

TEST(images, make_the_datasets_that_keras_makes) {
  const PictureFolder images;
  const Json goldens = image_goldens();
  for (const auto& golden : goldens["datasets"]) {
    SCOPED_TRACE(golden["arguments"].dump());
    const Dataset data =
        image_dataset_from_directory(images.path(), options_of(golden["arguments"]));
    ASSERT_EQ(data.features().shape(), Shape(golden["shape"].get<std::vector<int64_t>>()));
    const auto got = data.features().to_vector<double>();
    const auto want = golden["images"].get<std::vector<double>>();
    // TensorFlow reads the weights of bicubic from a table of 1,024.
    const bool table = golden["arguments"].value("interpolation", "") == "bicubic";
    for (size_t i = 0; i < want.size(); ++i)
      ASSERT_NEAR(got[i], want[i], (table ? 1e-3 : 1e-4) * 255) << i;
    if (golden["labels"].is_null()) {
      EXPECT_TRUE(data.outputs().empty());
      continue;
    }
    std::vector<double> labels;
    for (const auto& row : golden["labels"])
      for (const auto& number : row) labels.push_back(number.get<double>());
    EXPECT_EQ(data.labels().to_vector<double>(), labels);
    EXPECT_EQ(data.class_names()[0], golden["class_names"].get<std::vector<std::string>>());
  }
}

TEST(images, split_in_two_as_in_one) {
  const PictureFolder images;
  ImageDirectoryOptions options;
  options.loading.image_size = {3, 3};
  options.seed = 11, options.validation_split = 0.35;
  const auto [training, validation] = image_datasets_from_directory(images.path(), options);
  options.subset = "validation";
  EXPECT_EQ(validation.digest(), image_dataset_from_directory(images.path(), options).digest());
  options.subset = "training";
  EXPECT_EQ(training.digest(), image_dataset_from_directory(images.path(), options).digest());
  options.subset = {}, options.validation_split = 0, options.data_format = "channels_first";
  EXPECT_EQ(image_dataset_from_directory(images.path(), options).features().shape(),
            (Shape{10, 3, 3, 3}));
  options.data_format = {}, options.given_labels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
  options.shuffle = false;
  EXPECT_EQ(image_dataset_from_directory(images.path(), options).rows(), 11);  // hidden folders too
}

TEST(images, name_what_is_wrong) {
  const PictureFolder images;
  const auto refused = [&](auto change, std::vector<std::string> pieces) {
    ImageDirectoryOptions options;
    change(options);
    return throws_with([&] { image_dataset_from_directory(images.path(), options); }, pieces);
  };
  EXPECT_TRUE(refused([](auto& o) { o.label_mode = "words"; }, {"`label_mode`", "words"}));
  EXPECT_TRUE(refused([](auto& o) { o.label_mode = "binary"; }, {"exactly 2", "acorn, beech"}));
  EXPECT_TRUE(refused([](auto& o) { o.loading.color_mode = "hsv"; }, {"`color_mode`"}));
  EXPECT_TRUE(refused([](auto& o) { o.loading.image_size = {1, 2, 3}; }, {"`image_size`"}));
  EXPECT_TRUE(refused([](auto& o) { o.loading.interpolation = "area"; }, {"'area'", "bilinear"}));
  EXPECT_TRUE(refused([](auto& o) { o.validation_split = 0.2; }, {"inversely"}));
  EXPECT_TRUE(
      refused([](auto& o) { o.validation_split = 0.2, o.subset = "training"; }, {"`seed`"}));
  EXPECT_TRUE(refused([](auto& o) { o.class_names = {"oak"}; }, {"`class_names`", "oak"}));
  const DataFolder folder;
  std::filesystem::create_directories(folder / "a");
  EXPECT_TRUE(throws_with([&] { image_dataset_from_directory(folder.path()); },
                          {"No images found in directory"}));
  folder.write("a/x.gif", "GIF89a");
  EXPECT_TRUE(throws_with([&] { image_dataset_from_directory(folder.path()); },
                          {"x.gif", "a GIF", "convert"}));
  EXPECT_TRUE(throws_with([&] { image_dataset_from_directory(folder / "none"); }, {"none"}));
}

TEST(images, links_are_entered_when_asked_and_never_in_a_circle) {
  const DataFolder folder;
  std::filesystem::create_directories(folder / "a");
  std::filesystem::create_directories(folder / "b/inner");
  folder.write("a/x.png", picture_bytes("rgb.png"));
  folder.write("b/inner/y.png", picture_bytes("gray.png"));
  std::filesystem::create_directory_symlink(folder / "b", folder / "a/to_b");
  std::filesystem::create_directory_symlink(folder / "b", folder / "b/inner/back");
  const auto count = [&](bool follow) {
    return list_pictures(folder.path(), true, {}, follow).files.size();
  };
  EXPECT_EQ(count(false), 2);
  EXPECT_EQ(count(true), 3);
}

TEST(images, are_a_source_of_data) {
  const PictureFolder images;
  const auto source =
      make_data_source("images", Config::Map{{"path", "."}, {"image_size", Config::List{4, 6}}});
  const Table table = source->load(images.path());
  EXPECT_EQ(table.label, "label");
  EXPECT_EQ(table.column("image").values.shape(), (Shape{10, 4, 6, 3}));
  EXPECT_EQ(table.column("label").text.front(), "acorn");
  EXPECT_EQ(table.column("label").text.back(), "cedar");
}

}  // namespace
}  // namespace tutti
