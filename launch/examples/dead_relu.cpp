// A net that cannot learn: for x > 0 both hidden neurons are below zero, where relu has no slope.
// Only the last bias moves, to the mean of the targets.
#include <tutti/tutti.h>

#include <cstdio>

int main(int argc, char** argv) {
  tutti::Session session(argc, argv);
  tutti::Sequential model({tutti::Dense(2, "relu"), tutti::Dense(1)});
  const tutti::Tensor x = {{1}, {2}, {3}, {4}, {5}}, y = {{2}, {4}, {6}, {8}, {10}};
  model(x);  // makes the weights
  model.set_weights({{{-0.5, -0.7}}, {0, 0}, {{0.3}, {0.4}}, {0}});

  model.compile({.optimizer = tutti::SGD(0.01), .loss = "mse"});
  const tutti::History history = model.fit(x, y, {.epochs = 100, .batch_size = 5, .verbose = 0});
  if (!session.speaks()) return 0;
  std::printf("loss %.6f, then %.6f\n", history["loss"].front(), history["loss"].back());
  for (const double at : {9, 90})
    std::printf("predict(%g) = %.6f\n", at, model.predict(tutti::Tensor{{at}}).item());
}
