// MNIST from its IDX files; in a folder without them drawn digits stand for it:
//   example_mnist FOLDER
#include <tutti/tutti.h>

#include <iostream>

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  auto [train, test] = tutti::datasets::mnist(argc > 1 ? argv[1] : "mnist");
  train = train.with_features(train.features() / 255);
  test = test.with_features(test.features() / 255);

  tutti::Sequential model({tutti::Flatten(), tutti::Dense(128, "relu"), tutti::Dropout(0.2),
                           tutti::Dense(10, "softmax")});
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(train, {.epochs = 5});

  const tutti::Logs tested = model.evaluate(test);
  if (session.speaks()) std::cout << "test accuracy " << *tested.find("accuracy") << std::endl;
}
