#include "core/kernels/cpu/block_tables.h"

#include <string_view>

#include "core/base/error.h"

namespace tutti::cpu {

BlockFunction elementwise_block(const char* name, DType dtype, Isa isa, OneElement one) {
  const auto column = static_cast<size_t>(dtype);
  for (const ElementwiseBlocks& op : elementwise_blocks()) {
    if (std::string_view(op.name) != name || column >= std::size(op.by_isa[0]->by_dtype)) continue;
    const BlockTable& table = *op.by_isa[static_cast<size_t>(isa)];
    const auto& functions = one == OneElement::a   ? table.one_a
                            : one == OneElement::b ? table.one_b
                                                   : table.by_dtype;
    if (functions[column]) return functions[column];
  }
  fail(ExitCode::missing, name, "no CPU kernel for {}; cast() the arguments first", name_of(dtype));
}

BlockFunction cast_block(DType from, DType to, Isa isa) {
  const CastTable* tables[] = {&x86_64::casts, &avx2::casts, &avx512::casts};
  return tables[static_cast<size_t>(isa)]
      ->by_dtypes[static_cast<size_t>(from)][static_cast<size_t>(to)];
}

}  // namespace tutti::cpu
