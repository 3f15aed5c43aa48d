#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/tensor/tensor.h"

namespace tutti {
namespace {

TEST(print, equals_numpy) {
  std::ifstream in(TUTTI_SOURCE_DIR "/tests/core/tensor/print_goldens.txt");
  int cases = 0;
  for (std::string header; std::getline(in, header); ++cases) {
    std::istringstream words(header);
    std::string dtype, line, expected;
    words >> dtype;
    std::vector<int64_t> dims;
    for (int64_t dim; words >> dim;) dims.push_back(dim);
    std::getline(in, line);
    std::istringstream numbers(line);
    std::vector<double> values;
    for (std::string number; numbers >> number;) values.push_back(std::stod(number));
    while (std::getline(in, line) && line != "----")
      expected += (expected.empty() ? "" : "\n") + line;
    const Tensor tensor = Tensor::from(values, Shape(dims)).to(parse_dtype(dtype));
    EXPECT_EQ(to_string(tensor), expected) << header;
  }
  EXPECT_EQ(cases, 45);
}

TEST(print, half_precision_and_streams) {
  std::ostringstream out;
  out << Tensor{1, 2.5}.to(DType::bf16) << Tensor{0.5}.to(DType::f16) << Tensor();
  EXPECT_EQ(out.str(), "[1.  2.5][0.5][]");
}

}  // namespace
}  // namespace tutti
