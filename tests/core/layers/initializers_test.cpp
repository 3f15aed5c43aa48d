// Initializers: bounds and moments against their formulas, seeds, shapes.
#include "core/initializers/initializer.h"

#include <gmock/gmock.h>

#include "core/base/seed.h"
#include "core/initializers/constant.h"
#include "core/initializers/orthogonal.h"
#include "core/initializers/random.h"
#include "core/initializers/stft.h"
#include "core/initializers/variance_scaling.h"
#include "tests/conformance/graph_runner.h"

namespace tutti {
namespace {

using test::error_of;

struct Moments {
  double mean = 0, variance = 0, least = 1e9, largest = -1e9;
};

Moments moments(const Tensor& tensor) {
  Moments m;
  const auto values = tensor.to_vector<double>();
  for (const double x : values) {
    m.mean += x / static_cast<double>(values.size());
    m.least = std::min(m.least, x);
    m.largest = std::max(m.largest, x);
  }
  for (const double x : values)
    m.variance += (x - m.mean) * (x - m.mean) / static_cast<double>(values.size());
  return m;
}

TEST(Initializers, ScaledOnesHaveTheirVarianceAndBounds) {
  // fan_in 200, fan_out 100.
  const Shape shape{200, 100};
  struct Case {
    const char* name;
    double variance;
    bool uniform;
  };
  for (const Case& c :
       {Case{"glorot_uniform", 2.0 / 300, true}, Case{"glorot_normal", 2.0 / 300, false},
        Case{"he_uniform", 2.0 / 200, true}, Case{"he_normal", 2.0 / 200, false},
        Case{"lecun_uniform", 1.0 / 200, true}, Case{"lecun_normal", 1.0 / 200, false},
        Case{"variance_scaling", 1.0 / 200, false}}) {
    SCOPED_TRACE(c.name);
    set_random_seed(3);
    const Moments m = moments((*make<Initializer>(c.name))(shape, DType::f32));
    EXPECT_NEAR(m.variance, c.variance, 0.04 * c.variance);
    EXPECT_NEAR(m.mean, 0.0, 4 * std::sqrt(c.variance / 20000));
    const double bound =
        c.uniform ? std::sqrt(3 * c.variance) : 2 * std::sqrt(c.variance) / 0.87962566103423978;
    EXPECT_LE(m.largest, bound * (1 + 1e-6));
    EXPECT_GT(m.largest, 0.97 * bound);
    EXPECT_LT(m.least, -0.97 * bound);
  }
}

TEST(Initializers, FansOfConvolutionKernelsCountTheWindow) {
  const Moments m =
      moments(VarianceScaling({.distribution = "uniform", .seed = 1})({3, 3, 20, 40}, DType::f64));
  EXPECT_NEAR(m.variance, 1.0 / (9 * 20), 0.03 / (9 * 20));
}

TEST(Initializers, FansCanBeNamedByAxes) {
  const Moments m = moments(GlorotUniform(
      {.seed = 1, .input_axes = std::vector<int>{0}, .output_axes = std::vector<int>{1, -1}})(
      {50, 4, 100}, DType::f64));
  EXPECT_NEAR(m.variance, 2.0 / (50 + 400), 0.03 * 2.0 / 450);
}

TEST(Initializers, TransformsEqualKeras) {
  const auto data = test::golden("weights");
  ASSERT_GE(data["stft"].size(), 10u);
  for (const auto& item : data["stft"]) {
    SCOPED_TRACE(item["arguments"].dump());
    const auto stft = make<Initializer>(test::call_of("STFT", item["arguments"]));
    test::expect_close((*stft)({8, 1, 5}, DType::f32), item["kernel"], 2e-6,
                       1e-6);  // its angles are f32
  }
  EXPECT_NE(error_of([] { STFT({.window = "hamming2"}); }).find("did you mean 'hamming'"),
            std::string::npos);
  EXPECT_NE(error_of([] { STFT()({8, 5}, DType::f32); }).find("frame length"), std::string::npos);
}

TEST(Initializers, PlainOnesHaveTheirMoments) {
  const Shape shape{20000};
  const Moments normal =
      moments(RandomNormal({.mean = 1.0, .stddev = 0.5, .seed = 4})(shape, DType::f64));
  EXPECT_NEAR(normal.mean, 1.0, 0.015);
  EXPECT_NEAR(normal.variance, 0.25, 0.01);
  EXPECT_GT(normal.largest, 2.2);
  const Moments cut = moments(TruncatedNormal({.stddev = 0.5, .seed = 4})(shape, DType::f64));
  EXPECT_LE(cut.largest, 1.0);
  EXPECT_NEAR(std::sqrt(cut.variance), 0.5 * 0.87962566103423978, 0.01);
  const Moments flat =
      moments(RandomUniform({.minval = -1, .maxval = 3, .seed = 4})(shape, DType::f64));
  EXPECT_NEAR(flat.mean, 1.0, 0.04);
  EXPECT_NEAR(flat.variance, 16.0 / 12, 0.04);
}

TEST(Initializers, OwnSeedRepeatsProgramSeedGoesOn) {
  const GlorotUniform own({.seed = 9});
  EXPECT_EQ(own({4, 4}, DType::f32).to_vector<float>(), own({4, 4}, DType::f32).to_vector<float>());
  const GlorotUniform shared;
  set_random_seed(5);
  const auto first = shared({4, 4}, DType::f32).to_vector<float>();
  const auto second = shared({4, 4}, DType::f32).to_vector<float>();
  EXPECT_NE(first, second);
  set_random_seed(5);
  EXPECT_EQ(shared({4, 4}, DType::f32).to_vector<float>(), first);
}

TEST(Initializers, OrthogonalRowsOrColumnsAreOrthonormal) {
  for (const Shape& shape : {Shape{6, 4}, Shape{4, 6}, Shape{2, 3, 4}}) {
    SCOPED_TRACE(to_string(shape));
    const auto q = Orthogonal({.gain = 2.0, .seed = 1})(shape, DType::f64).to_vector<double>();
    const auto columns = static_cast<size_t>(shape[-1]), rows = q.size() / columns;
    const bool tall = rows >= columns;
    const size_t count = std::min(rows, columns), length = std::max(rows, columns);
    for (size_t i = 0; i < count; ++i)
      for (size_t j = 0; j < count; ++j) {
        double product = 0;
        for (size_t k = 0; k < length; ++k)
          product += tall ? q[k * columns + i] * q[k * columns + j]
                          : q[i * columns + k] * q[j * columns + k];
        EXPECT_NEAR(product, i == j ? 4.0 : 0.0, 1e-12);
      }
  }
}

TEST(Initializers, AConstantMayBeAnArray) {
  const auto filled = [](const Constant& constant, const Shape& shape) {
    return constant(shape, DType::f64).to_vector<double>();
  };
  EXPECT_EQ(filled(Constant({1, 2, 3}), {2, 3}), (std::vector<double>{1, 2, 3, 1, 2, 3}));
  EXPECT_EQ(filled(Constant(Tensor{{1}, {2}}), {2, 2, 3}),
            (std::vector<double>{1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(filled(Constant(Tensor{{1, 2}, {3, 4}}), {2, 2}), (std::vector<double>{1, 2, 3, 4}));
  EXPECT_EQ(Constant(Tensor{0.5})({1}, DType::f32).item(), 0.5f);
  for (const Shape& shape : {Shape{2}, Shape{3, 2}, Shape{}})
    EXPECT_THAT(error_of([&] {
                  filled(Constant({1, 2, 3}), shape);
                }),
                testing::StartsWith("[Constant] value of shape (3,) does not fill"));
  const auto again = make<Initializer>(kind_config(Constant(Tensor{{1, 2}, {3, 4}})));
  EXPECT_EQ((*again)({2, 2}, DType::f64).to_vector<double>(), (std::vector<double>{1, 2, 3, 4}));
}

TEST(Initializers, ConstantsAndIdentity) {
  EXPECT_EQ(Ones()({3}, DType::i32).to_vector<double>(), (std::vector<double>{1, 1, 1}));
  EXPECT_EQ(Constant(2.5)({2}, DType::f64).to_vector<double>(), (std::vector<double>{2.5, 2.5}));
  EXPECT_EQ(IdentityInitializer({.gain = 3})({2, 3}, DType::f32).to_vector<double>(),
            (std::vector<double>{3, 0, 0, 0, 3, 0}));
}

TEST(Initializers, ComeBackFromTheirConfig) {
  for (const KindInfo* kind : kinds_of("initializer")) {
    const auto first = make<Initializer>(Config(kind->name));
    EXPECT_EQ(kind_config(*make<Initializer>(kind_config(*first))), kind_config(*first))
        << kind->name;
  }
}

TEST(Initializers, RefuseWrongArguments) {
  EXPECT_EQ(error_of([] { RandomUniform({.minval = 1, .maxval = 0}); }),
            "[RandomUniform] minval 1 is above maxval 0; exchange them");
  EXPECT_EQ(error_of([] { VarianceScaling({.scale = 0}); }),
            "[VarianceScaling] scale is 0; use a positive number");
  EXPECT_NE(error_of([] { VarianceScaling({.mode = "fan_inn"}); }).find("did you mean 'fan_in'"),
            std::string::npos);
  EXPECT_NE(error_of([] { GlorotUniform()({3}, DType::i32); }).find("floating dtype"),
            std::string::npos);
  EXPECT_NE(error_of([] { Orthogonal()({3}, DType::f32); }).find("rank 2"), std::string::npos);
}

}  // namespace
}  // namespace tutti
