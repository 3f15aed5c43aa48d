#include <gmock/gmock.h>

#include "core/tensor/tensor.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TextTensor, OwnsItsTextInEveryCopy) {
  Tensor taken, cloned, sliced;
  const Tensor filled = Tensor::empty({2}, DType::string);
  {
    const Tensor texts = Tensor::text({"one", "two, which is longer than it looks", ""});
    taken = texts.take_rows(std::vector<int64_t>{2, 1});
    cloned = texts.clone();
    sliced = texts.slice_rows(0, 1);
    filled.copy_from(texts.slice_rows(0, 2));
  }
  EXPECT_THAT(taken.to_strings(), ElementsAre("", "two, which is longer than it looks"));
  EXPECT_THAT(cloned.to_strings(), ElementsAre("one", "two, which is longer than it looks", ""));
  EXPECT_THAT(sliced.to_strings(), ElementsAre("one"));
  EXPECT_THAT(filled.to_strings(), ElementsAre("one", "two, which is longer than it looks"));
  EXPECT_THAT(Tensor::empty({2}, DType::string).to_strings(), ElementsAre("", ""));
}

TEST(TextTensor, IsNoNumber) {
  const Tensor text = Tensor::text({"1"});
  EXPECT_EQ(name_of(text.dtype()), "string");
  EXPECT_EQ(parse_dtype("string"), DType::string);
  EXPECT_FALSE(is_floating(DType::string));
  EXPECT_THAT(test::error_of([&] { text.item(); }), HasSubstr("text is no number"));
  EXPECT_THAT(test::error_of([&] { text.to(DType::f32); }), HasSubstr("text is no number"));
  EXPECT_THAT(test::error_of([&] { Tensor{1}.to_strings(); }), HasSubstr("not string"));
}

TEST(TextTensor, IsPrintedAsNumPyPrintsIt) {
  EXPECT_EQ(to_string(Tensor::text({"a", "bcd"}, {2, 1})), "[['a'  ]\n ['bcd']]");
}

}  // namespace
}  // namespace tutti
