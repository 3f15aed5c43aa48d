#include "core/tensor/tensor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/base/error.h"
#include "core/tensor/convert.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Whether the call throws a tutti::Error whose message has all these pieces.
template <typename Call>
::testing::AssertionResult throws_with(const Call& call, std::vector<std::string> pieces) {
  try {
    call();
  } catch (const Error& error) {
    for (const auto& piece : pieces)
      if (std::string(error.what()).find(piece) == std::string::npos)
        return ::testing::AssertionFailure() << "no '" << piece << "' in: " << error.what();
    return ::testing::AssertionSuccess();
  }
  return ::testing::AssertionFailure() << "nothing was thrown";
}

TEST(tensor, is_made_from_values) {
  const Tensor matrix = {{1, 2, 3}, {4, 5, 6}};
  EXPECT_EQ(matrix.shape(), (Shape{2, 3}));
  EXPECT_EQ(matrix.dtype(), DType::f32);
  EXPECT_THAT(matrix.to_vector<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(matrix.at({1, 2}), 6);
  EXPECT_EQ((Tensor{{7}}).shape(), (Shape{1, 1}));
  EXPECT_EQ((Tensor{{1}, {2}, {3}}).shape(), (Shape{3, 1}));
  EXPECT_EQ((Tensor{7}).shape(), (Shape{1}));
  const int integer = 3;
  EXPECT_THAT((Tensor{integer, 2.5f, 4.0}).to_vector<float>(), ElementsAre(3, 2.5, 4));
  const auto rows_of = [](const Tensor& tensor) { return tensor.rows(); };
  EXPECT_EQ(rows_of({1, 2, 3}), 3);
  EXPECT_EQ(rows_of({{1}, {2}}), 2);
  EXPECT_EQ(Tensor(2.5).item(), 2.5);
  EXPECT_EQ(Tensor(2.5).shape().rank(), 0);
  EXPECT_THAT(Tensor::from(std::vector<int64_t>{7, 8}, {2, 1}).to_vector<int64_t>(),
              ElementsAre(7, 8));
  EXPECT_THAT(Tensor::zeros({3}, DType::i32).to_vector<int>(), ElementsAre(0, 0, 0));
  EXPECT_THAT(Tensor::full({2}, 3, DType::u8).to_vector<uint8_t>(), ElementsAre(3, 3));
  EXPECT_FALSE(Tensor().defined());
}

TEST(tensor, views_share_and_copies_do_not) {
  const Tensor matrix = {{1, 2}, {3, 4}, {5, 6}};
  const Tensor middle = matrix.slice_rows(1, 3), copy = matrix.clone();
  EXPECT_THAT(middle.to_vector<float>(), ElementsAre(3, 4, 5, 6));
  EXPECT_THAT(matrix.row(2).to_vector<float>(), ElementsAre(5, 6));
  EXPECT_EQ(matrix.row(2).shape(), (Shape{2}));
  middle.data<float>()[0] = 30;
  EXPECT_EQ(matrix.at({1, 0}), 30);
  EXPECT_EQ(matrix.reshape({6}).at({2}), 30);
  EXPECT_EQ(copy.at({1, 0}), 3);
  const std::vector<int64_t> rows = {2, 0, 2};
  EXPECT_THAT(matrix.take_rows(rows).to_vector<float>(), ElementsAre(5, 6, 1, 2, 5, 6));
  copy.copy_from(matrix);
  EXPECT_EQ(copy.at({1, 0}), 30);
  EXPECT_EQ(matrix.slice_rows(3, 3).elements(), 0);
}

TEST(tensor, converts) {
  const double nan = std::nan(""), big = 1e30;
  const Tensor wide = Tensor::from(std::vector<double>{-2.7, 2.7, nan, big, -big, 0.5}, {6});
  EXPECT_THAT(wide.to_vector<int32_t>(), ElementsAre(-2, 2, 0, 2147483647, -2147483648, 0));
  EXPECT_THAT(wide.to_vector<uint8_t>(), ElementsAre(0, 2, 0, 255, 0, 0));
  EXPECT_THAT(wide.to_vector<int64_t>(), ElementsAre(-2, 2, 0, std::numeric_limits<int64_t>::max(),
                                                     std::numeric_limits<int64_t>::min(), 0));
  EXPECT_THAT(wide.to_vector<bool>(), ElementsAre(true, true, true, true, true, true));
  const int64_t exact = (int64_t{1} << 53) + 1;
  EXPECT_THAT(Tensor::from(std::vector<int64_t>{exact, -5}, {2}).to_vector<int64_t>(),
              ElementsAre(exact, -5));
  EXPECT_THAT(Tensor::from(std::vector<int64_t>{exact, -5}, {2}).to_vector<uint8_t>(),
              ElementsAre(255, 0));
  EXPECT_THAT((Tensor{1, 0, -3}).to(DType::bool_).to_vector<float>(), ElementsAre(1, 0, 1));
  EXPECT_THAT((Tensor{1.0039062, 65504}).to(DType::bf16).to_vector<float>(), ElementsAre(1, 65536));
  EXPECT_THAT((Tensor{1.0009765625, 65504, 70000}).to(DType::f16).to_vector<float>(),
              ElementsAre(1.0009765625f, 65504, std::numeric_limits<float>::infinity()));
}

// Every pair of dtypes keeps small whole numbers.
TEST(tensor, converts_between_all_dtypes) {
  const DType all[] = {DType::f32, DType::f64,  DType::i32, DType::i64,
                       DType::u8,  DType::bf16, DType::f16, DType::bool_, DType::i8};
  for (const DType from : all)
    for (const DType to : all)
      EXPECT_THAT((Tensor{0, 1, 1}).to(from).to(to).to_vector<double>(), ElementsAre(0, 1, 1))
          << name_of(from) << " to " << name_of(to);
}

// As torch.tensor([500, 700]) and torch.empty(500, 700): braces hold values, a shape has a verb.
TEST(tensor, takes_a_shape_for_one_only_where_it_is_called_so) {
  static_assert(!std::is_constructible_v<Tensor, Shape>);
  static_assert(!std::is_constructible_v<Tensor, Shape, DType>);
  const Tensor values({500, 700});
  EXPECT_EQ(values.shape(), (Shape{2}));
  EXPECT_EQ(values.at({1}), 700);
  EXPECT_EQ(Tensor::empty({500, 700}).shape(), (Shape{500, 700}));
}

TEST(tensor, refuses_clearly) {
  const Tensor matrix = {{1, 2}, {3, 4}};
  EXPECT_TRUE(throws_with([&] { matrix.data<double>(); }, {"[tensor]", "float32", "float64"}));
  EXPECT_TRUE(throws_with([&] { matrix.at({0, 2}); }, {"index 2", "axis 1", "(2, 2)"}));
  EXPECT_TRUE(throws_with([&] { matrix.at({0, -1}); }, {"index -1"}));
  EXPECT_TRUE(throws_with([&] { matrix.at({0}); }, {"1 indices", "(2, 2)"}));
  EXPECT_TRUE(throws_with([&] { matrix.item(); }, {"item()", "(2, 2)"}));
  EXPECT_TRUE(throws_with([&] { matrix.slice_rows(1, 3); }, {"rows 1 to 3"}));
  EXPECT_TRUE(throws_with([&] { matrix.slice_rows(-1, 1); }, {"rows -1 to 1"}));
  EXPECT_TRUE(throws_with([&] { matrix.row(2); }, {"(2, 2)"}));
  EXPECT_TRUE(throws_with([&] { Tensor(1.0).row(0); }, {"scalar"}));
  EXPECT_TRUE(throws_with([&] { matrix.take_rows(std::vector<int64_t>{2}); }, {"row 2"}));
  EXPECT_TRUE(throws_with([&] { matrix.reshape({3}); }, {"(2, 2)", "(3,)"}));
  EXPECT_TRUE(throws_with([&] { matrix.copy_from(Tensor{1, 2, 3, 4}); }, {"(4,)", "(2, 2)"}));
  EXPECT_TRUE(throws_with([&] { Tensor::from(std::vector<float>{1}, {2}); }, {"1 values", "(2,)"}));
  EXPECT_TRUE(throws_with([&] { Tensor({{1, 2}, {3}}); }, {"2 and 1"}));
  EXPECT_TRUE(throws_with([&] { Tensor().clone().at({0}); }, {"no elements"}));
  EXPECT_TRUE(throws_with([&] { Tensor(matrix.storage(), 8, {2, 2}, DType::f32); }, {"16 bytes"}));
  EXPECT_TRUE(throws_with(
      [&] {
        Tensor::empty({1 << 20, 1 << 20}, DType::f64);
      },
      {"[cpu]", "8192.0 GiB"}));
}

TEST(tensor, borrows_memory_and_keeps_its_owner) {
  auto owner = std::make_shared<std::vector<float>>(4, 1.5f);
  Tensor borrowed(std::make_shared<Storage>(cpu_device(), owner->data(), 16, owner), 4, {2},
                  DType::f32);
  std::weak_ptr<std::vector<float>> watch = owner;
  owner.reset();
  ASSERT_FALSE(watch.expired());
  EXPECT_THAT(borrowed.to_vector<float>(), ElementsAre(1.5, 1.5));
  borrowed = Tensor();
  EXPECT_TRUE(watch.expired());
}

}  // namespace
}  // namespace tutti
