// Data that lessons make: the same at every call, and readable as what it stands for.
#include "io/datasets/made_data.h"

#include "core/base/filesystem.h"
#include "core/base/hash.h"
#include "io/data_source.h"
#include "io/formats/image_file.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

uint64_t digest_of_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::ranges::sort(files);
  std::string all;
  for (const auto& file : files)
    all += fs::relative(file, folder).string() + FileSystem::current().read(file);
  return hash64(all.data(), all.size());
}

TEST(made_data, is_a_function_of_rows_and_seed) {
  std::vector<std::string> names;
  for (const auto& data : all_made_data()) {
    names.push_back(data.name);
    const DataFolder folder;
    data.write(folder / "a", 12, 5);
    data.write(folder / "b", 12, 5);
    data.write(folder / "b", 12, 5);  // over what is there
    data.write(folder / "c", 12, 6);
    EXPECT_EQ(digest_of_files(folder / "a"), digest_of_files(folder / "b")) << data.name;
    EXPECT_NE(digest_of_files(folder / "a"), digest_of_files(folder / "c")) << data.name;
  }
  EXPECT_THAT(
      names, ElementsAre("digits_csv", "leaves", "machines", "mnist", "power", "reviews", "scans"));
  EXPECT_TRUE(throws_with([] { made_data("leafs"); }, {"[make]", "'leaves'"}));
}

TEST(made_data, is_read_as_what_it_stands_for) {
  const DataFolder folder;
  for (const char* name : {"leaves", "machines", "power", "reviews", "scans"})
    made_data(name).write(folder / name, 8, 0);
  const auto load = [&](const char* kind, const Config& value) {
    return make_data_source(kind, value)->load(folder.path());
  };
  const Table leaves = load("images", "leaves");
  EXPECT_EQ(leaves.column("image").values.rows(), 8);
  EXPECT_THAT(leaves.column("label").text, ElementsAre("blight", "blight", "healthy", "healthy",
                                                       "mildew", "mildew", "rust", "rust"));
  EXPECT_THAT(load("csv", "machines/machines.csv").names(),
              ElementsAre("vibration", "temperature", "pressure", "current", "speed", "fault",
                          "remaining_hours"));
  EXPECT_THAT(load("csv", "power/power.csv").names(), ElementsAre("hour", "temperature", "load"));
  EXPECT_EQ(load("text_folder", "reviews").column("label").text[4], "positive");
  EXPECT_EQ(load("npy", "scans/image.npy").columns[0].values.shape(), (Shape{8, 24, 24, 1}));
}

TEST(images, are_written_as_png) {
  for (const int64_t channels : {1, 3, 4}) {
    Tensor picture = Tensor::empty({3, 5, channels}, DType::u8);
    for (int64_t i = 0; i < picture.elements(); ++i)
      picture.data<uint8_t>()[i] = static_cast<uint8_t>(17 * i);
    const std::string bytes = encode_png(picture);
    EXPECT_EQ(decode_image(bytes, channels, "x").to_vector<int>(), picture.to_vector<int>());
  }
  EXPECT_TRUE(throws_with(
      [] {
        encode_png(Tensor::zeros({3, 5, 2}, DType::u8));
      },
      {"[encode_png]", "(3, 5, 2)"}));
  EXPECT_TRUE(throws_with([] { encode_png(Tensor::zeros({3, 5, 3})); }, {"float32"}));
}

}  // namespace
}  // namespace tutti
