// A neuron that fires or does not. By the perceptron's rule it learns the gates AND, OR and NOT,
// but never XOR: no line parts its two classes. Gates behind gates can.
#include <tutti/tutti.h>

#include <cstdio>

using tutti::Tensor;

struct Perceptron {
  Tensor w, b = 0.0;  // a weight of each input

  Tensor operator()(const Tensor& x) const {
    return select(reduce_sum(x * w, {-1}) + b >= 0, Tensor(1.0), Tensor(0.0));
  }
  // One row after the other: a wrong answer moves the weights along its input. Returns how many
  // were wrong.
  int learn(const Tensor& x, const Tensor& y) {
    int wrong = 0;
    for (int64_t row = 0; row < x.rows(); ++row) {
      const Tensor error = y.row(row) - (*this)(x.row(row));
      w = w + error * x.row(row);
      b = b + error;
      wrong += error.item() != 0;
    }
    return wrong;
  }
};

// Learns until nothing is wrong, for 50 epochs at most, and says how it went.
Perceptron learned(const char* gate, const Tensor& x, const Tensor& y) {
  Perceptron neuron{.w = Tensor::zeros({x.shape()[1]})};
  int epochs = 0, wrong = 1;
  for (; wrong > 0 && epochs < 50; ++epochs) wrong = neuron.learn(x, y);
  const double right = 1 - reduce_mean(abs(neuron(x) - y)).item();
  std::printf("%s: right %.2f after %d epochs\n", gate, right, epochs);
  return neuron;
}

int main(int argc, char** argv) {
  tutti::Session session(argc, argv);
  if (!session.speaks()) return 0;
  const Tensor bits = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  const Perceptron both = learned("AND", bits, {0, 0, 0, 1});
  const Perceptron either = learned("OR", bits, {0, 1, 1, 1});
  const Perceptron inverted = learned("NOT", {{0}, {1}}, {1, 0});
  learned("XOR", bits, {0, 1, 1, 0});

  // XOR is OR, and not AND: a second layer looks at the answers of the first.
  const Tensor not_both = inverted(both(bits).reshape({4, 1}));
  const Tensor layer = stack(std::vector{either(bits), not_both}, 1);
  std::printf("XOR in two layers: %s\n", to_string(both(layer)).c_str());
}
