// For the generated source that lists the elementwise ops' block tables.
#pragma once

#include "core/kernels/cpu/block_tables.h"

#define TUTTI_BLOCKS(name)               \
  namespace tutti::cpu {                 \
  namespace x86_64 {                     \
  extern const BlockTable blocks_##name; \
  }                                      \
  namespace avx2 {                       \
  extern const BlockTable blocks_##name; \
  }                                      \
  namespace avx512 {                     \
  extern const BlockTable blocks_##name; \
  }                                      \
  }

// Constant data: it is there before any kernel registers itself.
#define TUTTI_BLOCK_LIST_BEGIN \
  namespace tutti::cpu {       \
  static constexpr ElementwiseBlocks kElementwiseBlocks[] = {
#define TUTTI_BLOCK_ENTRY(name) \
  {#name, {&x86_64::blocks_##name, &avx2::blocks_##name, &avx512::blocks_##name}},
#define TUTTI_BLOCK_LIST_END                                                             \
  }                                                                                      \
  ;                                                                                      \
  std::span<const ElementwiseBlocks> elementwise_blocks() { return kElementwiseBlocks; } \
  }
