// ResNet-20 (He et al. 2016): three stages of three blocks, whose input is added to what they make
// of it. Here on digits of 8 x 8 pixels.
#include <tutti/tutti.h>

#include <iostream>

using tutti::Value;

Value convolved(const Value& x, int64_t filters, int64_t size, int64_t strides) {
  const Value y = tutti::Conv2D({.filters = filters,
                                 .kernel_size = size,
                                 .strides = strides,
                                 .padding = "same",
                                 .use_bias = false})(x);
  return tutti::BatchNormalization({.momentum = 0.9})(y);
}

Value block(const Value& x, int64_t filters, int64_t strides) {
  const Value y = convolved(relu(convolved(x, filters, 3, strides)), filters, 3, 1);
  return relu(y + (strides > 1 ? convolved(x, filters, 1, strides) : x));
}

tutti::Model resnet20() {
  const Value image = tutti::Input({8, 8, 1});
  Value x = relu(convolved(image, 16, 3, 1));
  for (const int64_t filters : {16, 32, 64})
    for (int i = 0; i < 3; ++i) x = block(x, filters, filters > 16 && i == 0 ? 2 : 1);
  return {image, tutti::Dense(10, "softmax")(tutti::GlobalAveragePooling2D()(x))};
}

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const tutti::Dataset digits = tutti::datasets::digits();
  const auto [train, test] =
      digits.with_features((digits.features() / 16).reshape({digits.rows(), 8, 8, 1}))
          .split(0.2, /*seed=*/42);

  tutti::Model model = resnet20();
  model.compile({.optimizer = tutti::Adam(0.003),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  model.fit(train, {.epochs = 5, .batch_size = 64});
  const tutti::Logs tested = model.evaluate(test);
  if (session.speaks()) std::cout << "test accuracy " << *tested.find("accuracy") << std::endl;
}
