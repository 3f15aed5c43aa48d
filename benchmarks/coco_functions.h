// Twenty functions on which optimizers are compared: the first of the COCO family (BBOB), each 0 at
// its best point and greater elsewhere in [-5, 5]^n.
//
// Source: Hansen, Finck, Ros, Auger, "Real-Parameter Black-Box Optimization Benchmarking 2009:
// Noiseless Functions Definitions", INRIA RR-6829. Best points and rotations are drawn here, so
// that no instance is one of COCO's own.
#pragma once

#include <vector>

namespace tutti {

constexpr int kCocoFunctions = 20;

// Function 1 to kCocoFunctions of the source at a point of at least 2 dimensions.
double coco_function(int number, const std::vector<double>& x);

}  // namespace tutti
