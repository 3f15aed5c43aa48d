// A picture and a number: the petal as a drawing, for a branch of convolutions, and the sepal's
// length in centimetres. The pictures are made from the measures.
#include <tutti/tutti.h>

#include <cmath>
#include <cstdio>

using tutti::Dense, tutti::Tensor, tutti::Value;

constexpr int64_t kSide = 16;  // pixels, of half a centimetre each

// (rows, side, side, 1) of 0 to 1: ellipses as long and as wide as the petals, with a soft edge.
Tensor draw_petals(const Tensor& lengths, const Tensor& widths) {
  std::vector<double> ink;
  for (int64_t row = 0; row < lengths.rows(); ++row)
    for (int64_t i = 0; i < kSide * kSide; ++i) {
      const double down = (static_cast<double>(i / kSide) - 7.5) / lengths.at({row});
      const double across = (static_cast<double>(i % kSide) - 7.5) / widths.at({row});
      ink.push_back(1 / (1 + std::exp(4 * (std::hypot(down, across) - 1))));
    }
  return Tensor::from(ink, {lengths.rows(), kSide, kSide, 1}).to(tutti::DType::f32);
}

tutti::Dataset picture_and_number(const tutti::Dataset& flowers) {
  const auto column = [&](int64_t i) {
    return slice(flowers.features(), 1, i, i + 1).reshape({flowers.rows()});
  };
  return tutti::Dataset({{"petal", draw_petals(column(2), column(3))}, {"sepal", column(0)}},
                        {{"species", flowers.labels()}});
}

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const auto [train, test] = tutti::datasets::iris().split(0.2, /*seed=*/42);

  const Value petal = tutti::Input({kSide, kSide, 1}, "petal"), sepal = tutti::Input({1}, "sepal");
  Value x = tutti::Conv2D({.filters = 8, .kernel_size = 3, .activation = "relu"})(petal);
  x = tutti::Flatten()(tutti::MaxPooling2D()(x));
  x = Dense(16, "relu")(tutti::Concatenate()({x, sepal}));
  tutti::Model model({petal, sepal}, {Dense(3, "softmax")(x)});
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(picture_and_number(train), {.epochs = 30, .batch_size = 8, .verbose = 0});
  model.summary();

  const tutti::Logs tested = model.evaluate(picture_and_number(test));
  if (session.speaks()) std::printf("test accuracy %.4f\n", *tested.find("accuracy"));
}
