// Finds the block function of an instruction. CMake generates the list of elementwise ops.
#pragma once

#include <span>

#include "core/base/dtype.h"
#include "core/device/isa.h"
#include "core/kernels/cpu/simd/block_function.h"

namespace tutti::cpu {

struct ElementwiseBlocks {
  const char* name;
  const BlockTable* by_isa[3];  // indexed by Isa
};

std::span<const ElementwiseBlocks> elementwise_blocks();

// Which arguments of an op of two are one element for all.
enum class OneElement { neither, a, b };

// Throws "[op] no CPU kernel for dtype". `dtype` is the last argument's.
BlockFunction elementwise_block(const char* name, DType dtype, Isa isa,
                                OneElement one = OneElement::neither);
BlockFunction cast_block(DType from, DType to, Isa isa);

}  // namespace tutti::cpu
