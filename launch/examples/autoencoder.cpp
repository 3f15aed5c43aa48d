// A net that learns to draw the picture that it sees through 16 numbers, without a label. Those
// numbers then serve a classifier that has 100 labelled rows.
#include <tutti/tutti.h>

#include <cstdio>

using tutti::Dense, tutti::Value;

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const tutti::Dataset digits = tutti::datasets::digits();
  const auto [train, test] = digits.with_features(digits.features() / 16).split(0.2, /*seed=*/42);

  const Value image = tutti::Input({64});
  const Value code = Dense(16, "relu")(Dense(64, "relu")(image));
  const Value drawn = Dense(64, "sigmoid")(Dense(64, "relu")(code));
  tutti::Model autoencoder(image, drawn), encoder(image, code);
  autoencoder.compile({.optimizer = tutti::Adam(0.003), .loss = "mse"});
  autoencoder.fit(train.features(), train.features(), {.epochs = 60, .verbose = 2});
  const tutti::Logs redrawn = autoencoder.evaluate(test.features(), test.features());

  tutti::Sequential classifier({Dense(32, "relu"), Dense(10, "softmax")});
  classifier.compile({.optimizer = tutti::Adam(0.01),
                      .loss = "sparse_categorical_crossentropy",
                      .metrics = {"accuracy"}});
  const auto features_of = [&](const tutti::Dataset& rows) {
    return rows.with_features(encoder.predict(rows.features()));
  };
  classifier.fit(features_of(train.slice_rows(0, 100)), {.epochs = 100, .verbose = 0});
  const tutti::Logs tested = classifier.evaluate(features_of(test));
  if (session.speaks())
    std::printf("drawn again with error %.4f, features classified with accuracy %.4f\n",
                *redrawn.find("loss"), *tested.find("accuracy"));
}
