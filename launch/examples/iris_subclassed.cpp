// The irises by a model of one's own: layers as members, and a call that says how they meet.
#include <tutti/tutti.h>

#include <cstdio>

using tutti::Dense, tutti::Value;

class IrisNet : public tutti::Model {
 protected:
  Value call(const Value& measures) override {
    const Value x = first_(measures);
    return species_(tutti::concatenate({x, second_(x)}, 1));  // the last layer sees both
  }

 private:
  Dense first_{8, "relu"}, second_{10, "relu"}, species_{3, "softmax"};
};

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  auto [train, test] = tutti::datasets::iris().split(0.2, /*seed=*/42);
  tutti::StandardScaler scaler;  // fitted on training rows only
  train = scaler.fit_transform(train);
  test = scaler.transform(test);

  IrisNet model;
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(train, {.epochs = 100, .batch_size = 5, .verbose = 0});
  model.summary();

  const tutti::Logs tested = model.evaluate(test);
  if (session.speaks()) std::printf("test accuracy %.4f\n", *tested.find("accuracy"));
}
