// The irises as Keras's lessons train them: 4-8-10-10-3, 273 parameters. Runs alone, under mpirun
// and under srun, and gives the same parameters each time.
#include <tutti/tutti.h>

#include <iostream>

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  auto [train, test] = tutti::datasets::iris().split(0.2, /*seed=*/42);
  tutti::StandardScaler scaler;  // fitted on training rows only
  train = scaler.fit_transform(train);
  test = scaler.transform(test);

  tutti::Sequential model({tutti::Dense(8, "relu"), tutti::Dense(10, "relu"),
                           tutti::Dense(10, "relu"), tutti::Dense(3, "softmax")});
  model.compile(
      {.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(train, {.epochs = 100, .batch_size = 5});
  model.summary();

  const tutti::Logs tested = model.evaluate(test);
  if (session.speaks()) std::cout << "test accuracy " << *tested.find("accuracy") << std::endl;
}
