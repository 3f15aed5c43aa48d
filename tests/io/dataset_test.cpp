#include "io/dataset.h"

#include <cmath>
#include <limits>
#include <numeric>
#include <sstream>

#include "core/base/permutation.h"
#include "core/model/row_order.h"
#include "io/datasets/shipped.h"
#include "io/labels.h"
#include "io/split.h"
#include "io/standard_scaler.h"
#include "tests/io/error_check.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::Pointwise;

template <typename T>
std::vector<T> read_line(std::istream& in) {
  std::string line;
  std::getline(in, line);
  std::istringstream words(line);
  std::vector<T> values;
  for (T value; words >> value;) values.push_back(value);
  return values;
}

TEST(split, takes_the_rows_of_scikit_learn) {
  std::ifstream in(TUTTI_SOURCE_DIR "/tests/io/split_goldens.txt");
  int cases = 0;
  for (auto header = read_line<double>(in); !header.empty();
       header = read_line<double>(in), ++cases) {
    const int64_t rows = static_cast<int64_t>(header[0]), classes = static_cast<int64_t>(header[3]);
    const uint32_t seed = static_cast<uint32_t>(header[2]);
    std::vector<int64_t> labels;
    for (int64_t i = 0; i < rows && classes > 0; ++i) labels.push_back(i * i % 7 % classes);
    const SplitRows split = classes > 0 ? train_test_rows(labels, header[1], seed)
                                        : train_test_rows(rows, header[1], seed);
    EXPECT_EQ(split.test, read_line<int64_t>(in)) << rows << " " << seed;
    EXPECT_EQ(split.train, read_line<int64_t>(in)) << rows << " " << seed;
  }
  EXPECT_EQ(cases, 9);
}

TEST(split, refuses_clearly) {
  EXPECT_TRUE(throws_with([] { train_test_rows(10, 0, 1); }, {"[split]", "0", "0.2"}));
  EXPECT_TRUE(throws_with([] { train_test_rows(10, std::nan(""), 1); }, {"nan"}));
  EXPECT_TRUE(throws_with([] { train_test_rows(1, 0.5, 1); }, {"1 of 1 rows"}));
  EXPECT_TRUE(throws_with([] { train_test_rows({0, 0, 1}, 0.5, 1); }, {"class 1", "row 2"}));
  EXPECT_TRUE(throws_with([] { train_test_rows({0, 0, 1, 1}, 0.2, 1); }, {"all 2 classes"}));
}

TEST(dataset, digest_sees_names_shapes_and_every_element) {
  const auto of = [](const char* name, std::vector<float> x, Shape shape, Tensor weight = {}) {
    const int64_t rows = shape[0];
    return Dataset({{name, Tensor::from(x, shape)}}, {{"y", Tensor::zeros({rows})}}, weight)
        .digest();
  };
  const uint64_t digest = of("x", {1, 2, 3, 4}, {2, 2});
  EXPECT_EQ(of("x", {1, 2, 3, 4}, {2, 2}), digest);
  EXPECT_NE(of("z", {1, 2, 3, 4}, {2, 2}), digest);
  EXPECT_NE(of("x", {1, 2, 3, 5}, {2, 2}), digest);
  EXPECT_NE(of("x", {1, 2, 3, 4}, {2, 2, 1}), digest);
  EXPECT_NE(of("x", {1, 2, 3, 4}, {2, 2}, Tensor::zeros({2})), digest);
}

TEST(shipped, iris) {
  const Dataset iris = datasets::iris();
  EXPECT_EQ(iris.features().shape(), (Shape{150, 4}));
  EXPECT_EQ(iris.labels().dtype(), DType::i32);
  EXPECT_THAT(iris.class_names()[0], ElementsAre("setosa", "versicolor", "virginica"));
  EXPECT_FLOAT_EQ(static_cast<float>(iris.features().at({149, 0})), 5.9f);
  const auto rows = train_test_rows(150, 0.2, 42);
  EXPECT_THAT(std::vector<int64_t>(rows.test.begin(), rows.test.begin() + 5),
              ElementsAre(73, 18, 118, 78, 76));
  const auto [train, test] = iris.split(0.2, 42);
  EXPECT_EQ(train.rows(), 120);
  EXPECT_EQ(test.rows(), 30);
  EXPECT_EQ(test.features().at({0, 0}), iris.features().at({73, 0}));
  EXPECT_EQ(test.labels().at({2}), iris.labels().at({118}));
  const auto balanced = iris.split(0.2, 42, /*stratify=*/true).second.labels().to_vector<int>();
  for (int label = 0; label < 3; ++label)
    EXPECT_EQ(std::count(balanced.begin(), balanced.end(), label), 10);
}

