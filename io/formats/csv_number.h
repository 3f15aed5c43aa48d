// Numbers in the cells of a table, alike in every locale.
#pragma once

#include <string_view>

namespace tutti {

// The cell without spaces and tabs around it.
std::string_view trimmed_cell(std::string_view cell);

enum class CellKind { number, not_number, out_of_range };
// Decimal, with an exponent or none, a sign or none; also nan and inf.
CellKind parse_cell(std::string_view cell, double& value);

}  // namespace tutti
