// Layers without activations are one layer: the product of their kernels says all that they say
// together. What lies between them makes a net deep.
#include <tutti/tutti.h>

#include <cstdio>

using tutti::Dense, tutti::Tensor;

// The one layer that equals them: x K1 + b1, then K2, b2 is x (K1 K2) + (b1 K2 + b2).
std::vector<Tensor> collapsed(const std::vector<Tensor>& weights) {
  Tensor kernel = weights.at(0), bias = weights.at(1);
  for (size_t i = 2; i < weights.size(); i += 2) {
    kernel = matmul(kernel, weights[i]);
    bias = matmul(bias.reshape({1, bias.elements()}), weights[i]).row(0) + weights[i + 1];
  }
  return {kernel, bias};
}

// How far the outputs of layers and of their collapsed form lie apart, at most.
double apart(std::initializer_list<tutti::LayerHandle> layers, const Tensor& x) {
  tutti::Sequential deep(layers), flat({Dense(3)});
  const Tensor y = deep(x);
  flat(x);
  flat.set_weights(collapsed(deep.get_weights()));
  return reduce_max(abs(y - flat(x))).item();
}

int main(int argc, char** argv) {
  tutti::Session session(argc, argv, {.seed = 42});
  const Tensor flowers = tutti::datasets::iris().features();
  const Dense::Options noise = {.units = 8, .bias_initializer = "random_normal"};
  const double without = apart({Dense(noise), Dense(noise), Dense(3)}, flowers);
  const double with = apart({Dense(noise), tutti::ReLU(), Dense(noise), Dense(3)}, flowers);
  if (session.speaks())
    std::printf("outputs apart by %.7f without activations, by %.4f with relu\n", without, with);
}