TEST(shipped, digits) {
  const Dataset digits = datasets::digits();
  EXPECT_EQ(digits.features().shape(), (Shape{1797, 64}));
  const auto pixels = digits.features().to_vector<float>();
  EXPECT_EQ(*std::min_element(pixels.begin(), pixels.end()), 0);
  EXPECT_EQ(*std::max_element(pixels.begin(), pixels.end()), 16);
  EXPECT_EQ(std::accumulate(pixels.begin(), pixels.end(), 0.0),
            561718);  // load_digits().data.sum()
  EXPECT_EQ(class_indices(digits.labels(), 10).size(), 1797u);
  EXPECT_TRUE(digits.class_names()[0].empty());
}

TEST(shipped, is_found_by_its_variable) {
  const DataFolder folder;
  setenv("TUTTI_DATASETS", folder.path().c_str(), 1);
  EXPECT_TRUE(throws_with([] { datasets::iris(); }, {"[datasets]", "iris.csv", "TUTTI_DATASETS"}));
  folder.write("iris.csv", "a,b\n1,x\n2,y\n");
  EXPECT_EQ(datasets::iris().rows(), 2);
  unsetenv("TUTTI_DATASETS");
}

TEST(standard_scaler, equals_scikit_learns) {
  std::ifstream in(TUTTI_SOURCE_DIR "/tests/io/scaler_goldens.txt");
  for (const Dataset& data : {datasets::iris(), datasets::digits()}) {
    StandardScaler scaler;
    const Tensor scaled = scaler.fit_transform(data.features());
    const auto mean = read_line<double>(in), scale = read_line<double>(in);
    EXPECT_THAT(scaler.mean(), Pointwise(testing::DoubleNear(1e-6), mean));
    EXPECT_THAT(scaler.scale(), Pointwise(testing::DoubleNear(1e-6), scale));
    EXPECT_THAT(scaler.inverse_transform(scaled).to_vector<float>(),
                Pointwise(testing::FloatNear(1e-5f), data.features().to_vector<float>()));
  }
  // Constant up to rounding: the scale is 1, however the deviation came out.
  const std::vector<double> constant(7, 0.1);
  const auto moments = column_moments(constant, 1);
  EXPECT_THAT(moments.mean, Pointwise(testing::DoubleNear(1e-15), read_line<double>(in)));
  EXPECT_EQ(moments.scale, read_line<double>(in));
  std::vector<double> close;
  for (int i = 0; i < 5; ++i) close.push_back(i * 1e-9 + 1e9);
  EXPECT_THAT(column_moments(close, 1).mean, Pointwise(testing::DoubleEq(), read_line<double>(in)));
  EXPECT_THAT(column_moments(close, 1).scale,
              Pointwise(testing::DoubleEq(), read_line<double>(in)));
}

TEST(standard_scaler, refuses_clearly) {
  StandardScaler scaler;
  EXPECT_TRUE(throws_with([&] { scaler.transform(Tensor{{1, 2}}); }, {"[StandardScaler]", "fit"}));
  scaler.fit(Tensor{{1, 2}, {3, 5}});
  EXPECT_THAT(scaler.transform(Tensor{{2, 5}}).to_vector<float>(), ElementsAre(0, 1));
  EXPECT_TRUE(throws_with([&] { scaler.transform(Tensor{{1, 2, 3}}); }, {"2 columns", "(1, 3)"}));
  EXPECT_TRUE(throws_with(
      [&] {
        scaler.fit(Tensor{{1, 2}, {3, std::nan("")}});
      },
      {"row 1, column 1", "NaN"}));
  EXPECT_TRUE(throws_with([&] { scaler.fit(Tensor::zeros({0, 2})); }, {"no rows"}));
}

TEST(labels, one_hot_and_back) {
  const Tensor labels = Tensor::from(std::vector<int32_t>{2, 0, 1}, {3});
  const Tensor one_hot = to_categorical(labels);
  EXPECT_THAT(one_hot.to_vector<float>(), ElementsAre(0, 0, 1, 1, 0, 0, 0, 1, 0));
  EXPECT_EQ(to_categorical(labels, 4).shape(), (Shape{3, 4}));
}

