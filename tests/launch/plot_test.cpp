#include <gmock/gmock.h>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using testing::HasSubstr;

class PlotTest : public InTemporaryFolder {
 protected:
  static std::string example(const std::string& name) {
    return quoted_word(std::string(TUTTI_SOURCE_DIR) + "/launch/examples/" + name);
  }
  std::string picture(const std::string& arguments) const {
    const Finished got = shell("tutti plot " + arguments + " --output model.svg");
    EXPECT_EQ(got.code, 0) << arguments << "\n" << got.err;
    return read_text(folder_ / "model.svg");
  }
  const char* cnn = R"(
data: {dataset: digits, scale: 0.0625}
model:
  - Reshape: {target_shape: [8, 8, 1]}
  - Conv2D: {filters: 8, kernel_size: 3, activation: relu}
  - BatchNormalization: {trainable: false}
  - MaxPooling2D: {pool_size: 2}
  - Flatten
  - Dense: {units: 10, activation: softmax}
loss: sparse_categorical_crossentropy
)";
};

TEST_F(PlotTest, TheGraphTellsShapesActivationsAndParameters) {
  const std::string svg = picture(example("iris_two_outputs.yaml"));
  for (const char* word : {"dense_1", "Dense · relu", "(None, 8)", "40 parameters", "outputs_1",
                           "Dense · softmax", "outputs_2", "284 parameters, all trained"})
    EXPECT_THAT(svg, HasSubstr(word));
  write("cnn.yaml", cnn);
  const std::string frozen = picture("cnn.yaml");
  EXPECT_THAT(frozen, HasSubstr("32 frozen"));
  EXPECT_THAT(frozen, HasSubstr("stroke-dasharray"));
}

TEST_F(PlotTest, SmallDenseModelsHaveNeuronsAndConvolutionsBlocks) {
  const std::string neurons = picture(example("iris.yaml") + " --style neurons");
  size_t circles = 0;
  for (size_t at = neurons.find("<circle"); at != std::string::npos;
       at = neurons.find("<circle", at + 1))
    ++circles;
  EXPECT_EQ(circles, 4u + 8 + 10 + 10 + 3);
  write("cnn.yaml", cnn);
  const std::string blocks = picture("cnn.yaml --style blocks");
  for (const char* word : {"8 × 8 × 1", "6 × 6 × 8", "3 × 3", "MaxPooling2D", "softmax"})
    EXPECT_THAT(blocks, HasSubstr(word));
}

TEST_F(PlotTest, WhatCannotBeDrawnIsToldInALine) {
  write("cnn.yaml", cnn);
  const auto refused = [&](const std::string& arguments, int code, const std::string& words) {
    const Finished got = shell("tutti plot " + arguments);
    EXPECT_EQ(got.code, code) << arguments;
    EXPECT_THAT(got.err, HasSubstr(words)) << arguments;
  };
  refused("cnn.yaml --output model.svg --style neurons", 3, "use --style graph");
  refused("cnn.yaml --output model.svg --style cubes", 2, "use graph, neurons or blocks");
  refused("cnn.yaml --output model.pdf", 2, "neither .svg nor .png");
  refused(example("iris_two_outputs.yaml") + " --output m.svg --style blocks", 3, "no chain");
}

TEST_F(PlotTest, APngIsOne) {
  const Finished got = shell("tutti plot " + example("iris.yaml") + " --output model.png");
  EXPECT_EQ(got.code, 0) << got.err;
  EXPECT_EQ(read_text(folder_ / "model.png").substr(1, 3), "PNG");
}

}  // namespace
}  // namespace tutti::testing_support
