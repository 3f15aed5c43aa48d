// A net of two hidden neurons with a backward pass written by hand: no layer, no loss, no
// optimizer.
#include <tutti/tutti.h>

#include <cstdio>

using tutti::Tensor;

int main() {
  const auto numbers = [](const std::vector<double>& list) {
    return Tensor::from(list, {static_cast<int64_t>(list.size())});
  };
  Tensor w = numbers({0.1, -0.1}), b = numbers({0, 0});  // of the hidden neurons
  Tensor v = numbers({0.1, 0.1}), c = numbers({0});      // of the output
  const auto output = [&](double x) { return tutti::reduce_sum(v * relu(w * x + b)) + c; };
  constexpr double rate = 0.01;
  for (int epoch = 0; epoch < 100; ++epoch) {
    double loss = 0;
    for (const double x : {1, 2, 3, 4, 5}) {
      const Tensor z = w * x + b, h = relu(z);
      const double error = output(x).item() - 2 * x, slope = 2 * error;  // of its square
      loss += error * error;
      const Tensor hidden_slope = select(z > 0, v * slope, 0.0 * v);
      v = v - h * (slope * rate);
      c = c - slope * rate;
      w = w - hidden_slope * (x * rate);
      b = b - hidden_slope * rate;
    }
    if (epoch % 10 == 0) std::printf("epoch %d: loss %.9g\n", epoch, loss);
  }
  std::printf("predict(9) = %.9g\n", output(9).item());
}
