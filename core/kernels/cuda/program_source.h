// The CUDA source of a fused program: a kernel
//
//   extern "C" __global__ void tutti_program(i64 count, Buffers buffers)
//
// whose thread i computes element i of every output: all loads first, then the instructions, then
// the stores, so an output may be an input's memory where both are read and written at i alone.
#pragma once

#include <string>
#include <vector>

#include "core/graph/program.h"

namespace tutti::cuda {

inline constexpr const char* kProgramKernel = "tutti_program";

// Where each buffer of the program (the inputs that are not immediate, in order) is read, as an
// expression of the element's number i.
std::vector<std::string> element_places(const Program& program);

std::string program_source(const Program& program, const std::vector<std::string>& places);

// The one-instruction program of `op` for arguments that repeat in any way, and its places.
Program broadcast_program(const ElementwiseInfo& op, std::span<const ValueType> inputs,
                          const ValueType& output, std::vector<std::string>& places);

}  // namespace tutti::cuda
