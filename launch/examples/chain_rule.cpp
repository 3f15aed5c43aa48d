// Derivatives by gradient calls, held against those that one finds on paper. A gradient is made of
// ops like any other value, so that it has a gradient too.
#include <tutti/tutti.h>

#include <cmath>
#include <cstdio>

using tutti::Value;

// The n-th derivative of y by x.
double derivative(Value y, const Value& x, int n) {
  for (int i = 0; i < n; ++i) y = gradients(y, {x}).at(0);
  return evaluate(y).item();
}

int main(int argc, char** argv) {
  tutti::Session session(argc, argv);
  if (!session.speaks()) return 0;
  const double at = 1.5;
  const Value x(tutti::Tensor::full({}, at, tutti::DType::f64));

  const Value eighth = square(square(square(x)));  // x^8, a square of a square of a square
  std::printf("(x^8)' = %.10f, 8 x^7 = %.10f\n", derivative(eighth, x, 1), 8 * std::pow(at, 7));
  std::printf("(x^8)'''''''' = %.7f, 8! = 40320\n", derivative(eighth, x, 8));

  const Value wave = exp(x) * sin(x);
  std::printf("(e^x sin x)' = %.10f, e^x (sin x + cos x) = %.10f\n", derivative(wave, x, 1),
              std::exp(at) * (std::sin(at) + std::cos(at)));
  std::printf("(e^x sin x)'''' = %.10f, -4 e^x sin x = %.10f\n", derivative(wave, x, 4),
              -4 * std::exp(at) * std::sin(at));
}
