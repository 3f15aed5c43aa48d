// y = 2x by gradient descent: with tensors alone, then with a Dense layer, which does the same.
#include <tutti/tutti.h>

#include <cstdio>

using tutti::Tensor;

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const Tensor x = {{1}, {2}, {3}, {4}, {5}}, y = x * 2;

  tutti::Sequential model({tutti::Dense({.units = 1, .use_bias = false})});
  model(x);                              // makes its weight
  Tensor w = model.get_weights().at(0);  // both begin with it

  for (int step = 0; step < 100; ++step) {
    const Tensor error = x * w - y;                   // the loss is the mean of its square
    const Tensor slope = reduce_mean(error * x) * 2;  // the loss's derivative by w
    w = w - slope * 0.01;
  }

  model.compile({.optimizer = tutti::SGD(0.01), .loss = "mse"});
  model.fit(x, y, {.epochs = 100, .batch_size = 5, .verbose = 0});
  if (session.speaks())
    std::printf("w = %.7f by hand, %.7f by Dense\n", w.item(), model.get_weights().at(0).item());
}
