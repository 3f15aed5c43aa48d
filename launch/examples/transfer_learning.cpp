// What a net has learnt of the digits 0 to 4 serves for 5 to 9, of which there are few examples:
// its layers, frozen, feed a new head; then all of it is tuned at a smaller rate.
#include <tutti/tutti.h>

#include <cstdio>

// The digits from `first` on, five of them, as classes 0 to 4.
tutti::Dataset five_digits(const tutti::Dataset& data, int64_t first) {
  std::vector<int64_t> rows, classes;
  const auto labels = data.labels().to_vector<int64_t>();
  for (size_t row = 0; row < labels.size(); ++row)
    if (labels[row] >= first && labels[row] < first + 5) {
      rows.push_back(static_cast<int64_t>(row));
      classes.push_back(labels[row] - first);
    }
  return tutti::Dataset(data.features().take_rows(rows) / 16,
                        tutti::Tensor::from(classes, {static_cast<int64_t>(classes.size())}));
}

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const auto [train, test] = tutti::datasets::digits().split(0.5, /*seed=*/42);
  const char* loss = "sparse_categorical_crossentropy";

  tutti::Sequential first(
      {tutti::Dense(128, "relu"), tutti::Dense(64, "relu"), tutti::Dense(5, "softmax")});
  first.compile({.optimizer = "adam", .loss = loss, .metrics = {"accuracy"}});
  first.fit(five_digits(train, 0), {.epochs = 30, .verbose = 0});

  tutti::Model body(first.input(), first.get_layer(size_t{1})->output());  // without its head
  body.set_trainable(false);
  const tutti::Value pixels = tutti::Input({64});
  tutti::Model second(pixels, tutti::Dense(5, "softmax")(body(pixels)));
  second.compile({.optimizer = tutti::Adam(0.01), .loss = loss, .metrics = {"accuracy"}});
  const tutti::Dataset known = five_digits(test, 5);
  const auto [few, rest] = five_digits(train, 5).split(0.8, /*seed=*/42);
  second.fit(few, {.epochs = 30, .verbose = 0});
  const double frozen = *second.evaluate(known).find("accuracy");

  body.set_trainable(true);
  second.compile({.optimizer = tutti::Adam(0.0003), .loss = loss, .metrics = {"accuracy"}});
  second.fit(few, {.epochs = 30, .verbose = 0});
  const double tuned = *second.evaluate(known).find("accuracy");
  if (session.speaks())
    std::printf("examples %d, accuracy %.4f frozen, %.4f tuned\n", static_cast<int>(few.rows()),
                frozen, tuned);
}
