// Layers against goldens of tests/peers/goldens/layer_goldens.py: output, gradients of a ramp over
// the output, and the weights after a few steps of gradient descent.
#pragma once

#include <string>

namespace tutti::test {

// Every case of a file, to 1e-4 of the largest element.
void expect_layers_equal_keras(const std::string& file);

}  // namespace tutti::test