TEST(labels, refuses_clearly) {
  EXPECT_TRUE(throws_with([] { to_categorical(Tensor{1e12}); }, {"row 0"}));
  const double infinity = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(throws_with(
      [&] {
        check_finite(Tensor{{1, 2}, {infinity, 0}}, "x");
      },
      {"[x]", "row 1, column 0", "infinite"}));
}

TEST(dataset, keeps_its_parts_together) {
  const Dataset data = Dataset({{"a", Tensor{{1, 2}, {3, 4}, {5, 6}}}, {"b", Tensor{7, 8, 9}}},
                               {{"y", Tensor{0, 1, 0}}}, Tensor{1, 2, 3});
  const std::vector<int64_t> rows = {2, 0};
  const Dataset some = data.take_rows(rows);
  EXPECT_EQ(some.rows(), 2);
  EXPECT_THAT(some.input("a").to_vector<float>(), ElementsAre(5, 6, 1, 2));
  EXPECT_THAT(some.input("b").to_vector<float>(), ElementsAre(9, 7));
  EXPECT_THAT(some.sample_weight().to_vector<float>(), ElementsAre(3, 1));
  EXPECT_THAT(data.slice_rows(1, 2).output("y").to_vector<float>(), ElementsAre(1));
  EXPECT_TRUE(throws_with([&] { data.features(); }, {"2 inputs"}));
  EXPECT_TRUE(throws_with([&] { data.input("c"); }, {"no input 'c'", "a, b"}));
  EXPECT_TRUE(throws_with(
      [] {
        Dataset(Tensor{1, 2}, Tensor{1});
      },
      {"'features' has 2 rows", "'labels' has 1"}));
  EXPECT_TRUE(throws_with(
      [] {
        Dataset({{"a", Tensor{1}}, {"a", Tensor{1}}}, {});
      },
      {"'a' is there twice"}));
  EXPECT_TRUE(throws_with([] { Dataset(Tensor(1.0)); }, {"'features' has no rows"}));
  EXPECT_TRUE(throws_with(
      [&] {
        data.with_sample_weight(Tensor{{1, 1}, {1, 1}, {1, 1}});
      },
      {"(3, 2)"}));
}

TEST(row_order, shuffles_or_not) {
  const RowOrder plain(1, 0, 10, false), shuffled(1, 0, 10, true), next(1, 1, 10, true);
  std::vector<int64_t> a(10), b(10), c(10), part(3);
  plain.fill(0, a);
  shuffled.fill(0, b);
  next.fill(0, c);
  shuffled.fill(4, part);
  EXPECT_THAT(a, ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_NE(a, b);
  EXPECT_NE(b, c);
  EXPECT_EQ(part, std::vector<int64_t>(b.begin() + 4, b.begin() + 7));
  EXPECT_TRUE(std::is_permutation(a.begin(), a.end(), b.begin()));
}

TEST(row_order, is_the_permutation_of_few_rows_and_of_many) {
  for (const int64_t rows : {1, 7, 4096, 4097}) {
    const Permutation permutation(3, 5, rows);
    for (const int64_t first : {int64_t{0}, rows / 2}) {
      std::vector<int64_t> order(static_cast<size_t>(rows - first));
      RowOrder(3, 5, rows, true).fill(first, order);
      for (int64_t i = first; i < rows; ++i)
        ASSERT_EQ(order[static_cast<size_t>(i - first)], permutation[i]) << rows;
    }
  }
}

TEST(copy_rows, equals_take_rows_for_every_row_size) {
  const std::vector<int64_t> rows = {4, 0, 3, 3};
  for (const int64_t width : {0, 1, 2, 3, 4, 16, 17, 100}) {
    const Tensor source = Tensor::empty({5, width});
    for (int64_t i = 0; i < source.elements(); ++i) source.data<float>()[i] = static_cast<float>(i);
    std::vector<float> target(static_cast<size_t>(4 * width) + 1, -1);
    copy_rows(source, rows, target.data());
    EXPECT_EQ(target.back(), -1);
    target.pop_back();
    EXPECT_EQ(target, source.take_rows(rows).to_vector<float>()) << width;
  }
  float out;
  EXPECT_TRUE(throws_with(
      [&] {
        copy_rows(Tensor{1, 2}, std::vector<int64_t>{2}, &out);
      },
      {"row 2"}));
}

}  // namespace
}  // namespace tutti
