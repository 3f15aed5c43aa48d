// `tutti make` writes what lessons read.
#include <gmock/gmock.h>

#include "tests/launch/run_program.h"

namespace tutti::testing_support {
namespace {

using ::testing::HasSubstr;

class MakeTest : public InTemporaryFolder {};

TEST_F(MakeTest, WritesDataThatJobsRead) {
  const Finished made =
      shell("tutti make mnist --rows 60 && tutti make digits_csv kaggle --rows 8");
  EXPECT_EQ(made.code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("mnist: MNIST's four IDX files"));
  EXPECT_TRUE(std::filesystem::exists(folder_ / "mnist/t10k-labels-idx1-ubyte"));
  EXPECT_EQ(read_text(folder_ / "kaggle/test.csv").substr(0, 14), "pixel0,pixel1,");
  write("job.yaml",
        "data: {idx: {images: mnist/train-images-idx3-ubyte,\n"
        "             labels: mnist/train-labels-idx1-ubyte}, scale: 0.01}\n"
        "model: [Flatten, {Dense: {units: 10}}]\n"
        "loss: {SparseCategoricalCrossentropy: {from_logits: true}}\n"
        "fit: {epochs: 1}\n"
        "seed: 1\n");
  const Finished trained = shell("tutti train job.yaml --run r");
  EXPECT_EQ(trained.code, 0) << trained.err;
  EXPECT_THAT(trained.err, HasSubstr("training on 60 rows"));
  const Finished judged = shell("tutti evaluate r --data '{mnist: mnist, subset: test}' --json");
  EXPECT_THAT(judged.out, HasSubstr("{\"rows\":10,")) << judged.err;
}

TEST_F(MakeTest, SaysWhatItCannotMake) {
  const Finished unknown = shell("tutti make leafs");
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("did you mean 'leaves'"));
  EXPECT_THAT(shell("tutti make leaves --rows 0").err, HasSubstr("[--rows] is 0"));
  EXPECT_THAT(shell("tutti make").err, HasSubstr("'data' is missing"));
}

}  // namespace
}  // namespace tutti::testing_support
