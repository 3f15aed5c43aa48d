// Which disease a leaf has, from a folder of pictures for each:
//   example_leaf_disease FOLDER
// `tutti make leaves` draws such folders.
#include <tutti/tutti.h>

#include <iostream>

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const auto [train, test] = tutti::image_datasets_from_directory(
      argc > 1 ? argv[1] : "leaves",
      {.loading = {.image_size = {48, 48}}, .seed = 42, .validation_split = 0.2});

  using tutti::Conv2D, tutti::MaxPooling2D;
  const auto convolution = [](int64_t filters) {
    return Conv2D({.filters = filters, .kernel_size = 3, .activation = "relu"});
  };
  tutti::Sequential model(
      {tutti::Rescaling(1 / 255.0), tutti::RandomFlip("horizontal_and_vertical"), convolution(16),
       MaxPooling2D(2), convolution(32), MaxPooling2D(2), convolution(32),
       tutti::GlobalMaxPooling2D(), tutti::Dropout(0.2), tutti::Dense(4, "softmax")});
  model.compile({.optimizer = tutti::Adam(0.003),
                 .loss = "sparse_categorical_crossentropy",
                 .metrics = {"accuracy"}});
  model.fit(train, {.epochs = 25, .batch_size = 16});

  const tutti::Logs tested = model.evaluate(test);
  if (!session.speaks()) return 0;
  std::cout << "test accuracy " << *tested.find("accuracy") << "; the diseases are";
  for (const auto& name : train.class_names()[0]) std::cout << ' ' << name;
  std::cout << std::endl;
}
