// Digits drawn by code, and MNIST's files where there are some.
#include "io/datasets/made_digits.h"

#include <set>

#include "core/base/filesystem.h"
#include "io/data_source.h"
#include "io/formats/csv.h"
#include "io/formats/idx.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

TEST(made_digits, are_a_function_of_seed_and_row) {
  const Dataset many = datasets::made_digits(200, 7), few = datasets::made_digits(20, 7);
  EXPECT_EQ(many.slice_rows(0, 20).digest(), few.digest());
  EXPECT_NE(datasets::made_digits(20, 8).digest(), few.digest());
  EXPECT_EQ(few.features().shape(), (Shape{20, 28, 28}));
  const auto labels = many.labels().to_vector<int>();
  EXPECT_EQ(std::set<int>(labels.begin(), labels.end()).size(), 10u);
  for (int64_t row = 0; row < 200; ++row) {
    double ink = 0;
    for (const float pixel : many.features().row(row).to_vector<float>()) {
      EXPECT_TRUE(pixel >= 0 && pixel <= 255 &&
                  pixel == static_cast<float>(static_cast<int>(pixel)));
      ink += pixel / 255;
    }
    EXPECT_GT(ink, 20) << row;
    EXPECT_LT(ink, 250) << row;
  }
  // On every machine.
  EXPECT_EQ(datasets::made_digits(100).digest(), 2827602430508866982u);
  EXPECT_TRUE(throws_with([] { datasets::made_digits(0); }, {"[made_digits]", "1 or more"}));
}

TEST(mnist, is_read_from_its_files_or_drawn) {
  const DataFolder folder;
  const auto [train, test] = datasets::mnist(folder.path(), 60);
  EXPECT_EQ(train.digest(), datasets::made_digits(60).digest());
  EXPECT_EQ(test.rows(), 10);
  EXPECT_NE(test.digest(), train.slice_rows(0, 10).digest());
  datasets::write_digits_idx(folder / "files", test, train);
  const auto [files_train, files_test] = datasets::mnist(folder / "files");
  EXPECT_EQ(files_train.digest(), test.digest());
  EXPECT_EQ(files_test.digest(), train.digest());
  const auto load = [&](const Config& arguments) {
    return make_data_source("mnist", arguments)->load(folder.path());
  };
  EXPECT_EQ(load("files").rows(), 10);
  EXPECT_EQ(load(Config(Config::Map{{"folder", "files"}, {"subset", "test"}})).rows(), 60);
  EXPECT_EQ(make_data_source("made_digits", Config(30))->load({}).rows(), 30);
  EXPECT_EQ(load("files").label, "label");
  std::filesystem::remove(folder / "files/t10k-labels-idx1-ubyte");
  EXPECT_TRUE(throws_with([&] { datasets::mnist(folder / "files"); },
                          {"has t10k-images-idx3-ubyte", "no t10k-labels-idx1-ubyte"}));
  write_idx(folder / "files/t10k-labels-idx1-ubyte", Tensor{{1, 2}});
  EXPECT_TRUE(throws_with([&] { datasets::mnist(folder / "files"); }, {"(1, 2)", "(rows,)"}));
}

TEST(mnist, is_written_as_kaggle_has_it) {
  const DataFolder folder;
  const Dataset digits = datasets::made_digits(12, 3);
  datasets::write_digits_csv(folder / "train.csv", digits);
  datasets::write_digits_csv(folder / "test.csv", digits, false);
  const Table train = make_data_source("csv", "train.csv")->load(folder.path());
  const Table test = make_data_source("csv", "test.csv")->load(folder.path());
  EXPECT_EQ(train.columns.size(), 785u);
  EXPECT_EQ(test.columns.size(), 784u);
  EXPECT_EQ(train.columns[0].name, "label");
  EXPECT_EQ(train.columns[784].name, "pixel783");
  EXPECT_EQ(train.columns[0].values.to_vector<int>(), digits.labels().to_vector<int>());
  for (const int64_t pixel : {0, 300, 783})
    EXPECT_EQ(test.column("pixel" + std::to_string(pixel)).values.to_vector<double>()[5],
              digits.features().at({5, pixel / 28, pixel % 28}));
}

}  // namespace
}  // namespace tutti
